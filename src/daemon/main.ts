#!/usr/bin/env node
/**
 * The daemon of one node: how it starts, and how it ends.
 *
 * Once the loop runs, only a broken invariant ends it: a node that does not understand its own state must not act; its
 * services go on, and its supervisor starts it again.
 */
import type { Failure, Result } from '../lib/errors.ts';
import { exit, exitFor } from '../lib/exit.ts';
import { Log } from './log.ts';
import { type DaemonOptions, daemonHelp, parseOptions } from './options.ts';
import { prepare } from './prepare.ts';
import { type Running, runNode } from './run.ts';

const flushMs = 1000;

/** Runs the daemon until it is told to end; the result is its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv);
  if (!options.ok) return refuse(options.failure);
  if (options.value === null) return help();
  const log = new Log(process.env, options.value.debug);
  const started = await start(options.value, log);
  if (!started.ok) return refuse(started.failure);
  const code = await untilEnd(started.value, log);
  await log.flush(flushMs);
  return code;
}

function help(): number {
  process.stdout.write(daemonHelp);
  return exit.ok;
}

function refuse(failure: Failure): number {
  const next = failure.next === null ? '' : `  next: ${failure.next}\n`;
  process.stderr.write(`error ${failure.code}: ${failure.message}\n${next}`);
  return exitFor(failure.code);
}

async function start(options: DaemonOptions, log: Log): Promise<Result<Running>> {
  const prepared = await prepare(options, log, 'node');
  if (!prepared.ok) return prepared;
  return runNode(prepared.value);
}

function untilEnd(running: Running, log: Log): Promise<number> {
  return new Promise((resolve) => {
    const end = (signal: string): void => {
      log.line('notice', `${signal}: the daemon ends, its services go on`);
      void running.close().then(() => resolve(exit.ok));
    };
    process.once('SIGTERM', () => end('SIGTERM'));
    process.once('SIGINT', () => end('SIGINT'));
    process.on('SIGHUP', () => log.line('notice', 'SIGHUP has no effect: change the cluster file with sempre apply'));
    process.on('uncaughtException', (error) => {
      log.line('error', `the daemon stops, this is a mistake in Sempre itself: ${error.stack ?? error.message}`);
      void log.flush(flushMs).then(() => process.exit(exit.ourBug));
    });
  });
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));

#!/usr/bin/env node
import type { Failure, Result } from '../lib/errors.ts';
import { failure, success } from '../lib/errors.ts';
/**
 * The daemon of one node: what it needs to start, and how it ends.
 *
 * It starts in the order in which something can be wrong (options, lock, state, cluster file, name, key), so that the
 * first message is the one to mend. Once the loop runs, only a broken invariant ends it: a node that does not understand
 * its own state must not act; its services go on, and its supervisor starts it again.
 */
import { exit, exitFor } from '../lib/exit.ts';
import { readKeyFile } from '../transports/udp/keyfile.ts';
import { findDesired } from './desired.ts';
import { makeDirectory } from './directory.ts';
import { Journal } from './journal.ts';
import { lockRunDirectory } from './lock.ts';
import { Log } from './log.ts';
import { type DaemonOptions, daemonHelp, findSelf, parseOptions } from './options.ts';
import { reasonOf } from './reason.ts';
import { type Running, runNode, type Start } from './run.ts';
import { readState } from './storage.ts';

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
  const prepared = await prepare(options, log);
  if (!prepared.ok) return prepared;
  return runNode(prepared.value);
}

async function prepare(options: DaemonOptions, log: Log): Promise<Result<Start>> {
  const lock = await lockRunDirectory(options.runDirectory);
  if (!lock.ok) return lock;
  const made = await makeStateDirectory(options.stateDirectory);
  if (!made.ok) return made;
  const saved = await readState(options.stateDirectory, new Date());
  const desired = await findDesired(saved, options.configFile);
  if (!desired.ok) return desired;
  const { doc, remarks } = desired.value;
  for (const remark of [...saved.remarks, ...remarks]) log.line('warning', remark);
  const self = findSelf(
    options.node,
    doc.cluster.nodes.map((node) => node.id),
  );
  if (!self.ok) return self;
  const key = readKeyFile(options.keyFile);
  if (!key.ok) return key;
  const journal = await Journal.open(options.stateDirectory, self.value, (remark) => log.line('warning', remark));
  return success({ options, self: self.value, doc, saved, key: key.value, journal, log });
}

async function makeStateDirectory(directory: string): Promise<Result<null>> {
  try {
    await makeDirectory(directory, 0o750);
    return success(null);
  } catch (error) {
    return failure('STATE_UNUSABLE', `the state directory ${directory} cannot be made: ${reasonOf(error)}`);
  }
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

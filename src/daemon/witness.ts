#!/usr/bin/env node
/**
 * `sempre witness`: votes in clusters and runs nothing in them. One process serves every cluster that has a folder in its
 * state directory, each with its own keys, cluster file, port and socket; they know nothing of each other.
 *
 * A cluster that cannot be served (a mistake in its file, an address that is not there) is said and tried again, and
 * disturbs no other one.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { must } from '../lib/assert.ts';
import { type Failure, failure, type Result, success } from '../lib/errors.ts';
import { exit, exitFor } from '../lib/exit.ts';
import { makeDirectory } from './directory.ts';
import { Log, type Severity } from './log.ts';
import { type DaemonOptions, parseOptions as parseDaemonOptions } from './options.ts';
import { prepare } from './prepare.ts';
import { reasonOf } from './reason.ts';
import { type Running, runNode } from './run.ts';

interface WitnessOptions {
  readonly stateDirectory: string;
  readonly runDirectory: string;
  readonly debug: boolean;
}

const witnessHelp = `sempre witness: votes in clusters and runs nothing in them; in the foreground.

  --state DIR     one folder for each cluster (default /var/lib/sempre-witness); a folder is made by
                  sempre join TOKEN --state DIR/NAME --config DIR/NAME/cluster.yaml
                  or by hand: cluster.yaml, and its key as cluster.key
  --run DIR       sockets, one folder for each cluster (default /run/sempre-witness);
                  look at one with: sempre --socket DIR/NAME/sempre.sock status
  --debug         say more
  -h, --help      show this

SIGHUP looks for new folders, SIGTERM ends it.
`;

const flushMs = 1000;
const retryMs = 10_000;
const clustersMax = 64;

/** Runs until it is told to end; the result is its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv);
  if (!options.ok) return refuse(options.failure);
  if (options.value === null) {
    process.stdout.write(witnessHelp);
    return exit.ok;
  }
  const log = new Log(process.env, options.value.debug);
  const witness = new Witness(options.value, log);
  const found = await witness.look();
  if (!found.ok) return refuse(found.failure);
  await untilEnd(witness, log);
  await log.flush(flushMs);
  return exit.ok;
}

function refuse({ code, message, next }: Failure): number {
  process.stderr.write(`error ${code}: ${message}\n${next === null ? '' : `  next: ${next}\n`}`);
  return exitFor(code);
}

const known = {
  state: { type: 'string', default: '/var/lib/sempre-witness' },
  run: { type: 'string', default: '/run/sempre-witness' },
  debug: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function parseOptions(argv: readonly string[]): Result<WitnessOptions | null> {
  try {
    const { values } = parseArgs({ args: [...argv], options: known, strict: true, allowPositionals: false });
    if (values.help) return success(null);
    return success({ stateDirectory: values.state, runDirectory: values.run, debug: values.debug });
  } catch (error) {
    return failure('USAGE', reasonOf(error), 'sempre witness --help');
  }
}

/** The clusters that are served. */
class Witness {
  readonly #options: WitnessOptions;
  readonly #log: Log;
  /** Null: it is being started. */
  readonly #running = new Map<string, Running | null>();
  readonly #said = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: WitnessOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#timer = setInterval(() => void this.look(), retryMs);
  }

  /** Starts whatever has a folder and does not run. One after the other: starting costs more than running. */
  async look(): Promise<Result<null>> {
    const names = await this.#names();
    if (!names.ok) return names;
    if (names.value.length === 0) this.#sayOnce('', `no folder of a cluster in ${this.#options.stateDirectory} yet`);
    for (const name of names.value) if (!this.#running.has(name)) await this.#start(name);
    return success(null);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const running = [...this.#running.values()].filter((each) => each !== null);
    await Promise.all(running.map((each) => each.close()));
  }

  async #names(): Promise<Result<readonly string[]>> {
    const { stateDirectory } = this.#options;
    try {
      await makeDirectory(stateDirectory, 0o750);
      const entries = await readdir(stateDirectory, { withFileTypes: true });
      const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
      return success(
        folders
          .map(({ name }) => name)
          .sort()
          .slice(0, clustersMax),
      );
    } catch (error) {
      return failure('STATE_UNUSABLE', `the state directory ${stateDirectory} cannot be read: ${reasonOf(error)}`);
    }
  }

  async #start(name: string): Promise<void> {
    this.#running.set(name, null);
    const started = await this.#started(name).catch((error: unknown) => failure('INTERNAL', reasonOf(error)));
    if (started.ok) {
      this.#running.set(name, started.value);
      this.#said.delete(name);
      return;
    }
    this.#running.delete(name);
    const { code, message } = started.failure;
    this.#sayOnce(name, `${name} cannot be served: ${code}: ${message}; tried again every ${retryMs / 1000} s`);
  }

  async #started(name: string): Promise<Result<Running>> {
    const log = new ClusterLog(this.#log, name, this.#options.debug);
    const options = this.#optionsOf(name);
    if (!options.ok) return options;
    const prepared = await prepare(must(options.value, 'options'), log, 'witness');
    return prepared.ok ? runNode(prepared.value) : prepared;
  }

  /** As the daemon's own command line would give them. */
  #optionsOf(name: string): Result<DaemonOptions | null> {
    const folder = join(this.#options.stateDirectory, name);
    const paths = { config: join(folder, 'cluster.yaml'), key: join(folder, 'cluster.key'), state: folder };
    const all = { ...paths, run: join(this.#options.runDirectory, name) };
    return parseDaemonOptions(Object.entries(all).flatMap(([option, path]) => [`--${option}`, path]));
  }

  #sayOnce(name: string, text: string): void {
    if (this.#said.get(name) === text) return;
    this.#said.set(name, text);
    this.#log.line('warning', text);
  }
}

/** Lines of one cluster, marked with its folder's name. */
class ClusterLog extends Log {
  readonly #log: Log;
  readonly #name: string;

  constructor(log: Log, name: string, debug: boolean) {
    super(process.env, debug);
    this.#log = log;
    this.#name = name;
  }

  override line(severity: Severity, text: string): void {
    this.#log.line(severity, `${this.#name}: ${text}`);
  }
}

function untilEnd(witness: Witness, log: Log): Promise<void> {
  return new Promise((resolve) => {
    const end = (signal: string): void => {
      log.line('notice', `${signal}: the witness ends`);
      void witness.close().then(resolve);
    };
    process.once('SIGTERM', () => end('SIGTERM'));
    process.once('SIGINT', () => end('SIGINT'));
    process.on('SIGHUP', () => void witness.look());
    process.on('uncaughtException', (error) => {
      log.line('error', `the witness stops, this is a mistake in Sempre itself: ${error.stack ?? error.message}`);
      void log.flush(flushMs).then(() => process.exit(exit.ourBug));
    });
  });
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));

/** Machines on loopback addresses, each a folder with a daemon, handled by the command line as an operator does (lab tests only). */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../api/client.ts';
import type { ClusterStatus, EventsAnswer, LocalStatus } from '../api/status.ts';
import type { TransportStats } from '../transports/udp/index.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class Machines {
  readonly folder = mkdtempSync(join(tmpdir(), 'sempre-machines-'));
  readonly #processes = new Map<string, ChildProcess>();

  /** What the files of a machine are called. */
  places(machine: string): readonly string[] {
    return ['--state', this.path(machine, 'state'), '--config', this.path(machine, 'etc/cluster.yaml')];
  }

  path(machine: string, name: string): string {
    return join(this.folder, machine, name);
  }

  run(...args: readonly string[]): Promise<Ran> {
    const program = new URL('../cli/main.ts', import.meta.url).pathname;
    return new Promise((resolve) => {
      execFile(process.execPath, [program, ...args], { timeout: 60_000 }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
      );
    });
  }

  /** A command at the daemon of a machine. */
  at(machine: string, ...args: readonly string[]): Promise<Ran> {
    return this.run('--socket', this.path(machine, 'run/sempre.sock'), ...args);
  }

  start(machine: string): void {
    this.launch(machine, 'main.ts', [...this.places(machine), '--run', this.path(machine, 'run')]);
  }

  /** Any program of this folder, ended with the rest. */
  launch(name: string, file: string, args: readonly string[]): ChildProcess {
    mkdirSync(join(this.folder, name), { recursive: true });
    const log = openSync(this.path(name, 'log'), 'a');
    const program = new URL(`./${file}`, import.meta.url).pathname;
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#processes.set(name, child);
    return child;
  }

  kill(machine: string): void {
    this.#processes.get(machine)?.kill('SIGKILL');
  }

  log(machine: string): string {
    return readFileSync(this.path(machine, 'log'), 'utf8');
  }

  status(machine: string): Promise<ClusterStatus | null> {
    return this.#get<ClusterStatus>(machine, '/v1/status');
  }

  local(machine: string): Promise<LocalStatus | null> {
    return this.#get<LocalStatus>(machine, '/v1/local');
  }

  /** The daemon answers. */
  async isUp(machine: string): Promise<boolean> {
    return (await this.status(machine)) !== null;
  }

  async transport(machine: string): Promise<TransportStats | null> {
    return ((await this.local(machine))?.packets as TransportStats | undefined) ?? null;
  }

  /** Changes of views and quorum that a machine's daemon has seen. */
  async views(machine: string): Promise<number> {
    const answer = await this.#get<EventsAnswer>(machine, '/v1/events?limit=2000');
    return (answer?.events ?? []).filter(({ what }) => what === 'view' || what === 'quorum').length;
  }

  async online(machine: string): Promise<string> {
    const status = await this.status(machine);
    const nodes = status?.nodes.filter(({ state }) => state === 'online') ?? [];
    return nodes
      .map(({ name }) => name)
      .sort()
      .join(' ');
  }

  close(): void {
    for (const child of this.#processes.values()) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #get<T>(machine: string, path: string): Promise<T | null> {
    const answer = await connect(this.path(machine, 'run/sempre.sock')).call<T>({
      method: 'GET',
      path,
      timeoutMs: 3000,
    });
    return answer.ok ? answer.value : null;
  }
}

/** Looks until it is so; what was seen last when it does not become so in time. */
export async function eventually<T>(look: () => Promise<T>, wanted: T, limitMs = 30_000): Promise<T> {
  const endMs = performance.now() + limitMs;
  let seen = await look();
  while (seen !== wanted && performance.now() < endMs) {
    await new Promise((done) => setTimeout(done, 100));
    seen = await look();
  }
  return seen;
}

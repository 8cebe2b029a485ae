/**
 * What `sempre lab ...` does: each function is one command, on the lab of the given name or the only one there is.
 *
 * They return values; words and exit codes are the command line's matter.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Cluster } from '../src/core/model.ts';
import { failure, type Result, success } from '../src/lib/errors.ts';
import { monotonicMs, sleep } from './clock.ts';
import { buildMachines, type Injected, powerOff, powerOn, removeMachines, setForwarding } from './machines.ts';
import { canMakeNamespaces, inHost, inNetwork } from './namespaces.ts';
import {
  claim,
  findHost,
  findLab,
  forget,
  hostInit,
  hostIsUp,
  type LabRecord,
  labIsUp,
  labNames,
  readLab,
} from './record.ts';
import { run } from './run.ts';
import { cutPorts } from './switch.ts';
import { clientName, type LabHost, topologyOf } from './topology.ts';

export const checkoutDirectory = dirname(import.meta.dirname);

export interface UpOptions {
  /** Default: the cluster's name. */
  readonly name?: string;
  /** Lay out pages that name their host, for web servers. */
  readonly pages?: boolean;
  /** The kernel ends the lab when this process dies. */
  readonly ephemeral?: boolean;
  /** What runs on each node instead of the daemon; empty: nothing. */
  readonly daemon?: readonly string[];
}

export interface LabStatus {
  readonly name: string;
  readonly kind: LabRecord['kind'];
  readonly cluster: string;
  readonly file: string;
  readonly startedAt: string;
  readonly up: boolean;
  readonly hosts: readonly HostStatus[];
}

export interface HostStatus {
  readonly name: string;
  readonly power: 'on' | 'off';
  readonly links: readonly { readonly address: string; readonly state: 'connected' | 'cut' | 'off' }[];
}

/** Brings up a lab for a cluster file that was read and parsed already. */
export async function bringUp(
  file: string,
  source: string,
  cluster: Cluster,
  options: UpOptions = {},
): Promise<Result<LabStatus>> {
  if (!(await canMakeNamespaces())) {
    return failure(
      'UNSUPPORTED',
      'A lab with real addresses needs root and network namespaces',
      `sempre lab up --loopback ${file}`,
    );
  }
  const topology = topologyOf(cluster);
  if (!topology.ok) return topology;
  const name = options.name ?? cluster.name;
  const claimed = claim(name);
  if (!claimed.ok) return claimed;
  const plan = {
    name,
    kind: 'namespaces' as const,
    cluster: cluster.name,
    file: resolve(file),
    startedAt: new Date().toISOString(),
    topology: topology.value,
    daemon: options.daemon ?? daemonCommand(),
    checkout: checkoutDirectory,
  };
  const installed = { cluster, source, key: `${randomBytes(32).toString('hex')}\n`, pages: options.pages ?? false };
  const built = await buildMachines(plan, installed, options.ephemeral ?? false);
  if (!built.ok) forget(name);
  return built.ok ? success(await statusOf(built.value)) : built;
}

const daemonCommand = (): string[] => [process.execPath, resolve(checkoutDirectory, 'src/daemon/main.ts')];

/** All labs of this machine, also dead ones that nobody took down. */
export function labStatus(): Promise<LabStatus[]> {
  const records = labNames().flatMap((name) => readLab(name) ?? []);
  return Promise.all(records.map(statusOf));
}

async function statusOf(record: LabRecord): Promise<LabStatus> {
  const cut = record.root === null ? new Set<string>() : await cutPorts(record.root);
  const { name, kind, cluster, file, startedAt } = record;
  const hosts = record.topology.hosts.map((host) => hostStatus(record, host, cut));
  return { name, kind, cluster, file, startedAt, up: labIsUp(record), hosts };
}

function hostStatus(record: LabRecord, host: LabHost, cut: ReadonlySet<string>): HostStatus {
  const isUp = hostIsUp(record, host);
  const state = (port: string) => (!isUp ? 'off' : cut.has(port) ? 'cut' : 'connected');
  return {
    name: host.name,
    power: isUp ? 'on' : 'off',
    links: host.interfaces.map((i) => ({ address: i.address, state: state(i.port) })),
  };
}

export const labPowerOff = (lab: string | null, node: string): Promise<Result<Injected>> =>
  withHost(lab, node, powerOff);

export const labPowerOn = (lab: string | null, node: string): Promise<Result<Injected>> => withHost(lab, node, powerOn);

/** `link` null: all links at the same moment. */
export const labCut = (lab: string | null, node: string, link: number | null): Promise<Result<Injected>> =>
  withHost(lab, node, (record, host) => setForwarding(record, host, link, false));

export const labHeal = (lab: string | null, node: string, link: number | null): Promise<Result<Injected>> =>
  withHost(lab, node, (record, host) => setForwarding(record, host, link, true));

/** `whole`: every process of the host and not only its daemon. */
export const labPause = (lab: string | null, node: string, whole: boolean): Promise<Result<Injected>> =>
  signalHost(lab, node, 'STOP', whole);

export const labResume = (lab: string | null, node: string, whole: boolean): Promise<Result<Injected>> =>
  signalHost(lab, node, 'CONT', whole);

/** Pauses and resumes, also when the wait is aborted. */
export async function labPauseFor(
  lab: string | null,
  node: string,
  whole: boolean,
  forMs: number,
): Promise<Result<Injected>> {
  const paused = await labPause(lab, node, whole);
  if (!paused.ok) return paused;
  await sleep(forMs);
  const resumed = await labResume(lab, node, whole);
  return resumed.ok ? paused : resumed;
}

/** The daemon dies as by `kill -9`; what it started goes on, and its supervisor starts it again. */
export const labKillDaemon = (lab: string | null, node: string): Promise<Result<Injected>> =>
  signalHost(lab, node, 'KILL', false);

function signalHost(
  lab: string | null,
  node: string,
  name: 'STOP' | 'CONT' | 'KILL',
  whole: boolean,
): Promise<Result<Injected>> {
  return withHost(lab, node, async (record, host) => {
    const init = hostInit(record.name, host.name);
    if (init === null) return failure('CONFLICT', `${node} is off`, `sempre lab power-on ${node}`);
    const atMs = monotonicMs();
    // -1 is everything but process 1, which keeps the host alive, and the signaller itself.
    const script = whole ? 'kill -s "$0" -- -1' : 'kill -s "$0" "$(cat /run/lab-daemon.pid)"';
    const ran = await run(inHost(init, ['bash', '-c', script, name]));
    if (ran.code !== 0) return failure('NO_SUCH_OBJECT', `No daemon runs on ${node}: ${ran.stderr.trim()}`);
    return success({ atMs, tookMs: monotonicMs() - atMs });
  });
}

/** The program and arguments that run `argv` inside of a host, for `spawn`. */
export function labExec(lab: string | null, node: string, argv: readonly string[]): Result<string[]> {
  const entered = enter(lab, node);
  return entered.ok ? success(inHost(entered.value, argv, checkoutDirectory)) : entered;
}

/** The program and arguments that run the probe on the client's network, for `spawn`. */
export function labProbe(lab: string | null, url: string, options: readonly string[] = []): Result<string[]> {
  const entered = enter(lab, clientName);
  const probe = [process.execPath, resolve(import.meta.dirname, 'probe/main.ts'), url, ...options];
  return entered.ok ? success(inNetwork(entered.value, probe)) : entered;
}

function enter(lab: string | null, node: string) {
  const record = findLab(lab);
  if (!record.ok) return record;
  const host = findHost(record.value, node);
  if (!host.ok) return host;
  const init = hostInit(record.value.name, node);
  return init === null ? failure('CONFLICT', `${node} is off`, `sempre lab power-on ${node}`) : success(init);
}

/** Ends the lab and sweeps away what is left of it; also of one that a killed command left half made. */
export async function labDown(lab: string | null): Promise<Result<{ name: string }>> {
  const names = lab === null ? labNames() : [lab];
  if (names.length > 1)
    return failure('USAGE', `Several labs are up: ${names.join(', ')}`, `sempre lab down --lab ${names[0]}`);
  const name = names[0];
  if (name === undefined || !labNames().includes(name))
    return failure('NO_SUCH_OBJECT', lab === null ? 'No lab is up' : `There is no lab ${lab}`);
  const record = readLab(name);
  if (record === null) forget(name);
  const removed = record === null ? success(null) : await removeMachines(record);
  return removed.ok ? success({ name }) : removed;
}

async function withHost<T>(
  lab: string | null,
  node: string,
  act: (record: LabRecord, host: LabHost) => Promise<Result<T>>,
): Promise<Result<T>> {
  const record = findLab(lab);
  if (!record.ok) return record;
  const host = findHost(record.value, node);
  return host.ok ? act(record.value, host.value) : host;
}

/** For callers that read the file themselves and only need its text. */
export function readSource(file: string): Result<string> {
  try {
    return success(readFileSync(file, 'utf8'));
  } catch (error) {
    return failure('FILE_UNREADABLE', `${file} cannot be read: ${(error as Error).message}`);
  }
}

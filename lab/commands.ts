/**
 * What `sempre lab ...` does: each function is one command, on the lab of the given name or the only one there is.
 *
 * They return values; words and exit codes are the command line's matter.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Problem, parseClusterFile } from '../src/config/parse.ts';
import type { Cluster } from '../src/core/model.ts';
import { failure, type Result, success } from '../src/lib/errors.ts';
import { generateKey } from '../src/transports/udp/keyfile.ts';
import { sleep } from './clock.ts';
import { daemonOptionsFor, keeperOnHost, placesIn } from './keeper/places.ts';
import { startKeeper, stopKeeper } from './keeper/start.ts';
import {
  buildLoopback,
  isAllLoopback,
  loopbackPaths,
  loopbackTopology,
  powerOffLoopback,
  powerOnLoopback,
  removeLoopback,
} from './loopback.ts';
import { buildMachines, type Injected, powerOff, powerOn, removeMachines, setForwarding } from './machines.ts';
import { canMakeNamespaces, inHost, inNetwork } from './namespaces.ts';
import type { ProcessId } from './process-id.ts';
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
import { toolEnv } from './run.ts';
import { type DaemonSignal, refuseCut, signalLoopback, signalMachine } from './signals.ts';
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
  /** Size of each node's disk for its state, which then lies in memory; not for plain processes. Default: a folder of the machine's disk. */
  readonly stateMb?: number;
  /** Plain processes. Default: where all addresses are of 127.0.0.0/8, and where hosts of their own cannot be had. */
  readonly loopback?: boolean;
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

/** What is wrong with a cluster file, for `renderProblems`; a lab is up or refused in spite of warnings. */
export interface UpAnswer {
  readonly problems: readonly Problem[];
  readonly lab: Result<LabStatus>;
}

/** Brings up a lab for the user's own cluster file. */
export async function labUp(file: string, options: UpOptions = {}): Promise<UpAnswer> {
  const source = readSource(file);
  if (!source.ok) return { problems: [], lab: source };
  const { cluster, problems } = parseClusterFile(source.value, file);
  if (cluster === null)
    return { problems, lab: failure('CONFIG_INVALID', `${file} has mistakes`, `sempre validate ${file}`) };
  return { problems, lab: await bringUp(file, source.value, cluster, options) };
}

function readSource(file: string): Result<string> {
  try {
    return success(readFileSync(file, 'utf8'));
  } catch (error) {
    return failure('FILE_UNREADABLE', `${file} cannot be read: ${(error as Error).message}`);
  }
}

/** Brings up a lab for a cluster file that was read and parsed already. */
export async function bringUp(
  file: string,
  source: string,
  cluster: Cluster,
  options: UpOptions = {},
): Promise<Result<LabStatus>> {
  const loopback = options.loopback ?? (isAllLoopback(cluster) || !(await canMakeNamespaces()));
  const topology = loopback ? loopbackTopology(cluster) : topologyOf(cluster);
  if (!topology.ok) return topology;
  const name = options.name ?? cluster.name;
  await sweep(name);
  const claimed = claim(name);
  if (!claimed.ok) return claimed;
  const plan = {
    name,
    kind: loopback ? ('loopback' as const) : ('namespaces' as const),
    cluster: cluster.name,
    file: resolve(file),
    startedAt: new Date().toISOString(),
    topology: topology.value,
    daemon: options.daemon ?? daemonOf(loopback),
    checkout: checkoutDirectory,
  };
  const { pages = false, stateMb = null } = options;
  const installed = { cluster, source, key: generateKey(), pages, stateMb };
  const ephemeral = options.ephemeral ?? false;
  const kept = await startKeeper(name, cluster, ephemeral);
  const built = kept.ok ? await kinds[plan.kind].build(plan, installed, ephemeral) : kept;
  if (!built.ok) stopKeeper(name);
  if (!built.ok) forget(name);
  return built.ok ? success(await statusOf(built.value)) : built;
}

/** Plain processes get the rest of their options when they are started: each has places of its own. */
function daemonOf(loopback: boolean): string[] {
  const program = [process.execPath, resolve(checkoutDirectory, 'src/daemon/main.ts')];
  return loopback ? program : [...program, ...daemonOptionsFor(placesIn(keeperOnHost))];
}

/** A lab that died may have left services running, if it was one of plain processes. */
async function sweep(name: string): Promise<void> {
  const old = readLab(name);
  if (old === null || labIsUp(old)) return;
  stopKeeper(name);
  await kinds[old.kind].remove(old);
}

/** What a lab of hosts and a lab of plain processes do in different ways. */
const kinds = {
  namespaces: {
    build: buildMachines,
    powerOn,
    powerOff,
    setForwarding,
    signalHost: signalMachine,
    remove: removeMachines,
  },
  loopback: {
    build: buildLoopback,
    powerOn: powerOnLoopback,
    powerOff: powerOffLoopback,
    setForwarding: refuseCut,
    signalHost: signalLoopback,
    remove: removeLoopback,
  },
};

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
  withHost(lab, node, (record, host) => kinds[record.kind].powerOff(record, host));

export const labPowerOn = (lab: string | null, node: string): Promise<Result<Injected>> =>
  withHost(lab, node, (record, host) => kinds[record.kind].powerOn(record, host));

/** `link` null: all links at the same moment. */
export const labCut = (lab: string | null, node: string, link: number | null): Promise<Result<Injected>> =>
  withHost(lab, node, (record, host) => kinds[record.kind].setForwarding(record, host, link, false));

export const labHeal = (lab: string | null, node: string, link: number | null): Promise<Result<Injected>> =>
  withHost(lab, node, (record, host) => kinds[record.kind].setForwarding(record, host, link, true));

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

function signalHost(lab: string | null, node: string, name: DaemonSignal, whole: boolean): Promise<Result<Injected>> {
  return withHost(lab, node, (record, host) => kinds[record.kind].signalHost(record, host, name, whole));
}

/** The program and arguments that run `argv` inside of a host, for `spawn`. */
export function labExec(lab: string | null, node: string, argv: readonly string[]): Result<string[]> {
  const found = poweredHost(lab, node);
  if (!found.ok) return found;
  const { record, init } = found.value;
  // On a host, `sempre` is the one of this checkout, as it would be after an installation.
  const path = `PATH=${checkoutDirectory}:${toolEnv.PATH}`;
  if (record.kind === 'namespaces') return success(inHost(init, ['env', path, ...argv], checkoutDirectory));
  return success(['env', path, `SEMPRE_SOCKET=${loopbackPaths(record.name, node).socket}`, ...argv]);
}

/** The program and arguments that run the probe where the cluster's users are, for `spawn`. */
export function labProbe(lab: string | null, url: string, options: readonly string[] = []): Result<string[]> {
  const probe = [process.execPath, resolve(import.meta.dirname, 'probe/main.ts'), url, ...options];
  const record = findLab(lab);
  if (!record.ok) return record;
  if (record.value.kind === 'loopback') return success(probe);
  const found = poweredHost(record.value.name, clientName);
  return found.ok ? success(inNetwork(found.value.init, probe)) : found;
}

/** The socket of a node's daemon, reachable from outside of the host; null: the node is off. */
export function labSocket(lab: string | null, node: string): string | null {
  const found = poweredHost(lab, node);
  if (!found.ok) return null;
  const { record, init } = found.value;
  return record.kind === 'loopback'
    ? loopbackPaths(record.name, node).socket
    : `/proc/${init.pid}/root/run/sempre/sempre.sock`;
}

/** The last lines that a node's daemon printed; none where nothing can be read. */
export function labLog(lab: string | null, node: string, lines: number): readonly string[] {
  const found = poweredHost(lab, node);
  if (!found.ok) return [];
  const { record, init } = found.value;
  const file =
    record.kind === 'loopback'
      ? `${loopbackPaths(record.name, node).directory}/daemon.log`
      : `/proc/${init.pid}/root/var/log/sempre/daemon.log`;
  const text = readSource(file);
  return text.ok ? text.value.trimEnd().split('\n').slice(-lines) : [];
}

function poweredHost(lab: string | null, node: string): Result<{ record: LabRecord; init: ProcessId }> {
  const record = findLab(lab);
  if (!record.ok) return record;
  const host = findHost(record.value, node);
  if (!host.ok) return host;
  const init = hostInit(record.value.name, node);
  if (init === null) return failure('CONFLICT', `${node} is off`, `sempre lab power-on ${node}`);
  return success({ record: record.value, init });
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
  // First: it could switch hosts on that are being taken away.
  stopKeeper(name);
  if (record === null) forget(name);
  const removed = record === null ? success(null) : await kinds[record.kind].remove(record);
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

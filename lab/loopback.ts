/**
 * The lab without root: each node is a group of plain processes on addresses of 127.0.0.0/8.
 *
 * What is different: all nodes share one network, so nothing can be cut and the address is only written down as held;
 * a power failure is SIGKILL to every process of the node, one after the other within a few milliseconds.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../src/core/model.ts';
import { failure, type Result, success } from '../src/lib/errors.ts';
import { monotonicMs, sleep } from './clock.ts';
import type { Installed } from './content.ts';
import { daemonOptionsFor, keeperPlaces } from './keeper/places.ts';
import type { Injected } from './machines.ts';
import { bootPlain } from './namespaces.ts';
import { identify, isAlive, type ProcessId, parentOf, signal } from './process-id.ts';
import {
  forget,
  hostIndex,
  hostInit,
  type LabRecord,
  labDirectory,
  removeHost,
  writeHost,
  writeLab,
} from './record.ts';
import type { LabHost, Topology } from './topology.ts';

export interface LoopbackPaths {
  readonly directory: string;
  readonly config: string;
  readonly key: string;
  readonly state: string;
  readonly run: string;
  readonly socket: string;
}

export function loopbackPaths(lab: string, node: string): LoopbackPaths {
  const directory = join(labDirectory(lab), 'nodes', node);
  const at = (name: string): string => join(directory, name);
  return {
    directory,
    config: at('cluster.yaml'),
    key: at('cluster.key'),
    state: at('state'),
    run: at('run'),
    socket: at('run/sempre.sock'),
  };
}

const outside = (cluster: Cluster): string | undefined =>
  cluster.nodes.flatMap((node) => node.links).find((link) => !link.address.startsWith('127.'))?.address;

export const isAllLoopback = (cluster: Cluster): boolean => outside(cluster) === undefined;

/** The nodes alone: their machine is the client. */
export function loopbackTopology(cluster: Cluster): Result<Topology> {
  const address = outside(cluster);
  if (address !== undefined) {
    const message = `The file has the address ${address}. A lab with real addresses needs root and network namespaces; without them all addresses must be of 127.0.0.0/8`;
    return failure('UNSUPPORTED', message, 'sempre lab up examples/loopback/cluster.yaml');
  }
  const hosts = cluster.nodes.map((node) => ({
    name: node.id,
    role: 'node' as const,
    interfaces: node.links.map((link, i) => ({ ...link, name: 'lo', link: i, port: '', mac: '' })),
  }));
  return success({ bridges: [], hosts });
}

export async function buildLoopback(
  plan: Omit<LabRecord, 'root'>,
  installed: Installed,
  ephemeral: boolean,
): Promise<Result<LabRecord>> {
  const record: LabRecord = { ...plan, root: null };
  for (const host of record.topology.hosts) layOut(record, host, installed);
  writeLab(record);
  const booted = await Promise.all(record.topology.hosts.map((host) => powerOnLoopback(record, host, ephemeral)));
  const failed = booted.find((one) => !one.ok);
  if (failed === undefined) return success(record);
  await removeLoopback(record);
  return failed as Extract<typeof failed, { ok: false }>;
}

function layOut(record: LabRecord, host: LabHost, installed: Installed): void {
  const paths = loopbackPaths(record.name, host.name);
  mkdirSync(paths.state, { recursive: true, mode: 0o700 });
  writeFileSync(paths.config, installed.source);
  writeFileSync(paths.key, installed.key, { mode: 0o600 });
}

export async function powerOnLoopback(record: LabRecord, host: LabHost, ephemeral = false): Promise<Result<Injected>> {
  const atMs = monotonicMs();
  if (hostInit(record.name, host.name) !== null) return failure('CONFLICT', `${host.name} is on already`);
  const paths = loopbackPaths(record.name, host.name);
  mkdirSync(paths.run, { recursive: true, mode: 0o700 });
  mkdirSync(markOf(paths), { recursive: true });
  const supervisor = join(import.meta.dirname, 'loopback-host.sh');
  const options = [
    '--node',
    host.name,
    '--config',
    paths.config,
    '--key',
    paths.key,
    '--state',
    paths.state,
    '--run',
    paths.run,
    ...daemonOptionsFor(keeperPlaces(record.name, hostIndex(record, host))),
  ];
  const argv = ['bash', supervisor, paths.directory, ...record.daemon, ...options];
  const env = { TMPDIR: markOf(paths), SEMPRE_LOOPBACK_DIR: join(labDirectory(record.name), 'held') };
  const booting = await bootPlain(host.name, argv, env, ephemeral);
  if (!booting.ok) return booting;
  writeHost(record.name, host.name, booting.value.init);
  booting.value.go();
  return success({ atMs, tookMs: monotonicMs() - atMs });
}

export async function powerOffLoopback(record: LabRecord, host: LabHost): Promise<Result<Injected>> {
  const init = hostInit(record.name, host.name);
  if (init === null) return failure('CONFLICT', `${host.name} is off already`);
  const atMs = monotonicMs();
  signal(init, 'SIGKILL');
  const dead = await killNode(loopbackPaths(record.name, host.name));
  const tookMs = monotonicMs() - atMs;
  if (!dead) return failure('INTERNAL', `Processes of ${host.name} do not die`);
  removeHost(record.name, host.name);
  rmSync(loopbackPaths(record.name, host.name).run, { recursive: true, force: true });
  return success({ atMs, tookMs });
}

export async function removeLoopback(record: LabRecord): Promise<Result<null>> {
  for (const host of record.topology.hosts) {
    const init = hostInit(record.name, host.name);
    if (init !== null) signal(init, 'SIGKILL');
    if (!(await killNode(loopbackPaths(record.name, host.name))))
      return failure('INTERNAL', `Processes of ${host.name} do not die`);
  }
  forget(record.name);
  return success(null);
}

/** The daemon's process, as its supervisor wrote it down. */
export function loopbackDaemon(record: LabRecord, host: LabHost): ProcessId | null {
  try {
    return identify(Number(readFileSync(join(loopbackPaths(record.name, host.name).directory, 'daemon.pid'), 'utf8')));
  } catch {
    return null;
  }
}

/** What the daemon hands down to what it starts, also to services whose parent is long dead. */
const markOf = (paths: LoopbackPaths): string => join(paths.directory, 'tmp');

/** Kills until nobody is left: a process may have started another one meanwhile. */
async function killNode(paths: LoopbackPaths): Promise<boolean> {
  for (let round = 0; round < 200; round++) {
    const left = processesOf(paths);
    if (left.length === 0) return true;
    for (const one of left) signal(one, 'SIGKILL');
    while (left.some(isAlive) && round++ < 200) await sleep(5);
  }
  return false;
}

/**
 * Every process of a node: those with its mark in their environment or its folder among their arguments (drivers start
 * engines with a clean environment), and all that descend from them.
 */
export function processesOf(paths: LoopbackPaths): ProcessId[] {
  const pids = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .map(Number);
  const parents = new Map(pids.map((pid) => [pid, parentOf(pid)]));
  const own = new Set(pids.filter((pid) => isMarked(pid, paths)));
  for (let before = -1; before !== own.size; ) {
    before = own.size;
    for (const [pid, parent] of parents) if (parent !== null && own.has(parent)) own.add(pid);
  }
  return [...own].flatMap((pid) => identify(pid) ?? []);
}

function isMarked(pid: number, paths: LoopbackPaths): boolean {
  return (
    (listIn(pid, 'environ')?.includes(`TMPDIR=${markOf(paths)}`) ?? false) ||
    (listIn(pid, 'cmdline')?.some((word) => word.startsWith(`${paths.directory}/`)) ?? false)
  );
}

/** Null: the process is gone, or not ours. */
function listIn(pid: number, name: 'environ' | 'cmdline'): readonly string[] | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1').split('\0');
  } catch {
    return null;
  }
}

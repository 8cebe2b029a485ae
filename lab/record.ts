/**
 * What is written down about the labs of this machine, so that any later command finds them: one folder a lab under
 * /run/sempre-lab (or the user's run folder), with `lab.json` and one file a host that is powered on.
 *
 * A host's file names its first process, and a host is up when exactly that process lives: a record that a killed
 * command left behind is never believed.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure, type Result, success } from '../src/lib/errors.ts';
import { isAlive, type ProcessId } from './process-id.ts';
import type { LabHost, Topology } from './topology.ts';

export interface LabRecord {
  readonly name: string;
  /** namespaces: hosts with real addresses. loopback: plain processes on 127.x, for users who are not root. */
  readonly kind: 'namespaces' | 'loopback';
  readonly cluster: string;
  readonly file: string;
  readonly startedAt: string;
  /** The first process of the lab; of a loopback lab there is none. */
  readonly root: ProcessId | null;
  readonly topology: Topology;
  /** What each node's supervisor runs; empty: nothing. */
  readonly daemon: readonly string[];
  readonly checkout: string;
}

const isRoot = process.getuid?.() === 0;

export const labsDirectory = isRoot
  ? '/run/sempre-lab'
  : join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `sempre-lab-${process.getuid?.() ?? 0}`);

export const labDirectory = (name: string): string => join(labsDirectory, name);

/** Where the hosts' /var/lib/sempre lie: on a real disk, because `/run` is memory and writing there costs nothing. */
export const disksDirectory = (name: string): string =>
  isRoot ? join('/var/tmp/sempre-lab', name) : join(labDirectory(name), 'disks');

/** The hosts' changed files; in a namespaces lab a file system of the lab's own root lies over it. */
export const memoryDirectory = (name: string): string => join(labDirectory(name), 'memory');

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,40}$/;

/** Makes the folder; fails when a lab of that name is up. What a dead one left is swept away. */
export function claim(name: string): Result<null> {
  if (!namePattern.test(name))
    return failure('USAGE', `A lab's name holds letters, digits, dots and dashes, not ${JSON.stringify(name)}`);
  const old = readLab(name);
  if (old !== null && labIsUp(old))
    return failure('ALREADY_RUNNING', `The lab ${name} is up already`, `sempre lab down --lab ${name}`);
  forget(name);
  try {
    mkdirSync(join(labDirectory(name), 'hosts'), { recursive: true, mode: 0o755 });
    mkdirSync(memoryDirectory(name), { recursive: true });
    mkdirSync(disksDirectory(name), { recursive: true, mode: 0o700 });
  } catch (error) {
    return failure('STATE_UNUSABLE', `The lab's folders cannot be made: ${(error as Error).message}`);
  }
  return success(null);
}

export function forget(name: string): void {
  rmSync(labDirectory(name), { recursive: true, force: true });
  rmSync(disksDirectory(name), { recursive: true, force: true });
}

export const writeLab = (record: LabRecord): void => writeWhole(join(labDirectory(record.name), 'lab.json'), record);

export const writeHost = (lab: string, host: string, init: ProcessId): void =>
  writeWhole(join(labDirectory(lab), 'hosts', host), init);

export const removeHost = (lab: string, host: string): void =>
  rmSync(join(labDirectory(lab), 'hosts', host), { force: true });

/** The first process of a host that is powered on. */
export function hostInit(lab: string, host: string): ProcessId | null {
  const init = readJson<ProcessId>(join(labDirectory(lab), 'hosts', host));
  return init !== null && isAlive(init) ? init : null;
}

export const hostIsUp = (record: LabRecord, host: LabHost): boolean => hostInit(record.name, host.name) !== null;

export const labIsUp = (record: LabRecord): boolean =>
  record.root === null ? record.topology.hosts.some((host) => hostIsUp(record, host)) : isAlive(record.root);

export const readLab = (name: string): LabRecord | null => readJson<LabRecord>(join(labDirectory(name), 'lab.json'));

/** Names of all folders, also of labs that died. */
export function labNames(): string[] {
  try {
    return readdirSync(labsDirectory).sort();
  } catch {
    return [];
  }
}

/** The lab of that name, or the only one there is. */
export function findLab(name: string | null): Result<LabRecord> {
  const names = name === null ? labNames().filter((one) => readLab(one) !== null) : [name];
  if (names.length === 0) return failure('NO_SUCH_OBJECT', 'No lab is up', 'sempre lab up FILE');
  if (names.length > 1)
    return failure('USAGE', `Several labs are up: ${names.join(', ')}`, `sempre lab ... --lab ${names[0]}`);
  const record = readLab(names[0] ?? '');
  if (record === null) return failure('NO_SUCH_OBJECT', `There is no lab ${names[0]}`, 'sempre lab status');
  if (!labIsUp(record))
    return failure('NO_SUCH_OBJECT', `The lab ${record.name} is dead`, `sempre lab down --lab ${record.name}`);
  return success(record);
}

/** The keeper numbers the hosts in this order. */
export const hostIndex = (record: LabRecord, host: LabHost): number =>
  record.topology.hosts.findIndex((one) => one.name === host.name);

export function findHost(record: LabRecord, name: string): Result<LabHost> {
  const host = record.topology.hosts.find((one) => one.name === name);
  if (host !== undefined) return success(host);
  const names = record.topology.hosts.map((one) => one.name).join(', ');
  return failure('NO_SUCH_OBJECT', `The lab ${record.name} has no host ${name}; it has ${names}`);
}

/** Renamed into place, so that a reader sees the old or the new one. */
function writeWhole(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

function readJson<T>(path: string): T | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return null;
  }
}

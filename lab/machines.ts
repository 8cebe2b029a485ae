/**
 * A lab of hosts with real addresses: built, powered on and off, cut and healed.
 *
 * The order in which things are written down matters: a host's file is there before the host runs anything, and the
 * lab's record before its first process goes on, so that `lab down` finds whatever a killed `lab up` left.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failure, type Result, success } from '../src/lib/errors.ts';
import { monotonicMs } from './clock.ts';
import { filesFor, type HostFile, type Installed } from './content.ts';
import { keeperPlaces } from './keeper/places.ts';
import { bootHost, bootRoot, kill } from './namespaces.ts';
import type { ProcessId } from './process-id.ts';
import {
  disksDirectory,
  forget,
  hostIndex,
  hostInit,
  type LabRecord,
  memoryDirectory,
  removeHost,
  writeHost,
  writeLab,
} from './record.ts';
import { run } from './run.ts';
import { addressLines, batch, bridgeLines, cableLines, forwardLines, removeLines, unplugLines } from './switch.ts';
import type { LabHost } from './topology.ts';

/** When a fault began on the clock of `monotonicMs`, and how long it took to inject. */
export interface Injected {
  readonly atMs: number;
  readonly tookMs: number;
}

export async function buildMachines(
  plan: Omit<LabRecord, 'root'>,
  installed: Installed,
  ephemeral: boolean,
): Promise<Result<LabRecord>> {
  const root = await bootRoot(memoryDirectory(plan.name), ephemeral);
  if (!root.ok) return root;
  const record: LabRecord = { ...plan, root: root.value.init };
  writeLab(record);
  root.value.go();
  const built = await wire(record, root.value.init, installed);
  if (!built.ok) await removeMachines(record);
  return built.ok ? success(record) : built;
}

async function wire(record: LabRecord, root: ProcessId, installed: Installed): Promise<Result<null>> {
  const bridges = await batch(root, 'ip', bridgeLines(record.topology));
  if (!bridges.ok) return bridges;
  for (const host of record.topology.hosts) layOut(record, root, host, installed);
  const disks = installed.stateMb === null ? success(null) : await smallDisks(record, root, installed.stateMb);
  if (!disks.ok) return disks;
  const booted = await Promise.all(record.topology.hosts.map((host) => powerOn(record, host)));
  return booted.find((one) => !one.ok) ?? success(null);
}

/** Mounted where only the lab's own processes see it, and kept while a host is off. */
async function smallDisks({ name, topology }: LabRecord, root: ProcessId, sizeMb: number): Promise<Result<null>> {
  for (const host of topology.hosts) {
    const place = join(disksDirectory(name), host.name);
    mkdirSync(place, { recursive: true });
    const mount = ['mount', '-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=750`, host.name, place];
    const ran = await run(['nsenter', '-t', String(root.pid), '--mount', '--', ...mount]);
    if (ran.code !== 0) return failure('INTERNAL', `The disk of ${host.name} cannot be made: ${ran.stderr.trim()}`);
  }
  return success(null);
}

/** Writes into the hosts' disks, which only the lab's own root has mounted. */
function layOut(record: LabRecord, root: ProcessId, host: LabHost, installed: Installed): void {
  const disk = join(`/proc/${root.pid}/root`, diskOf(record, host));
  for (const file of filesFor(host, record.topology, installed)) writeFile(disk, file);
}

function writeFile(disk: string, file: HostFile): void {
  const path = join(disk, file.path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, file.text, { mode: file.mode });
  chmodSync(path, file.mode);
}

const diskOf = (record: LabRecord, host: LabHost): string => join(memoryDirectory(record.name), host.name);

/** Boots a host. The same disk, the same network cards, an empty memory. */
export async function powerOn(record: LabRecord, host: LabHost): Promise<Result<Injected>> {
  const atMs = monotonicMs();
  if (record.root === null) return failure('UNSUPPORTED', `${record.name} is a lab on loopback addresses`);
  if (hostInit(record.name, host.name) !== null) return failure('CONFLICT', `${host.name} is on already`);
  const booting = await bootHost(record.root, {
    name: host.name,
    disk: diskOf(record, host),
    stateDirectory: join(disksDirectory(record.name), host.name),
    checkout: record.checkout,
    keeper: host.role === 'outside' ? '' : keeperPlaces(record.name, hostIndex(record, host)).directory,
    daemon: programOf(record, host),
  });
  if (!booting.ok) return booting;
  const { init, go } = booting.value;
  writeHost(record.name, host.name, init);
  const cables = await batch(record.root, 'ip', cableLines(record.topology, host, init.pid));
  const addresses = cables.ok ? await batch(init, 'ip', addressLines(host, record.topology)) : cables;
  if (!addresses.ok) await kill(init);
  if (!addresses.ok) return addresses;
  go();
  return success({ atMs, tookMs: monotonicMs() - atMs });
}

/** A lab that runs something else than daemons on its nodes has none on its witness either. */
function programOf({ checkout, daemon }: LabRecord, { role }: LabHost): readonly string[] {
  const [node] = daemon;
  if (role === 'witness' && node !== undefined) return [node, join(checkout, 'src/daemon/witness.ts')];
  return role === 'node' ? daemon : [];
}

/** Power is gone: the cables first, so that no packet leaves between the deaths of two processes, then all at once. */
export async function powerOff(record: LabRecord, host: LabHost): Promise<Result<Injected>> {
  const init = hostInit(record.name, host.name);
  if (record.root === null) return failure('UNSUPPORTED', `${record.name} is a lab on loopback addresses`);
  if (init === null) return failure('CONFLICT', `${host.name} is off already`);
  const atMs = monotonicMs();
  await batch(record.root, 'ip', unplugLines(host), { force: true });
  const dead = await kill(init);
  const tookMs = monotonicMs() - atMs;
  if (!dead) return failure('INTERNAL', `${host.name} does not die: process ${init.pid}`);
  removeHost(record.name, host.name);
  // The cable would vanish with the dead host's network anyway, but when is up to the kernel, and its name is needed again.
  await batch(record.root, 'ip', removeLines(host), { force: true });
  return success({ atMs, tookMs });
}

/** Cuts or mends a host's cable of one link, or all of them at once when `link` is null. */
export async function setForwarding(
  record: LabRecord,
  host: LabHost,
  link: number | null,
  forward: boolean,
): Promise<Result<Injected>> {
  const chosen = host.interfaces.filter((i) => link === null || i.link === link);
  if (record.root === null)
    return failure('UNSUPPORTED', `${record.name} is a lab on loopback addresses: its links cannot be cut`);
  if (chosen.length === 0)
    return failure(
      'NO_SUCH_OBJECT',
      `${host.name} has no link ${link}; it has ${host.interfaces.map((i) => i.link).join(', ')}`,
    );
  if (hostInit(record.name, host.name) === null)
    return failure('CONFLICT', `${host.name} is off`, `sempre lab power-on ${host.name}`);
  const atMs = monotonicMs();
  const done = await batch(record.root, 'bridge', forwardLines(chosen, forward));
  return done.ok ? success({ atMs, tookMs: monotonicMs() - atMs }) : done;
}

export async function removeMachines(record: LabRecord): Promise<Result<null>> {
  if (record.root !== null && !(await kill(record.root))) {
    return failure('INTERNAL', `The lab's first process ${record.root.pid} does not die`);
  }
  forget(record.name);
  return success(null);
}

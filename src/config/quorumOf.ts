/** Votes, the witness, watchdogs and fence devices, in the core's form. */
import type { ClusterNode, FenceDevice, Fencing, Link, NodeId, QuorumRules, Watchdog } from '../core/model.ts';
import { plainNode } from '../core/model.ts';
import { defaults } from './defaults.ts';
import { msOf } from './duration.ts';
import type { FenceDeviceFile } from './fencingSchema.ts';
import { listed } from './groups.ts';
import { parseAddress } from './network.ts';
import type { WatchdogFile } from './quorumSchema.ts';
import type { Sections } from './sections.ts';

export function normaliseQuorum(sections: Sections, nodes: readonly ClusterNode[]): QuorumRules {
  const file = sections.quorum ?? {};
  const of = defaults.quorum;
  const wait = file['start-wait'];
  const waitsForAll = wait === 'all' || (wait === undefined && nodes.filter(({ votes }) => votes > 0).length === 2);
  return {
    noQuorum: file['no-quorum'] ?? of.noQuorum,
    // With a witness there are three votes, and a majority like any other.
    tie: file.tie === undefined || file.tie === 'witness' ? 'none' : file.tie,
    prefer: file.prefer ?? null,
    headStartMs: msOf(file['head-start'], of.headStartMs),
    ping: listed(file.ping).map(canonical),
    startWaitMs: waitsForAll ? null : msOf(wait, of.startWaitMs),
  };
}

/** Empty where the file has none. */
export function witnessOf({ witness }: Sections): ClusterNode[] {
  if (witness == null) return [];
  const { name, port } = defaults.witness;
  const links = listed(witness.address).flatMap(hostOf);
  return [{ ...plainNode(witness.name ?? name, links, witness.port ?? port), witness: true }];
}

/** It is reached through routers: that it shares a network with anybody is not known. */
function hostOf(text: string): Link[] {
  const parsed = parseAddress(text);
  return parsed.ok ? [{ address: parsed.value.address, prefix: parsed.value.family === 4 ? 32 : 128 }] : [];
}

export function watchdogFrom(file: WatchdogFile): Watchdog | null {
  if (file === 'none') return null;
  const { timeoutMs } = defaults.watchdog;
  if (typeof file === 'string') return { device: file, timeoutMs };
  return { device: file.device, timeoutMs: msOf(file.timeout, timeoutMs) };
}

export function normaliseFencing({ fencing }: Sections): Fencing {
  const { powerOn, tries } = defaults.fencing;
  return {
    devices: Object.entries(fencing?.devices ?? {}).map(([id, device]) => deviceOf(id, device)),
    powerOn: fencing?.['power-on'] ?? powerOn,
    tries: fencing?.tries ?? tries,
  };
}

function deviceOf(id: string, file: FenceDeviceFile): FenceDevice {
  const of = defaults.fencing;
  return {
    id,
    agent: file.agent,
    params: Object.fromEntries(Object.entries(file.params ?? {}).map(([key, value]) => [key, String(value)])),
    plugs: Object.fromEntries(
      Object.entries(file.plugs ?? {}).map(([node, plugs]) => [node, listed(plugs).map(String)]),
    ),
    delayMs: msOf(file.delay, of.delayMs),
    timeoutMs: msOf(file.timeout, of.timeoutMs),
    verify: file.verify ?? of.verify,
    unfence: file.unfence ?? of.unfence,
  };
}

/** The nodes that a device names, in the order of the file. */
export const nodesOfDevice = (file: FenceDeviceFile): readonly NodeId[] => [
  ...new Set([...listed(file.for), ...Object.keys(file.plugs ?? {})]),
];

/** A node that says nothing is switched off by everything that names it, together. */
export function defaultLevels(node: NodeId, { fencing }: Sections): string[][] {
  const named = Object.entries(fencing?.devices ?? {}).filter(([, device]) => nodesOfDevice(device).includes(node));
  return named.length === 0 ? [] : [named.map(([id]) => id)];
}

function canonical(text: string): string {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value.address : text;
}

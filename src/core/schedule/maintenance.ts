/** What is left alone because an operator works on it? */
import { must } from '../../lib/assert.ts';
import type { NodeId, Service, ServiceId } from '../model.ts';
import type { Change } from './change.ts';
import type { Graph } from './graph.ts';
import { hasLeftover, isOnItsWay } from './migrate.ts';
import type { ScheduleInput } from './plan.ts';
import { type Copy, isActive, isMember, type Seen } from './seen.ts';

/** Services to which nothing is done anywhere, and why. */
export type Frozen = ReadonlyMap<ServiceId, string>;

export function frozenOf(graph: Graph, input: ScheduleInput, seen: Seen): Frozen {
  const { services, nodes } = input.admin.maintenance;
  const frozen = new Map<ServiceId, string>();
  for (const service of graph.cluster.services) {
    const own = Object.hasOwn(services, service.id) ? services[service.id] : undefined;
    const at = service.clone ? undefined : Object.keys(nodes).find((node) => mayRunOn(service, node, input, seen));
    if (own !== undefined) frozen.set(service.id, `in maintenance: ${own.because}`);
    else if (at !== undefined) frozen.set(service.id, `${at} is in maintenance: ${nodes[at]?.because ?? ''}`);
  }
  return frozen;
}

/** Where it is started while its node is worked on, it may run twice. */
function mayRunOn(service: Service, node: NodeId, input: ScheduleInput, seen: Seen): boolean {
  const { copies } = must(seen.services.get(service.id), `seen state of ${service.id}`);
  const copy = copies.find((each) => each.node === node);
  const isSeen = copy !== undefined && copy.state !== 'unknown' && copy.state !== 'probing';
  // Given away by one node and not taken yet by another, it would be left on both of them.
  if (!isSeen && (isOnItsWay(copies) || hasLeftover(copies))) return copies.some((each) => isEndOf(each, node));
  if (copy !== undefined) return copy.state !== 'stopped';
  if (isMember(input.view, node) || Object.hasOwn(input.admin.off, node)) return false;
  return service.on.includes(node) && !copies.some((each) => isActive(each.state));
}

function isEndOf({ node, record }: Copy, other: NodeId): boolean {
  const peer = record?.peer ?? null;
  return peer !== null && (node === other || peer === other);
}

/** Nothing is planned for it; of a clone, nothing on nodes in maintenance. */
export function withoutFrozen(change: Change, frozen: Frozen, { admin }: ScheduleInput): Change {
  if (frozen.has(change.service.id))
    return { ...change, probes: [], stops: [], starts: [], reloads: [], promotes: [], demotes: [], passage: null };
  const { nodes } = admin.maintenance;
  if (Object.keys(nodes).length === 0) return change;
  const left = <T extends { readonly node: NodeId }>(steps: readonly T[]): readonly T[] =>
    steps.filter(({ node }) => !Object.hasOwn(nodes, node));
  const { probes, stops, starts, reloads, promotes, demotes } = change;
  return {
    ...change,
    probes: left(probes),
    stops: left(stops),
    starts: left(starts),
    reloads: left(reloads),
    promotes: left(promotes),
    demotes: left(demotes),
  };
}

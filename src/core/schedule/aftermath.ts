/** What does the cluster file say that follows from failures which still count, beside a restart? */
import type { NodeId, Service, ServiceId } from '../model.ts';
import { allOnFail, failedText, leadsTo } from '../onFail.ts';
import type { ServiceRecord } from '../ports.ts';
import type { Graph } from './graph.ts';
import type { ScheduleInput } from './plan.ts';
import { cleanup } from './score.ts';
import { type Copy, isActive, type Seen } from './seen.ts';

export interface Aftermath {
  /** Nodes that run nothing any more, and why. */
  readonly standby: ReadonlyMap<NodeId, string>;
  /** Services that run nowhere any more. Of a clone only the copy ends that failed: see `staysStopped`. */
  readonly stopped: ReadonlyMap<ServiceId, string>;
  /** Nodes to be switched off. */
  readonly fence: ReadonlyMap<NodeId, string>;
}

export function aftermathOf(graph: Graph, seen: Seen): Aftermath {
  const [standby, stopped, fence] = [
    new Map<NodeId, string>(),
    new Map<ServiceId, string>(),
    new Map<NodeId, string>(),
  ];
  for (const service of graph.cluster.services) {
    if (allOnFail(service).length === 0) continue;
    for (const { node, state, record } of seen.services.get(service.id)?.copies ?? []) {
      // What runs again has got over it.
      if (record === null || isActive(state)) continue;
      const why = `${service.id}: ${failedText(record, node)}`;
      const then = leadsTo(service, record);
      if (then === 'standby') standby.set(node, why);
      else if (then === 'fence') fence.set(node, why);
      else if (!service.clone && staysStopped(service, { state, record }))
        stopped.set(service.id, stoppedText(service, record, node));
    }
  }
  return { standby, stopped, fence };
}

/** What is blocked is left alone, but it is not started again if something else had it stopped. */
export function staysStopped(service: Service, { state, record }: Pick<Copy, 'state' | 'record'>): boolean {
  const then = leadsTo(service, record);
  const isDown = state === 'stopped' || state === 'unknown' || state === 'probing';
  return then === 'stop' || (then === 'block' && isDown);
}

export const stoppedText = (service: Service, record: ServiceRecord, node: NodeId): string =>
  `${failedText(record, node)}; it stays stopped until ${cleanup(service)}`;

/** A node where something failed is in standby just as if an operator had said so, and so is one that is to be fenced. */
export function withStandby(input: ScheduleInput, { standby, fence }: Aftermath): ScheduleInput {
  if (standby.size + fence.size === 0) return input;
  const more = Object.fromEntries([...standby, ...fence].map(([node, because]) => [node, { because }]));
  return { ...input, admin: { ...input.admin, standby: { ...more, ...input.admin.standby } } };
}

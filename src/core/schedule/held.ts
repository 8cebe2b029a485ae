/** Where did each service run before it was stopped to be started again? See `Held`. */
import type { Cluster, NodeId, ServiceId } from '../model.ts';
import type { NodeRecord } from '../ports.ts';
import type { Held } from './plan.ts';
import { isActive } from './seen.ts';

export const nothingHeld: Held = new Map();

/**
 * To be called with every change of the members' records, before the plan is made; starts from `nothingHeld` in each view.
 *
 * What is neither running nor on its way there proves nothing (a probe may well say `failed` where nothing ever ran), so
 * only active copies are remembered, and a copy that is gone only for as long as another one is missing.
 */
export function remember(before: Held, cluster: Cluster, records: ReadonlyMap<NodeId, NodeRecord>): Held {
  const active = activeNow(records);
  const held = new Map<ServiceId, readonly NodeId[]>();
  for (const { id, instances } of cluster.services) {
    const now = active.get(id) ?? [];
    const known = before.get(id) ?? [];
    const nodes = now.length >= instances ? now : [...now, ...known.filter((node) => !now.includes(node))];
    if (nodes.length > 0) held.set(id, nodes);
  }
  return held;
}

function activeNow(records: ReadonlyMap<NodeId, NodeRecord>): ReadonlyMap<ServiceId, readonly NodeId[]> {
  const active = new Map<ServiceId, NodeId[]>();
  for (const [node, record] of records) {
    for (const id of Object.keys(record.services)) {
      if (!isActive(record.services[id]?.state ?? 'unknown')) continue;
      const known = active.get(id);
      if (known === undefined) active.set(id, [node]);
      else known.push(node);
    }
  }
  return active;
}

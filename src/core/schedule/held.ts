/** Where did each service run before it was stopped to be started again? See `Held`. */
import { byText } from '../../lib/compare.ts';
import type { Cluster, NodeId, ServiceId } from '../model.ts';
import type { NodeRecord, ServiceRecord } from '../ports.ts';
import type { Held, HeldService } from './plan.ts';
import { isActive } from './seen.ts';

export const nothingHeld: Held = new Map();

interface Present {
  readonly active: NodeId[];
  readonly failed: NodeId[];
}

const absent: Present = { active: [], failed: [] };

/**
 * To be called with every change of the members' records, before the plan is made; starts from `nothingHeld` in each view.
 *
 * A copy that is gone or has failed counts only for as long as there are not enough others. That it has failed does not
 * prove that it ran (a probe may well say so where nothing ever did), so it counts last.
 */
export function remember(before: Held, cluster: Cluster, records: ReadonlyMap<NodeId, NodeRecord>): Held {
  const present = presentNow(records);
  const held = new Map<ServiceId, HeldService>();
  for (const { id, instances } of cluster.services) {
    const { active, failed } = present.get(id) ?? absent;
    const known = before.get(id);
    const nodes = active.length >= instances ? active : filledUp(instances, active, known?.nodes ?? [], failed);
    if (nodes.length > 0)
      held.set(id, { nodes, ran: active.length > 0 || (known?.ran ?? false), ...wasPromoted(id, records, known) });
  }
  return held;
}

/** That it may be promoted proves nothing. */
function wasPromoted(
  id: ServiceId,
  records: ReadonlyMap<NodeId, NodeRecord>,
  known: HeldService | undefined,
): { readonly promoted?: true } {
  const isNow = [...records.values()].some(({ services }) => isPromoted(services[id]));
  return isNow || known?.promoted === true ? { promoted: true } : {};
}

const isPromoted = (record: ServiceRecord | undefined): boolean =>
  record !== undefined && record.role === 'promoted' && isActive(record.state);

function filledUp(count: number, ...sources: readonly (readonly NodeId[])[]): readonly NodeId[] {
  const nodes = new Set<NodeId>();
  for (const source of sources) for (const node of source.toSorted(byText)) if (nodes.size < count) nodes.add(node);
  return [...nodes];
}

function presentNow(records: ReadonlyMap<NodeId, NodeRecord>): ReadonlyMap<ServiceId, Present> {
  const present = new Map<ServiceId, Present>();
  for (const [node, record] of records) {
    for (const id of Object.keys(record.services)) {
      const state = record.services[id]?.state ?? 'unknown';
      if (!isActive(state) && state !== 'failed') continue;
      const known = present.get(id) ?? { active: [], failed: [] };
      present.set(id, known);
      (state === 'failed' ? known.failed : known.active).push(node);
    }
  }
  return present;
}

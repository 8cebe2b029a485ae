/** Where did each service run before it was stopped to be started again? See `Held`. */
import { byText } from '../../lib/compare.ts';
import type { Cluster, NodeId, ServiceId } from '../model.ts';
import type { NodeRecord, ServiceRecord } from '../ports.ts';
import { entriesOf } from './entries.ts';
import type { Held, HeldService } from './plan.ts';
import { isActive } from './seen.ts';

export const nothingHeld: Held = new Map();

interface Present {
  readonly active: NodeId[];
  readonly failed: NodeId[];
  promoted: boolean;
}

const absent: Present = { active: [], failed: [], promoted: false };

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
    const { active, failed, promoted } = present.get(id) ?? absent;
    const known = before.get(id);
    const nodes = active.length >= instances ? active : filledUp(instances, active, known?.nodes ?? [], failed);
    if (nodes.length === 0) continue;
    const one = { nodes, ran: active.length > 0 || (known?.ran ?? false) };
    // That it may be promoted proves nothing.
    held.set(id, promoted || known?.promoted === true ? { ...one, promoted: true } : one);
  }
  return held;
}

const isPromoted = ({ role, state }: ServiceRecord): boolean => role === 'promoted' && isActive(state);

function filledUp(count: number, ...sources: readonly (readonly NodeId[])[]): readonly NodeId[] {
  const nodes = new Set<NodeId>();
  for (const source of sources) for (const node of source.toSorted(byText)) if (nodes.size < count) nodes.add(node);
  return [...nodes];
}

function presentNow(records: ReadonlyMap<NodeId, NodeRecord>): ReadonlyMap<ServiceId, Present> {
  const present = new Map<ServiceId, Present>();
  for (const [node, { services }] of records) {
    for (const [id, record] of entriesOf(services).notable) {
      if (!isActive(record.state) && record.state !== 'failed') continue;
      const known = present.get(id) ?? { active: [], failed: [], promoted: false };
      present.set(id, known);
      (record.state === 'failed' ? known.failed : known.active).push(node);
      if (isPromoted(record)) known.promoted = true;
    }
  }
  return present;
}

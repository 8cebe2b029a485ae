/**
 * Targets of live migrations that have not heard yet what became of their source.
 *
 * A target whose daemon was restarted looks, and may look before something arrives: that it found nothing proves nothing until it
 * has heard that the source has ended, and looked again (`heardOfMigration`). Until then it counts as being looked at.
 */
import type { NodeId, ServiceId } from '../model.ts';
import type { NodeRecord } from '../ports.ts';
import type { NodeState } from '../state.ts';

export interface Unheard {
  readonly node: NodeId;
  readonly service: ServiceId;
}

interface Gift {
  readonly service: ServiceId;
  readonly to: NodeId;
  readonly changed: number;
}

/** Records are never changed: what was found in one stays true of it. */
const gifts = new WeakMap<NodeRecord, readonly Gift[]>();

function giftsOf(record: NodeRecord): readonly Gift[] {
  const known = gifts.get(record);
  if (known !== undefined) return known;
  const found = Object.entries(record.services).flatMap(([service, { state, peer, changed }]) =>
    peer !== null && (state === 'moved' || state === 'failed' || state === 'stopping' || state === 'stopped')
      ? [{ service, to: peer, changed }]
      : [],
  );
  gifts.set(record, found);
  return found;
}

export function unheardOf(state: NodeState): readonly Unheard[] {
  const members = state.installed?.members ?? [];
  const unheard: Unheard[] = [];
  for (const source of members) {
    const record = state.records.get(source);
    if (record === undefined) continue;
    for (const { service, to, changed } of giftsOf(record))
      if (members.includes(to) && !hasHeard(state, to, record, changed)) unheard.push({ node: to, service });
  }
  return unheard;
}

/** By its last beat, which its own record is not older than. What else changed at the source since then does not matter. */
function hasHeard(
  { self, peers }: NodeState,
  node: NodeId,
  { node: source, boot }: NodeRecord,
  changed: number,
): boolean {
  if (node === self || node === source) return true;
  const held = peers.get(node)?.beat?.holds.find((each) => each.node === source);
  return held !== undefined && held.boot === boot && held.version >= changed;
}

/** That it stopped, or found nothing, is not certain yet. */
export function asUnheard(record: NodeRecord, service: ServiceId): NodeRecord {
  const known = record.services[service];
  if (known?.state !== 'stopped') return record;
  return { ...record, services: { ...record.services, [service]: { ...known, state: 'probing' } } };
}

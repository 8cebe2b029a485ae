/** Where did each service run before it was stopped to be started again? See `Held`. */
import { byText } from '../../lib/compare.ts';
import type { Cluster, Ms, NodeId, ServiceId } from '../model.ts';
import type { NodeRecord, ServiceRecord, ServiceState } from '../ports.ts';
import { entriesOf } from './entries.ts';
import { countsAs } from './migrate.ts';
import type { Given, Held, HeldService } from './plan.ts';
import { isActive } from './seen.ts';

export const nothingHeld: Held = new Map();

interface Present {
  readonly active: NodeId[];
  readonly failed: NodeId[];
  promoted: boolean;
  /**
   * No lost node can run it. What came by a migration proves nothing of a source that is lost; nor does what was found running and
   * nobody here has started: an operator may have, beside another one, and an agent may be mistaken.
   */
  isProof: boolean;
}

const absent: Present = { active: [], failed: [], promoted: false, isProof: false };

/**
 * To be called with every change of the members' records, before the plan is made; starts from `nothingHeld` in each view.
 *
 * A copy that is gone or has failed counts only for as long as there are not enough others. That it has failed does not
 * prove that it ran (a probe may well say so where nothing ever did), so it counts last.
 */
export function remember(
  before: Held,
  cluster: Cluster,
  records: ReadonlyMap<NodeId, NodeRecord>,
  nowMs: Ms = 0,
): Held {
  const present = presentNow(records);
  const gifts = givenNow(before, records, nowMs);
  const held = new Map<ServiceId, HeldService>();
  for (const { id, instances } of cluster.services) {
    const { active, failed, promoted, isProof } = present.get(id) ?? absent;
    const known = before.get(id);
    const nodes = active.length >= instances ? active : filledUp(instances, active, known?.nodes ?? [], failed);
    const given = gifts.get(id) ?? known?.given;
    if (nodes.length === 0 && given === undefined) continue;
    const one = { nodes, ran: isProof || (known?.ran ?? false), ...(given === undefined ? {} : { given }) };
    // That it may be promoted proves nothing.
    held.set(id, promoted || known?.promoted === true ? { ...one, promoted: true } : one);
  }
  return held;
}

/** Migrations to nodes that are no members: nobody hears there when the source has ended. */
function givenNow(before: Held, records: ReadonlyMap<NodeId, NodeRecord>, nowMs: Ms): ReadonlyMap<ServiceId, Given> {
  const gifts = new Map<ServiceId, Given>();
  for (const { services } of records.values())
    for (const [id, { state, peer }] of entriesOf(services).notable) {
      if (peer === null || records.has(peer) || !mayHaveGiven(state)) continue;
      const known = before.get(id)?.given;
      const isOver = state !== 'migrating';
      gifts.set(id, isOver && known?.to === peer && known.isOver ? known : { to: peer, atMs: nowMs, isOver });
    }
  return gifts;
}

const mayHaveGiven = (state: ServiceState): boolean =>
  state === 'migrating' || state === 'moved' || state === 'failed' || state === 'stopping';

/** What goes on when the same coordinator leads another view. `stays`: nobody left who could run it. */
export const withGiven = (held: Held, stays: (id: ServiceId) => boolean): Held =>
  new Map(
    [...held].flatMap(([id, known]) => {
      if (stays(id)) return [[id, known] as const];
      const { given } = known;
      return given === undefined ? [] : [[id, { nodes: [], ran: false, given }] as const];
    }),
  );

/** What was found promoted, and nobody here has promoted, proves nothing of a lost node either. */
const isPromoted = ({ role, state, foundPromoted }: ServiceRecord): boolean =>
  role === 'promoted' && isActive(state) && foundPromoted !== true;

function filledUp(count: number, ...sources: readonly (readonly NodeId[])[]): readonly NodeId[] {
  const nodes = new Set<NodeId>();
  for (const source of sources) for (const node of source.toSorted(byText)) if (nodes.size < count) nodes.add(node);
  return [...nodes];
}

function presentNow(records: ReadonlyMap<NodeId, NodeRecord>): ReadonlyMap<ServiceId, Present> {
  const present = new Map<ServiceId, Present>();
  for (const [node, { services }] of records) {
    for (const [id, record] of entriesOf(services).notable) {
      const { state, peer } = record;
      const standing = peer === null ? null : countsAs(state, records.get(peer)?.services[id]?.state ?? null);
      const isRunning = standing === null ? isActive(state) : standing === 'running';
      if (!isRunning && state !== 'failed') continue;
      const known = present.get(id) ?? { active: [], failed: [], promoted: false, isProof: false };
      present.set(id, known);
      (isRunning ? known.active : known.failed).push(node);
      if (isPromoted(record)) known.promoted = true;
      if (isRunning && record.digest !== null && (peer === null || records.has(peer))) known.isProof = true;
    }
  }
  return present;
}

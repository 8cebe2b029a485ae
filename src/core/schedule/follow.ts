/**
 * What follows for the orders among the rules from stops that are no steps of the engine's? It knows nothing of `needs`, so what
 * restarts under what it needs is none, nor is what would migrate live but for that; nor is what restarts for an order's sake
 * because of them, nor the order between them and others.
 */
import { must } from '../../lib/assert.ts';
import type { NodeId, ServiceId } from '../model.ts';
import { type Change, type Hindrance, type Start, type Stop, startBlock } from './change.ts';
import type { Doing, Ruled, RuledOrder } from './ruled.ts';
import { keepsCopy, type Settled, type SettledServices } from './settle.ts';
import type { StepsOfAll } from './steps.ts';

type Changes = ReadonlyMap<ServiceId, Change>;

export interface Followed {
  readonly changes: Changes;
  readonly settled: SettledServices;
  readonly ruled: Ruled;
}

/** `settle`: makes the plan of all services anew, for changed changes. */
export function follow(
  changes: Changes,
  ruled: Ruled,
  steps: StepsOfAll,
  hindrance: Hindrance,
  settle: (changes: Changes) => SettledServices,
): Followed {
  const isOwn: IsOwn = ({ service, passage }, { node, kind }) => {
    const its = steps.get(service.id);
    if (kind === 'under') return true;
    return passage?.from !== node && (its?.stops.has(node) !== true || its.migration?.from === node);
  };
  let now: Followed = { changes, settled: settle(changes), ruled };
  if (ruled.into.size === 0) return now;
  // Each round adds restarts or ends a move without a gap, and no copy restarts twice.
  for (;;) {
    const next = new Map(now.changes);
    const edges = [...now.ruled.edges];
    for (const [id, orders] of ruled.into) {
      const change = now.settled.get(id);
      if (change === undefined) continue;
      for (const order of orders)
        addRestarts(next, edges, must(now.changes.get(id), id), order, now.settled, isOwn, hindrance);
    }
    if ([...next].every(([id, change]) => change === now.changes.get(id)))
      return { ...now, ruled: { ...ruled, edges: [...edges, ...edgesOfOwn(now, isOwn)] } };
    now = { changes: next, settled: settle(next), ruled: { ...ruled, edges } };
  }
}

/** Between steps of two services, at least one of which is not the engine's: between its own it has said it all. */
function edgesOfOwn({ settled, ruled }: Followed, isOwn: IsOwn): Ruled['edges'] {
  const edges: { first: Doing; second: Doing }[] = [];
  for (const orders of ruled.into.values()) {
    for (const { first, firstAction, second, secondAction, kind, isLocal } of orders) {
      if (kind === 'serialize') continue;
      const sooner = stepsOf(settled.get(first), firstAction, isOwn);
      for (const later of stepsOf(settled.get(second), secondAction, isOwn))
        for (const each of sooner)
          if ((each.isOwn || later.isOwn) && (!isLocal || each.node === later.node))
            edges.push({
              first: { verb: firstAction, service: first, node: each.node },
              second: { verb: secondAction, service: second, node: later.node },
            });
    }
  }
  return edges;
}

/** Those of one kind. */
function stepsOf(
  settled: Settled | undefined,
  action: RuledOrder['firstAction'],
  isOwn: IsOwn,
): readonly { readonly node: NodeId; readonly isOwn: boolean }[] {
  if (settled === undefined) return [];
  const { starts, stops, promotes, demotes } = settled;
  const own = stops.filter((stop) => isOwn(settled, stop)).map(({ node }) => node);
  const steps = { start: starts, stop: stops, promote: promotes, demote: demotes }[action];
  return steps.map(({ node }) => ({ node, isOwn: own.includes(node) }));
}

/** Whether a stop is none of the engine's steps. */
type IsOwn = (settled: Settled, stop: Stop) => boolean;

/** Stops that the engine knows nothing of, and after which nothing of it is left or somebody restarts with it. */
function causesIn(first: Settled | undefined, isOwn: IsOwn): readonly Stop[] {
  if (first === undefined) return noStops;
  return first.stops.filter((stop) => isOwn(first, stop) && (restarts.has(stop.kind) || !keepsCopy(first)));
}

const noStops: readonly Stop[] = [];
const restarts: ReadonlySet<Stop['kind']> = new Set(['under', 'order']);

function addRestarts(
  next: Map<ServiceId, Change>,
  edges: { first: Doing; second: Doing }[],
  { service, copies, placement }: Change,
  { id, first, firstAction, secondAction, kind, isLocal }: RuledOrder,
  settled: SettledServices,
  isOwn: IsOwn,
  hindrance: Hindrance,
): void {
  if (kind !== 'mandatory' || firstAction !== 'start' || secondAction !== 'start') return;
  const own = causesIn(settled.get(first), isOwn);
  const known = must(next.get(service.id), `change of ${service.id}`);
  const from = settled.get(service.id)?.overlapFrom ?? null;
  if (from !== null && own.some((stop) => !isLocal || stop.node === from) && known.passage?.isBegun !== true)
    next.set(service.id, { ...known, stopsFirst: true });
  for (const { node } of copies.filter((copy) => copy.state === 'running' && placement.nodes.includes(copy.node))) {
    const causes = own.filter((stop) => !isLocal || stop.node === node);
    const change = must(next.get(service.id), `change of ${service.id}`);
    const hasStop = [...change.stops, ...(settled.get(service.id)?.stops ?? [])].some((stop) => stop.node === node);
    if (causes.length === 0 || hasStop || hindrance.isLeft(service.id, node)) continue;
    const because = `${first}, which starts before it (${id}), restarts`;
    const stop: Stop = {
      node,
      kind: 'order',
      because,
      handTo: null,
      mayWait: true,
      blocked: hindrance.ruled('stop', service.id, node),
    };
    const start: Start = { node, because, handFrom: null, blocked: startBlock(service, copies, node, hindrance) };
    next.set(service.id, { ...change, stops: [...change.stops, stop], starts: [...change.starts, start] });
    for (const cause of causes) {
      const doing = (verb: 'start' | 'stop', which: ServiceId, at: string): Doing => ({
        verb,
        service: which,
        node: at,
      });
      edges.push({ first: doing('stop', service.id, node), second: doing('stop', first, cause.node) });
      edges.push({ first: doing('start', first, cause.node), second: doing('start', service.id, node) });
    }
  }
}

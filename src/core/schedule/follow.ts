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
      if (!now.settled.has(id)) continue;
      let change = must(now.changes.get(id), id);
      for (const order of orders) {
        const restarted = restartedFor(order, change, { settled: now.settled, isOwn, hindrance });
        change = restarted.change;
        edges.push(...restarted.edges);
      }
      next.set(id, change);
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

interface Round {
  readonly settled: SettledServices;
  readonly isOwn: IsOwn;
  readonly hindrance: Hindrance;
}

/** The change of what comes second, with the restarts that one order makes necessary; and what waits for what between both services. */
function restartedFor(
  order: RuledOrder,
  change: Change,
  { settled, isOwn, hindrance }: Round,
): { readonly change: Change; readonly edges: Ruled['edges'] } {
  const { first, firstAction, secondAction, kind, isLocal } = order;
  if (kind !== 'mandatory' || firstAction !== 'start' || secondAction !== 'start') return { change, edges: [] };
  const { service, copies, placement, passage } = change;
  const own = causesIn(settled.get(first), isOwn);
  const causesOn = (node: NodeId): readonly Stop[] => own.filter((stop) => !isLocal || stop.node === node);
  const from = settled.get(service.id)?.overlapFrom ?? null;
  const endsOverlap = from !== null && causesOn(from).length > 0 && passage?.isBegun !== true;
  const stopping = [...change.stops, ...(settled.get(service.id)?.stops ?? [])].map(({ node }) => node);
  const nodes = copies
    .filter(({ node, state }) => state === 'running' && placement.nodes.includes(node) && causesOn(node).length > 0)
    .map(({ node }) => node)
    .filter((node) => !stopping.includes(node) && !hindrance.isLeft(service.id, node));
  const due = nodes.map((node) => restartOn(node, change, order, hindrance));
  const edges = nodes.flatMap((node) =>
    causesOn(node).flatMap((cause) => edgesBetween(first, cause.node, service.id, node)),
  );
  if (due.length === 0 && !endsOverlap) return { change, edges };
  return {
    change: {
      ...change,
      ...(endsOverlap ? { stopsFirst: true } : {}),
      stops: [...change.stops, ...due.map(({ stop }) => stop)],
      starts: [...change.starts, ...due.map(({ start }) => start)],
    },
    edges,
  };
}

function restartOn(
  node: NodeId,
  { service, copies }: Change,
  { id, first }: RuledOrder,
  hindrance: Hindrance,
): { readonly stop: Stop; readonly start: Start } {
  const because = `${first}, which starts before it (${id}), restarts`;
  const stopBlock = hindrance.ruled('stop', service.id, node);
  return {
    stop: { node, kind: 'order', because, handTo: null, mayWait: true, blocked: stopBlock },
    start: { node, because, handFrom: null, blocked: startBlock(service, copies, node, hindrance) },
  };
}

/** The second one stops before the first one, and starts after it. */
function edgesBetween(first: ServiceId, firstOn: NodeId, second: ServiceId, secondOn: NodeId): Ruled['edges'] {
  const doing = (verb: 'start' | 'stop', service: ServiceId, node: NodeId): Doing => ({ verb, service, node });
  return [
    { first: doing('stop', second, secondOn), second: doing('stop', first, firstOn) },
    { first: doing('start', first, firstOn), second: doing('start', second, secondOn) },
  ];
}

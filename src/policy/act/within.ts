/** The order of one primitive's own actions, and of all others that were thought of while they were made. */
import { type Action, Implies, type Ordering, type OrderingSide } from '../actions.ts';
import type { Resource } from '../situation.ts';
import { rankOf } from '../values.ts';
import { type Draft, isCandidate, isManaged, resourceAt, topOf } from './draft.ts';
import { orderRestartAroundUnfencing } from './unfencing.ts';

export function orderOwnActions(draft: Draft, resource: Resource): void {
  if (!isManaged(draft, resource)) return;
  const { index } = resource;
  const order = (first: OrderingSide, second: OrderingSide, implies: number): void => {
    draft.orderings.push({ first, second, implies });
  };
  const start = { resource: index, task: 'start' } as const;
  const stop = { resource: index, task: 'stop' } as const;
  order(stop, start, Implies.order | Implies.second | Implies.restart);
  if (topOf(draft, resource).meta.promotable || rankOf(resource.role) > rankOf('unpromoted')) {
    order({ resource: index, task: 'demote' }, stop, Implies.firstPromoted);
    order(start, { resource: index, task: 'promote' }, Implies.runnable);
  }
  order(
    { resource: index, task: 'delete', how: 'history' },
    { resource: index, task: 'monitor', intervalMs: 0 },
    Implies.sameNode | Implies.secondCancelsFirst,
  );
  orderRestartAroundUnfencing(draft, resource);
  if (resource.utilization.size > 0 && draft.situation.options.placementStrategy !== 'default')
    orderByLoad(draft, resource);
  if (resource.container !== null && resource.connects !== null)
    order({ resource: resource.container, task: 'monitor', intervalMs: 0 }, stop, Implies.order);
}

/** What starts on a node waits until what leaves it has made room. */
function orderByLoad(draft: Draft, resource: Resource): void {
  const { index } = resource;
  const gate = (node: number): Action =>
    draft.actions.add({ task: 'gate', node, how: 'load stopped', isPseudo: true, isOptional: false });
  for (const node of resource.runningOn)
    draft.orderings.push({
      first: { resource: index, task: 'stop' },
      second: { action: gate(node) },
      implies: Implies.load,
    });
  for (const { is } of draft.nodes) {
    if (!isCandidate(draft, resource, is.index)) continue;
    for (const task of ['start', 'migrate_to'] as const)
      draft.orderings.push({
        first: { action: gate(is.index) },
        second: { resource: index, task },
        implies: Implies.load,
      });
  }
}

/** Makes edges of all that is about one resource; the rest, about two or about collections, is returned for others to go by. */
export function link(draft: Draft): Ordering[] {
  const rest: Ordering[] = [];
  for (const ordering of draft.orderings) if (!linkOne(draft, ordering)) rest.push(ordering);
  return rest;
}

function linkOne(draft: Draft, ordering: Ordering): boolean {
  const { first, second, implies } = ordering;
  if (isBetweenTwo(first, second)) return false;
  const firsts = actionsOf(draft, first);
  const seconds = actionsOf(draft, second);
  if (firsts === null || seconds === null) return false;
  for (const a of firsts)
    for (const b of seconds) if (!isElsewhere(draft, a, b, implies)) draft.actions.order(a, b, eased(a, b, implies));
  return true;
}

function isBetweenTwo(first: OrderingSide, second: OrderingSide): boolean {
  const [one, other] = [resourceOf(first), resourceOf(second)];
  return one !== null && other !== null && one !== other;
}

const resourceOf = (side: OrderingSide): number | null => ('action' in side ? side.action.resource : side.resource);

/** Null: of a collection, whose actions the pass «order» makes. */
function actionsOf(draft: Draft, side: OrderingSide): readonly Action[] | null {
  if ('action' in side) return [side.action];
  const { resource, task, how, intervalMs = 0 } = side;
  if (resourceAt(draft, resource).kind !== 'primitive') return null;
  return draft.actions
    .of(resource)
    .filter(
      (action) => action.task === task && action.intervalMs === intervalMs && (how === undefined || action.how === how),
    );
}

/** Room made elsewhere is of no use. A migration needs it where it leads to. */
function isElsewhere(draft: Draft, first: Action, second: Action, implies: number): boolean {
  if (implies !== Implies.load) return false;
  if (second.task !== 'migrate_to' || second.resource === null) return first.node !== second.node;
  return first.node !== (draft.placement.nodeOf[second.resource] ?? -1);
}

/** What was left behind by a migration is stopped without anything having to start again. */
const eased = (first: Action, second: Action, implies: number): number =>
  first.isDangling && first.resource === second.resource ? implies & ~Implies.second : implies;

/**
 * What changes, as people see it: one line a resource (one a node where it is stopped on several), in the words of
 * `crm_simulate`'s transition summary. Derived from all actions, the unnecessary and impossible ones included, because what a
 * line is called depends on them: a stop with a start that cannot be done is a «stop», with one that need not be done it is none.
 */
import type { Action, Actions } from '../actions.ts';
import type { Placement } from '../placement.ts';
import type { Change, Task } from '../plan.ts';
import type { NodeIndex, Resource, Situation } from '../situation.ts';
import type { Role } from '../values.ts';

/** In the order of the resources; instances and members by themselves, collections not at all. */
export function changesOf(situation: Situation, placement: Placement, actions: Actions): Change[] {
  return situation.resources.flatMap((resource) => {
    if (resource.kind !== 'primitive' || placement.managed[resource.index] !== 1) return [];
    return changesOfOne(viewOf(situation, placement, actions, resource));
  });
}

/** One resource with what was thought of for it. */
interface View {
  readonly resource: Resource;
  readonly current: NodeIndex | null;
  readonly next: NodeIndex | null;
  readonly role: Role;
  readonly nextRole: Role;
  readonly moves: boolean;
  readonly start: Action | undefined;
  readonly stop: Action | undefined;
  readonly promote: Action | undefined;
  readonly demote: Action | undefined;
  readonly migrateFrom: Action | undefined;
  readonly reloads: boolean;
  readonly stops: readonly Action[];
}

function viewOf(situation: Situation, placement: Placement, actions: Actions, resource: Resource): View {
  const mine = actions.of(resource.index);
  const find = (task: Task, node: NodeIndex | null): Action | undefined =>
    mine.find((each) => each.task === task && (node === null || each.node === null || each.node === node));
  const isGivenUp = actions.givenUp.has(resource.index);
  const current = currentNode(situation, isGivenUp ? { ...resource, partialMigration: null } : resource);
  const place = placement.nodeOf[resource.index] ?? -1;
  const next = place < 0 ? null : place;
  const start = find('start', next);
  const stopFrom = start?.isRunnable === true ? current : null;
  return {
    resource,
    current,
    next,
    role: roleNow(situation, resource),
    nextRole: placement.roleOf[resource.index] ?? 'stopped',
    moves: current !== null && next !== null && current !== next,
    start,
    stop: find('stop', stopFrom) ?? stopElsewhere(resource, find('stop', null)),
    promote: find('promote', next),
    demote: find('demote', next),
    migrateFrom: find('migrate_from', next),
    reloads: mine.some((each) => each.task === 'reload-agent' && !each.isOptional),
    stops: mine.filter((each) => each.task === 'stop'),
  };
}

/**
 * What can be promoted is unpromoted when it is started, unless another part of the same instance is promoted; what is somewhere is
 * not stopped, whatever was found of it.
 */
function roleNow({ resources }: Situation, resource: Resource): Role {
  const { role } = resource;
  if (role !== 'started') return role === 'stopped' && resource.runningOn.length > 0 ? 'started' : role;
  let instance = resource;
  for (let at: Resource | undefined = resource; at !== undefined; at = resources[at.parent ?? -1]) {
    if (at.kind === 'clone') return at.meta.promotable && instance.role === 'started' ? 'unpromoted' : role;
    instance = at;
  }
  return role;
}

/**
 * Of several places the first, unless a migration is half done: then its source. What needs no fencing is rather where the node
 * is in good order.
 */
export function currentNode({ nodes }: Situation, { partialMigration, runningOn, meta }: Resource): NodeIndex | null {
  const source = partialMigration?.source;
  if (source !== undefined && runningOn.includes(source)) return source;
  const needsFencing = meta.requires === 'fencing' || meta.requires === 'unfencing';
  const isGood = (index: NodeIndex): boolean => nodes[index]?.online === true && !nodes[index].unclean;
  return (source === undefined && !needsFencing ? runningOn.find(isGood) : undefined) ?? runningOn[0] ?? null;
}

/** With `multiple-active=stop_unexpected` it stays where it is expected: the stop is that of another node. */
function stopElsewhere(resource: Resource, stop: Action | undefined): Action | undefined {
  const isElsewhere = resource.meta.multipleActive === 'stop_unexpected' && resource.runningOn.length > 1;
  return isElsewhere ? stop : undefined;
}

function changesOfOne(view: View): Change[] {
  if (view.current === null && (view.next === null || view.resource.orphan)) return [];
  return view.role === view.nextRole ? sameRole(view) : otherRole(view);
}

function sameRole(view: View): Change[] {
  const { resource, start, stop, promote, demote, migrateFrom } = view;
  if (migrateFrom?.isRunnable === true && view.current !== null) return [change(view, 'migrate', start)];
  if (view.reloads) return [change(view, 'reload', start)];
  if (start === undefined || start.isOptional) {
    const both = demote?.isOptional === false && promote?.isOptional === false;
    return both ? [change(view, 're-promote', promote, demote)] : [];
  }
  if (!start.isRunnable) return [change({ ...view, next: null }, 'stop', stop, given(stop, start))];
  if (view.moves) return [change(view, resource.failed ? 'recover' : 'move', stop)];
  if (resource.failed) return [change({ ...view, next: view.current }, 'recover', stop)];
  return [change(view, 'restart', start)];
}

function otherRole(view: View): Change[] {
  const { resource, role, nextRole, start, stop, promote, demote } = view;
  if (stop !== undefined && (nextRole === 'stopped' || start?.isRunnable === false)) return stopEverywhere(view);
  if (stop !== undefined && resource.failed && resource.stopsToRecover) return [change(view, 'recover', stop, start)];
  if (view.moves) return [change(view, 'move', stop)];
  if (view.reloads) return [change(view, 'reload', start)];
  if (stop !== undefined && !stop.isOptional) return [change(view, 'restart', start)];
  if (role === 'promoted') return [change(view, 'demote', demote)];
  if (nextRole === 'promoted') return [change(view, 'promote', promote)];
  if (role === 'stopped' && nextRole !== 'stopped') return [change(view, 'start', start)];
  return [];
}

function stopEverywhere(view: View): Change[] {
  return view.resource.runningOn.map((node) => {
    const stop = view.stops.find((each) => each.node === node || each.node === null);
    return change({ ...view, current: node, next: null }, 'stop', stop, given(stop, view.start));
  });
}

/** The action that has a reason to show. */
const given = (stop: Action | undefined, start: Action | undefined): Action | undefined =>
  stop !== undefined && stop.because !== '' ? stop : start;

function change(view: View, kind: Change['kind'], action: Action | undefined, reason = action): Change {
  const { current, next, role, nextRole } = view;
  const from = current === null ? null : { node: current, role };
  const to = next === null ? null : { node: next, role: nextRole };
  return {
    kind,
    resource: view.resource.index,
    // What restarts was there, even if nobody knows of it.
    from: kind === 'restart' || kind === 'recover' ? (from ?? to) : from,
    to,
    isBlocked: action?.isRunnable === false,
    because: reason?.because ?? '',
  };
}

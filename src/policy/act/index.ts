/**
 * What is to be done to every primitive and every node, given where everything is to run: all actions of primitives, fencings and
 * shutdowns, and the order among them as far as it does not come from constraints or from what holds several primitives.
 */
import { type Actions, Implies, type Ordering } from '../actions.ts';
import type { Constraints } from '../constraints.ts';
import { outgrewFailure } from '../digest/index.ts';
import type { Placement } from '../placement.ts';
import type { NodeIndex, Resource, Situation } from '../situation.ts';
import { addressOf, checkHistories, clearFailures, noteRecurring } from './changes.ts';
import { type Draft, draftOf, failuresOn, nodeAt, resourceAt, targetOf } from './draft.ts';
import { condemn } from './fence.ts';
import { scheduleFencingAndShutdowns } from './fencing.ts';
import { make } from './make.ts';
import { scheduleProbes } from './probes.ts';
import { orderAfterReset, orderAroundConnections } from './remote.ts';
import { schedule } from './transitions.ts';
import { link, orderOwnActions } from './within.ts';

export interface Acted {
  readonly actions: Actions;
  /** Those that are about two resources or about collections: the pass «order» makes edges of them. */
  readonly orderings: readonly Ordering[];
}

/** The actions are a new mutable graph; nothing that is given is changed. */
export function act(situation: Situation, _constraints: Constraints, placement: Placement): Acted {
  const draft = draftOf(situation, placement);
  for (const { node, because } of placement.fences) condemn(draft, node, because);
  const primitives = situation.resources.filter(({ kind }) => kind === 'primitive');
  for (const resource of primitives) heedHistory(draft, resource);
  for (const resource of primitives) orderOwnActions(draft, resource);
  checkHistories(draft);
  for (const resource of primitives) if (targetOf(draft, resource) === null) reconsider(draft, resource);
  scheduleProbes(draft);
  for (const top of situation.top) clearFailuresOfOrphan(draft, resourceAt(draft, top));
  for (const top of situation.top) scheduleAll(draft, resourceAt(draft, top));
  orderAroundConnections(draft);
  scheduleFencingAndShutdowns(draft);
  return { actions: draft.actions, orderings: link(draft) };
}

/** What the history alone makes necessary, wherever the resource is to run. */
function heedHistory(draft: Draft, resource: Resource): void {
  noteRecurring(draft, resource);
  for (const node of resource.mustStopOn) make(draft, resource, { task: 'stop', node });
  for (const node of resource.mayStopOn) make(draft, resource, { task: 'stop', node, isOptional: true });
  for (const node of resource.mustDemoteOn) make(draft, resource, { task: 'demote', node });
  for (const node of resource.unlockedOn) make(draft, resource, { task: 'delete', how: 'history', node });
  for (const node of resource.history.keys()) forgetFailures(draft, resource, node);
  const { lock } = resource;
  if (draft.situation.options.shutdownLock && lock !== null && resource.runningOn.length > 0)
    make(draft, resource, { task: 'delete', how: 'history', node: lock.node });
}

function forgetFailures(draft: Draft, resource: Resource, node: NodeIndex): void {
  const { situation } = draft;
  const hasExpired = hasExpiredOn(resource, node);
  if (!hasExpired && !outgrewFailure(situation, resource, nodeAt(draft, node).is, addressOf(draft, resource))) return;
  const because = hasExpired ? 'it expired' : 'resource parameters have changed';
  const action = clearFailures(draft, resource, node, because);
  if (situation.options.fencingEnabled) orderAfterReset(draft, resource, action);
}

const hasExpiredOn = ({ failures }: Resource, node: NodeIndex): boolean =>
  failures.length > 0 && failures.some((each) => each.node === node && each.expired);

/** What was thought of before anybody knew that there is no place for it: it stops, and nothing recurs or ends to recur any more. */
function reconsider(draft: Draft, { index }: Resource): void {
  for (const action of draft.actions.of(index)) {
    if (action.task === 'stop') action.isOptional = false;
    else if (action.task === 'start' || action.intervalMs > 0) action.isRunnable = false;
  }
}

/** Not of instances that a clone no longer has: their name is that of others. */
function clearFailuresOfOrphan(draft: Draft, resource: Resource): void {
  if (!resource.orphan || !draft.situation.options.stopOrphanResources) return;
  for (const { is } of draft.nodes) {
    if (!nodeAt(draft, is.index).online || failuresOn(resource, is.index) === 0) continue;
    const action = clearFailures(draft, resource, is.index, 'it is orphaned');
    draft.orderings.push({
      first: { action },
      second: { resource: resource.index, task: 'stop' },
      implies: Implies.order,
    });
  }
}

function scheduleAll(draft: Draft, resource: Resource): void {
  if (resource.kind === 'primitive') schedule(draft, resource);
  else for (const child of resource.children) scheduleAll(draft, resourceAt(draft, child));
}

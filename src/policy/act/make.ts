/** Actions come into being here: whether one is necessary and possible where it is wanted. */
import type { Action } from '../actions.ts';
import type { Task } from '../plan.ts';
import type { NodeIndex, Resource } from '../situation.ts';
import { rankOf } from '../values.ts';
import { type Draft, demandKey, isManaged, migrationOf, needsFencing, nodeAt, recurringKey, roleNow } from './draft.ts';
import { canFence, condemn } from './fence.ts';

interface Wanted {
  readonly task: Task;
  /** Null: no node could be found. */
  readonly node: NodeIndex | null;
  readonly isOptional?: boolean;
  readonly intervalMs?: number;
  readonly how?: string | null;
  readonly because?: string;
}

/**
 * The one action of this kind on this node. Asked for again it stays necessary if it was; whether it is possible is seen anew each
 * time, whatever was found out about it in between.
 */
export function make(draft: Draft, resource: Resource, wanted: Wanted): Action {
  const { task, node, intervalMs = 0, how = null, isOptional = false, because = '' } = wanted;
  const count = draft.actions.all.length;
  const action = draft.actions.add({ task, resource: resource.index, node, intervalMs, how, isOptional: true });
  if (draft.actions.all.length > count) begin(draft, action, isOptional);
  weighNeed(draft, resource, action, isOptional);
  weighPossibility(draft, resource, action);
  if (because !== '' && action.because === '') action.because = because;
  return action;
}

/** An action that was not thought of before: necessary too if its task was asked for before anybody knew where. */
function begin(draft: Draft, action: Action, isOptional: boolean): void {
  const { task, resource, node, intervalMs } = action;
  if (resource === null) return;
  action.isOptional = isOptional;
  if (intervalMs > 0 && node !== null) {
    const key = recurringKey(resource, task, intervalMs, node);
    if (!draft.recurring.has(key)) draft.recurring.set(key, false);
  }
  if (draft.demanded.size === 0) return;
  const key = demandKey(resource, task, intervalMs);
  const demand = draft.demanded.get(key);
  if (demand === undefined) return;
  draft.demanded.delete(key);
  action.isOptional = false;
  // Without a node it was impossible; what freezes for lack of quorum stays so.
  action.isRunnable = false;
  action.because = demand;
}

/** Nothing is done to what is not managed; only its recurring actions go on. */
function weighNeed(draft: Draft, resource: Resource, action: Action, isOptional: boolean): void {
  const isLeftAlone = !action.isPseudo && !isManaged(draft, resource) && action.intervalMs === 0;
  if (isLeftAlone && action.node !== null) action.isOptional = true;
  else if (!isOptional) action.isOptional = false;
}

function weighPossibility(draft: Draft, resource: Resource, action: Action): void {
  if (action.isPseudo) return;
  if (action.node === null) {
    action.isRunnable = false;
    return;
  }
  const node = nodeAt(draft, action.node);
  const isDoneElsewhere = action.task === 'delete' && action.how === 'history';
  if (!isDoneElsewhere && !node.online && (node.is.kind !== 'guest' || node.needsReset)) {
    action.isRunnable = false;
    if (isManaged(draft, resource) && action.task === 'stop' && !node.unclean)
      condemn(draft, action.node, 'stop is unrunnable');
  } else if (!isDoneElsewhere && node.is.pending) action.isRunnable = false;
  else if (requirementOf(resource, action.task) === 'nothing')
    action.isRunnable = node.is.kind !== 'guest' || canFence(draft, action.node);
  else weighQuorum(draft, resource, action);
}

/** Starts and promotions alone need anything; so does the half of a live migration that begins it. */
export function requirementFor(
  draft: Draft,
  resource: Resource,
  { task, isMigratable }: Action,
): 'nothing' | 'quorum' | 'fencing' {
  const begins = migrationOf(draft, resource) === null ? 'migrate_to' : 'migrate_from';
  return requirementOf(resource, isMigratable && task === begins ? 'start' : task);
}

function requirementOf(resource: Resource, task: Task): 'nothing' | 'quorum' | 'fencing' {
  if (task !== 'start' && task !== 'promote') return 'nothing';
  if (needsFencing(resource)) return 'fencing';
  return resource.meta.requires === 'quorum' ? 'quorum' : 'nothing';
}

function weighQuorum(draft: Draft, resource: Resource, action: Action): void {
  const policy = quorumPolicy(draft, resource);
  if (policy === 'stop') {
    action.isRunnable = false;
    action.because = 'no quorum';
  } else if (policy === 'freeze') {
    const isRaised = rankOf(draft.nextRole[resource.index] ?? 'unknown') > rankOf(roleNow(draft, resource));
    if (isActive(draft, resource) && !isRaised) return;
    action.isRunnable = false;
    action.because = 'quorum freeze';
  } else action.isRunnable = true;
}

/** With `demote`, what is promotable and runs goes on, in the role that is left to it; all else stops. */
function quorumPolicy(draft: Draft, resource: Resource): 'stop' | 'freeze' | 'ignore' {
  const { quorate, noQuorum } = draft.situation.options;
  if (quorate) return 'ignore';
  if (noQuorum === 'stop' || noQuorum === 'freeze') return noQuorum;
  if (noQuorum !== 'demote') return 'ignore';
  return rankOf(roleNow(draft, resource)) > rankOf('started') ? 'ignore' : 'stop';
}

/** Seen from a managed resource, a node that left cleanly runs nothing. */
const isActive = (draft: Draft, resource: Resource): boolean =>
  resource.runningOn.some((node) => {
    const { online, unclean } = nodeAt(draft, node);
    return unclean || online || !isManaged(draft, resource);
  });

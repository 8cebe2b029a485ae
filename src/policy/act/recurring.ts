/** Recurring actions: which ones are to run where, by the role that the resource will have. */
import { type Action, Implies } from '../actions.ts';
import { intervalOf, isEnabled, operationsOf } from '../digest/operations.ts';
import type { OperationConfig } from '../input.ts';
import type { Task } from '../plan.ts';
import { roleOf } from '../rule/index.ts';
import type { NodeIndex, Resource } from '../situation.ts';
import { type Draft, isBlocked, isManaged, nodeAt, recurringKey, targetOf } from './draft.ts';
import { make } from './make.ts';

/** Nothing recurs where maintenance wants quiet. */
export function scheduleRecurring(draft: Draft, resource: Resource): void {
  if (isBlocked(draft, resource) || isInMaintenance(draft, resource)) return;
  const operations = recurringOperations(resource);
  const target = targetOf(draft, resource);
  const start = startOf(draft, resource, target);
  for (const operation of operations) {
    const role = operation.attributes.get('role');
    const isForStopped = role !== undefined && roleOf(role) === 'stopped';
    if (!isForStopped && start !== null && target !== null) recurWhereActive(draft, resource, operation, start);
    if (isForStopped && resource.meta.isUnique) recurWhereStopped(draft, resource, operation);
  }
}

/** The start is made even where nothing recurs: it is what a clone waits for. */
function startOf(draft: Draft, resource: Resource, target: NodeIndex | null): Action | null {
  if (target === null || nodeAt(draft, target).is.maintenance) return null;
  if (draft.nextRole[resource.index] === 'stopped' && isManaged(draft, resource)) return null;
  return make(draft, resource, { task: 'start', node: target, isOptional: true });
}

export function isInMaintenance(draft: Draft, resource: Resource): boolean {
  if (resource.meta.maintenance || draft.situation.options.maintenance) return true;
  return resource.runningOn.some((node) => nodeAt(draft, node).is.maintenance);
}

const neverRecur = new Set(['stop', 'start', 'demote', 'promote', 'reload-agent', 'migrate_to', 'migrate_from']);

/** What is configured twice with the same interval is not done at all. */
function recurringOperations(resource: Resource): readonly OperationConfig[] {
  const all = operationsOf(resource);
  return all.filter((operation) => {
    const interval = intervalOf(operation);
    if (interval === 0 || neverRecur.has(operation.name) || !isEnabled(operation)) return false;
    return all.filter((other) => other.name === operation.name && intervalOf(other) === interval).length === 1;
  });
}

/** Agents can recur in more than monitors; the plan knows them all by that word. */
const taskOf = (): Task => 'monitor';

function recurWhereActive(draft: Draft, resource: Resource, operation: OperationConfig, start: Action): void {
  const node = start.node ?? -1;
  const role = operation.attributes.get('role');
  const next = draft.nextRole[resource.index] ?? 'unknown';
  const intervalMs = intervalOf(operation);
  const running = draft.recurring.get(recurringKey(resource.index, operation.name, intervalMs, node));
  const isOptional = start.isOptional && running === false;
  if (role === undefined ? next === 'promoted' : roleOf(role) !== next) {
    if (isOptional) cancelForRole(draft, resource, operation, node);
    return;
  }
  const monitor = make(draft, resource, { task: taskOf(), node, intervalMs, isOptional });
  const { online, unclean } = nodeAt(draft, node);
  if (!start.isRunnable || !online || unclean) monitor.isRunnable = false;
  if (isManaged(draft, resource)) orderMonitor(draft, resource, monitor);
}

function orderMonitor(draft: Draft, resource: Resource, monitor: Action): void {
  const { index } = resource;
  const after = (task: Task, implies: number): void => {
    draft.orderings.push({ first: { resource: index, task }, second: { action: monitor }, implies });
  };
  after('start', Implies.second | Implies.runnable);
  after('reload-agent', Implies.second | Implies.runnable);
  if (draft.nextRole[index] === 'promoted') after('promote', Implies.order | Implies.runnable);
  else if (resource.role === 'promoted') after('demote', Implies.order | Implies.runnable);
}

/** It runs for another role: it ends before the role changes. */
function cancelForRole(draft: Draft, resource: Resource, operation: OperationConfig, node: NodeIndex): void {
  const cancel = makeCancel(draft, resource, operation.name, intervalOf(operation), node);
  const task = changeOfRole(resource, draft.nextRole[resource.index] ?? 'unknown');
  if (task === null) return;
  draft.orderings.push({
    first: { action: cancel },
    second: { resource: resource.index, task },
    implies: Implies.runnable,
  });
}

function changeOfRole(resource: Resource, next: string): Task | null {
  if (resource.role === 'promoted') return 'demote';
  if (resource.role !== 'started' && resource.role !== 'unpromoted') return null;
  if (next === 'promoted') return 'promote';
  return next === 'stopped' ? 'stop' : null;
}

export function makeCancel(
  draft: Draft,
  resource: Resource,
  name: string,
  intervalMs: number,
  node: NodeIndex,
): Action {
  const key = recurringKey(resource.index, name, intervalMs, node);
  if (!draft.recurring.has(key)) draft.recurring.set(key, false);
  return make(draft, resource, { task: 'cancel', node, intervalMs });
}

/** On all nodes but the one where it will be active. */
function recurWhereStopped(draft: Draft, resource: Resource, operation: OperationConfig): void {
  const target = targetOf(draft, resource);
  for (const { is } of draft.nodes) {
    if (is.index === target) cancelBeforeStart(draft, resource, operation, is.index);
    else watchStopped(draft, resource, operation, is.index);
  }
}

function cancelBeforeStart(draft: Draft, resource: Resource, operation: OperationConfig, node: NodeIndex): void {
  const intervalMs = intervalOf(operation);
  if (!draft.recurring.has(recurringKey(resource.index, operation.name, intervalMs, node))) return;
  const cancel = makeCancel(draft, resource, operation.name, intervalMs, node);
  const next = draft.nextRole[resource.index];
  if (next !== 'started' && next !== 'unpromoted') return;
  draft.orderings.push({
    first: { action: cancel },
    second: { resource: resource.index, task: 'start' },
    implies: Implies.runnable,
  });
}

function watchStopped(draft: Draft, resource: Resource, operation: OperationConfig, node: NodeIndex): void {
  const { actions } = draft;
  const { index } = resource;
  const intervalMs = intervalOf(operation);
  const isOptional = draft.recurring.has(recurringKey(index, operation.name, intervalMs, node));
  const monitor = make(draft, resource, { task: taskOf(), node, intervalMs, isOptional });
  const probe = actions.find('monitor', index, node);
  if (isManaged(draft, resource) && probe !== undefined) actions.order(probe, monitor, Implies.runnable);
  const stop = actions.find('stop', index, node);
  if (stop !== undefined) orderAfterStop(draft, resource, stop, monitor);
  const { online, unclean } = nodeAt(draft, node);
  if (!online || unclean) monitor.isRunnable = false;
}

function orderAfterStop(draft: Draft, resource: Resource, stop: Action, monitor: Action): void {
  if (isManaged(draft, resource)) draft.actions.order(stop, monitor, Implies.second | Implies.runnable);
  else if (!stop.isOptional) monitor.isOptional = true;
  if (!stop.isRunnable) monitor.isRunnable = false;
}

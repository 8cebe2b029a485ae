/** Nodes that are reached through a connection that is itself a resource. */
import { type Action, Implies } from '../actions.ts';
import { parametersOf } from '../digest/index.ts';
import { intervalMsOf } from '../rule/text.ts';
import type { NodeIndex, Resource } from '../situation.ts';
import {
  currentNode,
  type Draft,
  isFailed,
  isRemote,
  migrationOf,
  type NodeNow,
  nodeAt,
  resourceAt,
  targetOf,
} from './draft.ts';
import { condemn, fence } from './fence.ts';

/** `resting`: it has to be built up again elsewhere first; `unknown`: it may come back. */
export type ConnectionState = 'alive' | 'resting' | 'failed' | 'stopped' | 'unknown';

export function connectionState(draft: Draft, node: NodeIndex, connection: Resource): ConnectionState {
  const host = currentNode(draft, connection);
  const target = targetOf(draft, connection);
  const isStopping = draft.nextRole[connection.index] === 'stopped';
  if (isStopping || target === null) {
    if (host !== null && nodeAt(draft, host).unclean) return 'failed';
    if (!isFailed(draft, connection)) return 'stopped';
    const comesBack = isStopping && reconnects(draft, connection) && wasFenced(draft, nodeAt(draft, node));
    return comesBack && !nodeAt(draft, node).is.shuttingDown ? 'unknown' : 'failed';
  }
  if (host === null) return 'unknown';
  if (nodeAt(draft, host).unclean || !nodeAt(draft, host).online) return 'resting';
  return connection.runningOn.length > 1 && migrationOf(draft, connection) !== null ? 'resting' : 'alive';
}

const reconnects = (draft: Draft, connection: Resource): boolean =>
  intervalMsOf(parametersOf(draft.situation, connection, null).get('reconnect_interval')) > 0;

function wasFenced({ situation }: Draft, { is }: NodeNow): boolean {
  const state = situation.input.nodeStates.find(({ id, name }) => id === is.id || name === is.name);
  return Number(state?.fencedRemote ?? 0) > 0;
}

/** A remote (not a guest) node that nobody will be able to talk to. */
export function isConnectionLost(draft: Draft, node: NodeIndex): boolean {
  const { is } = nodeAt(draft, node);
  if (is.kind !== 'remote' || is.connection === null) return false;
  return connectionState(draft, node, resourceAt(draft, is.connection)) === 'failed';
}

/** A connection that is tried again after a while: not before the node behind it has been fenced. */
export function orderAfterReset(draft: Draft, connection: Resource, action: Action): void {
  if (connection.connects === null || !reconnects(draft, connection)) return;
  draft.actions.order(fence(draft, connection.connects, { isOptional: true }), action, Implies.second);
}

/** Everything that happens behind a connection happens while the connection is up. */
export function orderAroundConnections(draft: Draft): void {
  if (!draft.nodes.some(isRemote)) return;
  for (const action of [...draft.actions.all]) {
    if (action.resource === null || isEnded(draft, action)) continue;
    const resource = resourceAt(draft, action.resource);
    if (resource.connects !== null && action.task === 'clear_failcount') beforeStart(draft, action, resource);
    else if (action.node !== null && !action.isPseudo) orderBehind(draft, action, resource, nodeAt(draft, action.node));
  }
}

/** A recurring action that is cancelled is not begun anew. */
const isEnded = ({ actions }: Draft, { task, resource, node, intervalMs }: Action): boolean =>
  task === 'monitor' && intervalMs > 0 && actions.find('cancel', resource, node, intervalMs) !== undefined;

function beforeStart(draft: Draft, action: Action, { index }: Resource): void {
  draft.orderings.push({ first: { action }, second: { resource: index, task: 'start' }, implies: Implies.order });
}

function orderBehind(draft: Draft, action: Action, resource: Resource, node: NodeNow): void {
  if (!isRemote(node) || node.is.connection === null) return;
  const connection = resourceAt(draft, node.is.connection);
  if (action.task === 'start') stopAfterConnecting(draft, action, resource, connection);
  const container = connection.container === null ? null : resourceAt(draft, connection.container);
  if (container === null) orderBehindRemote(draft, action, node, connection);
  else orderBehindGuest(draft, action, { node, connection, container });
}

/** If the connection cannot be made, what is to move behind it stays where it is. */
function stopAfterConnecting(draft: Draft, start: Action, { index }: Resource, connection: Resource): void {
  for (const stop of draft.actions.of(index))
    if (stop.task === 'stop' && stop.node !== start.node)
      draft.orderings.push({
        first: { resource: connection.index, task: 'start' },
        second: { action: stop },
        implies: Implies.order,
      });
}

function afterStart(draft: Draft, { index }: Resource, action: Action, implies = 0): void {
  draft.orderings.push({
    first: { resource: index, task: 'start' },
    second: { action },
    implies: Implies.preserve | Implies.runnable | implies,
  });
}

function beforeStop(draft: Draft, action: Action, { index }: Resource, implies = 0): void {
  draft.orderings.push({
    first: { action },
    second: { resource: index, task: 'stop' },
    implies: Implies.preserve | implies,
  });
}

/** A migration goes by the rules of the stop that it replaces. */
const kindOf = ({ task }: Action): string => (task === 'migrate_to' || task === 'migrate_from' ? 'stop' : task);

function orderBehindRemote(draft: Draft, action: Action, { is }: NodeNow, connection: Resource): void {
  const state = connectionState(draft, is.index, connection);
  const isGoing = draft.nextRole[connection.index] === 'stopped';
  switch (kindOf(action)) {
    case 'start':
    case 'promote':
      afterStart(draft, connection, action, state === 'failed' ? Implies.second : 0);
      break;
    case 'stop':
      if (state === 'failed') condemn(draft, is.index, 'resources are active but connection is unrecoverable');
      else if (state === 'alive' || isGoing) beforeStop(draft, action, connection, Implies.first);
      else afterStart(draft, connection, action);
      break;
    case 'demote':
      if (state === 'resting' || state === 'unknown') afterStart(draft, connection, action);
      break;
    default:
      orderOthersBehindRemote(draft, action, is.index, connection, state);
  }
}

function orderOthersBehindRemote(
  draft: Draft,
  action: Action,
  node: NodeIndex,
  connection: Resource,
  state: ConnectionState,
): void {
  if (isRecurring(action)) {
    afterStart(draft, connection, action, Implies.second);
    return;
  }
  if (action.task === 'monitor' && state === 'failed')
    condemn(draft, node, 'resources are in unknown state and connection is unrecoverable');
  if (currentNode(draft, connection) !== null && state === 'stopped')
    beforeStop(draft, action, connection, Implies.runnable);
  else afterStart(draft, connection, action);
}

/** The end of a recurring action counts as one too. */
const isRecurring = ({ intervalMs }: Action): boolean => intervalMs > 0;

interface Guest {
  readonly node: NodeNow;
  readonly connection: Resource;
  readonly container: Resource;
}

/** Stops and demotions on a guest whose container failed are done by the container's stop. */
function orderBehindGuest(draft: Draft, action: Action, { node, connection, container }: Guest): void {
  const hasFailed = isFailed(draft, container);
  if (hasFailed) condemn(draft, node.is.index, 'container failed');
  switch (kindOf(action)) {
    case 'start':
    case 'promote':
      afterStart(draft, container, action, Implies.second);
      afterStart(draft, connection, action);
      break;
    case 'stop':
    case 'demote':
      if (!hasFailed) beforeStop(draft, action, connection);
      break;
    case 'cancel':
      break;
    default:
      afterStart(draft, connection, action, isRecurring(action) ? Implies.second : 0);
  }
}

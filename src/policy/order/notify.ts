/** Notifications to instances: who is told what, once it is clear what will happen. */
import { type Action, Implies } from '../actions.ts';
import type { NodeIndex, Resource } from '../situation.ts';
import { rankOf } from '../values.ts';
import { type Announcement, type Announcements, announceEnd } from './announce.ts';
import { FlagReader } from './flags.ts';
import {
  isManaged,
  type Known,
  leavesOf,
  type Net,
  nextRoleOf,
  resourceAt,
  resourceOf,
  targetOf,
  topBelowBundle,
} from './net.ts';
import type { Move } from './steps.ts';

export function notifyAll(net: Net, announcements: Announcements): void {
  const flags = new FlagReader(net, () => undefined);
  for (const index of announcements.keys()) for (const action of [...net.actions.of(index)]) flags.of(action, null);
  for (const [index, announced] of announcements) {
    const leaves = leavesOf(net, resourceAt(net, index));
    for (const announcement of announced) notify(net, leaves, announcement);
  }
}

function notify(net: Net, leaves: readonly Resource[], announcement: Announcement): void {
  const { move, before, after } = announcement;
  const happens = leaves.some((leaf) => willHappen(net, leaf, move));
  if (happens)
    for (const told of [before, after]) {
      if (told === null) continue;
      told.begins.isOptional = false;
      told.ends.isOptional = false;
    }
  // A stop may also be implied by a fencing.
  if (!happens && move !== 'stop') return;
  for (const leaf of leaves) notifyLeaf(net, leaf, announcement);
}

const willHappen = (net: Net, { index }: Resource, move: Move): boolean =>
  net.actions
    .of(index)
    .some(
      ({ task, isOptional, node, isRunnable }) =>
        task === move && !isOptional && node !== null && (isRunnable || (task === 'stop' && isUnclean(net, node))),
    );

function notifyLeaf(net: Net, leaf: Resource, { move, before, after }: Announcement): void {
  if ((move === 'stop' || move === 'demote') && leaf.role !== 'stopped')
    notifyOfDown(net, leaf, { move, before, after });
  if ((move === 'start' || move === 'promote') && nextRoleOf(net, leaf) !== 'stopped')
    notifyOfUp(net, leaf, { move, before, after });
}

/** Nobody is told on a node that is fenced, nor after the stop where it stopped. */
function notifyOfDown(net: Net, leaf: Resource, { move, before, after }: Announcement): void {
  const stop = net.actions.latest(leaf.index, 'stop');
  for (const node of leaf.runningOn) {
    if (stop?.isPseudo === true && isUnclean(net, node)) continue;
    tell(net, leaf, node, before, `pre ${move}`);
    if (move === 'demote' || stop === undefined || stop.isOptional) tellAfter(net, leaf, node, after, move);
  }
}

function notifyOfUp(net: Net, leaf: Resource, { move, before, after }: Announcement): void {
  const start = net.actions.latest(leaf.index, 'start');
  const node = targetOf(net, leaf);
  if (node === null || (start !== undefined && !canReach(net, start))) return;
  if (move !== 'start' || start === undefined || start.isOptional) tell(net, leaf, node, before, `pre ${move}`);
  tellAfter(net, leaf, node, after, move);
}

/** Behind a connection that cannot be made nobody is told anything. */
function canReach(net: Net, { node }: Action): boolean {
  const connection = node === null ? null : net.situation.nodes[node]?.connection;
  if (connection === null || connection === undefined) return true;
  return net.actions.latest(connection, 'start')?.isRunnable !== false;
}

function tell(net: Net, leaf: Resource, node: NodeIndex, told: Announcement['before'], how: string): Action | null {
  if (told === null || !told.begins.isRunnable || !isOnline(net, node)) return null;
  const action = net.actions.add({
    task: 'notify',
    resource: leaf.index,
    node,
    how,
    isOptional: told.begins.isOptional || !isManaged(net, leaf),
  });
  net.actions.order(told.begins, action, Implies.order);
  net.actions.order(action, told.ends, Implies.order);
  return action;
}

/** What recurs begins after all have been told. */
function tellAfter(net: Net, leaf: Resource, node: NodeIndex, told: Announcement['after'], move: Move): void {
  tell(net, leaf, node, told, `post ${move}`);
  if (told === null) return;
  for (const monitor of net.actions.of(leaf.index))
    if (monitor.intervalMs > 0 && monitor.task !== 'cancel') net.actions.order(told.ends, monitor, Implies.order);
}

// ---------------------------------------------------------------- fencing

/** Where a fencing does what a stop would have done, the others are told once it has ended. */
export function notifyAfterFencings(net: Net): void {
  for (const stop of [...net.actions.all]) {
    const leaf = stop.task === 'stop' && stop.isPseudo ? resourceOf(net, stop) : null;
    if (leaf === null || leaf.kind !== 'primitive' || !leaf.meta.notify || stop.node === null) continue;
    const fencing = fencingOf(net, stop.node);
    if (fencing === null || !isManaged(net, leaf)) continue;
    const after = announceEnd(net, leaf, fencing);
    const announcement: Announcement = { move: 'stop', before: null, after };
    for (const other of leavesOf(net, topBelowBundle(net, leaf))) notifyLeaf(net, other, announcement);
  }
}

export function fencingOf(net: Known, node: NodeIndex): Action | null {
  for (const how of ['reboot', 'off'] as const) {
    const action = net.actions.find('fence', null, node, 0, how);
    if (action !== undefined && !action.isOptional) return action;
  }
  return null;
}

// ---------------------------------------------------------------- nodes

/** As far as is known by now. A remote node that was never seen is as good as clean once it is connected to. */
export function isUnclean(net: Known, node: NodeIndex): boolean {
  const is = net.situation.nodes[node];
  if (is === undefined || net.actions.condemned.has(node)) return true;
  return is.unclean && !(is.connection !== null && is.unseen && isOnline(net, node));
}

/** A remote node is there once its connection is. */
export function isOnline(net: Known, node: NodeIndex): boolean {
  const is = net.situation.nodes[node];
  if (is === undefined) return false;
  if (is.connection === null) return is.online;
  const connection = resourceAt(net, is.connection);
  const isConnecting = targetOf(net, connection) !== null && rankOf(nextRoleOf(net, connection)) > rankOf('stopped');
  return is.online || isConnecting;
}

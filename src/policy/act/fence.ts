/** Which nodes are fenced, and the action that does it. */
import type { Action } from '../actions.ts';
import { changedFenceDevices } from '../digest/index.ts';
import type { NodeIndex, Resource } from '../situation.ts';
import { type Draft, isFailed, isManaged, type NodeNow, nodeAt, resourceAt } from './draft.ts';

/** A guest node goes down with its container: that can be done if the container's host is up or can be fenced. */
export function canFence(draft: Draft, node: NodeIndex): boolean {
  const { is, online } = nodeAt(draft, node);
  if (is.container !== null) {
    const hosts = resourceAt(draft, is.container).runningOn;
    return hosts.every((host) => nodeAt(draft, host).online || canFence(draft, host));
  }
  const { fencingEnabled, hasFenceDevice, quorate, noQuorum } = draft.situation.options;
  if (!fencingEnabled || !hasFenceDevice) return false;
  return quorate || noQuorum === 'ignore' || online;
}

interface FenceWanted {
  /** Null: what the cluster is configured to do. */
  readonly how?: 'reboot' | 'off' | 'on' | null;
  readonly isOptional: boolean;
  readonly because?: string;
}

/** The one fencing of this kind of this node; necessary only if it is possible. */
export function fence(draft: Draft, node: NodeIndex, wanted: FenceWanted): Action {
  const how = wanted.how ?? draft.situation.options.fencingAction;
  const known = draft.actions.find('fence', null, node, 0, how);
  const action = known ?? draft.actions.add({ task: 'fence', node, how, isOptional: true });
  const isDue =
    known === undefined &&
    draft.situation.options.unfencing &&
    changedFenceDevices(draft.situation, nodeAt(draft, node).is).length > 0;
  if ((!wanted.isOptional || isDue) && canFence(draft, node)) action.isOptional = false;
  if (wanted.because !== undefined && action.because === '') action.because = wanted.because;
  return action;
}

/** From now on the node counts as one that has to be fenced; of a guest, the container is restarted instead. */
export function condemn(draft: Draft, node: NodeIndex, because: string): void {
  const now = nodeAt(draft, node);
  if (now.is.container !== null) condemnContainer(draft, node, resourceAt(draft, now.is.container));
  else if (now.is.kind === 'remote') {
    const connection = now.is.connection === null ? null : resourceAt(draft, now.is.connection);
    if (connection === null || isManaged(draft, connection)) now.needsReset = true;
    doom(draft, now, because);
  } else if (!now.unclean) doom(draft, now, because);
}

function doom(draft: Draft, now: NodeNow, because: string): void {
  now.unclean = true;
  draft.actions.condemned.add(now.is.index);
  fence(draft, now.is.index, { isOptional: true, because });
}

function condemnContainer(draft: Draft, node: NodeIndex, container: Resource): void {
  if (isFailed(draft, container) || !isManaged(draft, container)) return;
  nodeAt(draft, node).needsReset = true;
  draft.actions.reset.add(node);
  draft.failed.add(container.index);
}

/**
 * Asks for unfencing: of the node if given and fit for it, else of all nodes that the device may run on. `device`: the resource
 * whose change is the reason; if it is no fence device, nothing happens. Null: the node itself is the reason.
 */
export function unfence(draft: Draft, device: Resource | null, node: NodeIndex | null, because: string): void {
  if (!draft.situation.options.unfencing || (device !== null && !device.isFenceDevice)) return;
  if (node !== null && isUp(draft, node)) fence(draft, node, { how: 'on', isOptional: false, because });
  else if (device !== null)
    for (const { is } of draft.nodes)
      if (isUp(draft, is.index)) fence(draft, is.index, { how: 'on', isOptional: false, because });
}

function isUp(draft: Draft, index: NodeIndex): boolean {
  const node = nodeAt(draft, index);
  return node.online && !node.unclean && !node.shuttingDown;
}

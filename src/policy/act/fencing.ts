/** Fencing and shutdown of nodes, and the order of everything else around them. */
import { type Action, Implies } from '../actions.ts';
import { leftCluster, type Node, type NodeIndex, type Resource, type Situation } from '../situation.ts';
import {
  bundleOf,
  type Draft,
  demandKey,
  isBlocked,
  isCandidate,
  isFailed,
  isManaged,
  type NodeNow,
  needsFencing,
  nodeAt,
  resourceAt,
  topOf,
} from './draft.ts';
import { canFence, fence } from './fence.ts';
import { requirementFor } from './make.ts';
import { isInMaintenance } from './recurring.ts';

/** Nothing is fenced for the sake of resources that nobody manages. */
export function scheduleFencingAndShutdowns(draft: Draft): void {
  const { situation } = draft;
  const managesAny = situation.resources.some((resource) => isManaged(draft, resource));
  const fencings: Action[] = [];
  const shutdowns: Action[] = [];
  let coordinatorDown: Action | null = null;
  for (const node of draft.nodes) {
    if (node.is.kind === 'guest') {
      if (node.needsReset && managesAny && canFence(draft, node.is.index)) fenceGuest(draft, node);
      continue;
    }
    const action = downAction(draft, node, managesAny);
    if (action === null) continue;
    if (node.is.isCoordinator) coordinatorDown = action;
    else if (action.task === 'fence') fencings.push(action);
    else shutdowns.push(action);
  }
  orderNodes(draft, fencings, shutdowns, coordinatorDown);
}

function downAction(draft: Draft, node: NodeNow, managesAny: boolean): Action | null {
  const { is, online, unclean, shuttingDown } = node;
  if (managesAny && unclean && canFence(draft, is.index)) {
    const known = draft.situation.fences.find((asked) => asked.node === is.index);
    const action = fence(draft, is.index, { isOptional: false, because: known?.because ?? 'node is unclean' });
    if (known?.because === leftCluster) action.delayMs = delayOf(draft.situation, is);
    orderAround(draft, action, is.index);
    return action;
  }
  return is.kind === 'member' && online && shuttingDown ? scheduleShutdown(draft, is.index) : null;
}

/** Only where the others are no majority, and the node is among those that matter most while some matter less. */
function delayOf({ nodes, options }: Situation, { priority, online }: Node): number {
  const members = nodes.filter(({ kind }) => kind === 'member');
  const priorities = members.map((member) => member.priority);
  const isMinority = members.filter((member) => member.online).length <= Math.floor(members.length / 2);
  const matters = priority === Math.max(...priorities) && priority > Math.min(...priorities);
  return !online && isMinority && matters ? options.priorityFencingDelayMs : 0;
}

/** One after the other unless all may be fenced at once; what takes the coordinator down comes last. */
function orderNodes(
  draft: Draft,
  fencings: readonly Action[],
  shutdowns: readonly Action[],
  last: Action | null,
): void {
  const { actions, situation } = draft;
  const isChained = !situation.options.concurrentFencing;
  if (isChained)
    for (const [at, action] of fencings.entries()) {
      const previous = fencings[at - 1];
      if (previous !== undefined) actions.order(previous, action, Implies.order);
    }
  if (last === null) return;
  if (last.task === 'shutdown') for (const shutdown of shutdowns) actions.order(shutdown, last, Implies.order);
  for (const fencing of isChained ? fencings.slice(-1) : fencings) actions.order(fencing, last, Implies.order);
}

/** Stops there become necessary, since they will not happen later. */
function scheduleShutdown(draft: Draft, node: NodeIndex): Action {
  const shutdown = draft.actions.add({ task: 'shutdown', node });
  if (nodeAt(draft, node).is.maintenance) return shutdown;
  for (const action of draft.actions.all) {
    if (action.task !== 'stop' || action.node !== node || action.resource === null) continue;
    const resource = resourceAt(draft, action.resource);
    if (isInMaintenance(draft, resource) || !(isManaged(draft, resource) || isBlocked(draft, resource))) continue;
    action.isOptional = false;
    draft.actions.order(action, shutdown, Implies.order | Implies.runnable);
  }
  return shutdown;
}

/** No action on the node: its container goes down, and this tells the others so. */
function fenceGuest(draft: Draft, { is }: NodeNow): void {
  const container = is.container === null ? null : resourceAt(draft, is.container);
  const of = (resource: Resource | null, task: 'stop' | 'start'): Action | undefined =>
    resource === null ? undefined : draft.actions.of(resource.index).findLast((action) => action.task === task);
  const stop = of(container, 'stop');
  const isDemanded = container !== null && draft.demanded.has(demandKey(container.index, 'start', 0));
  const how = of(container, 'start') !== undefined || isDemanded ? 'reboot' : 'off';
  const action = fence(draft, is.index, { how, isOptional: false, because: 'guest is unclean' });
  action.isPseudo = true;
  action.isRunnable = true;
  if (stop !== undefined) {
    const isImplied = stop.isPseudo && stop.node !== null;
    const down = isImplied ? fence(draft, stop.node, { isOptional: false }) : stop;
    draft.actions.order(down, action, Implies.runnable | Implies.second);
  } else if (is.connection !== null) {
    const disconnect = of(resourceAt(draft, is.connection), 'stop');
    if (disconnect !== undefined) draft.actions.order(disconnect, action, Implies.order);
  }
  orderAround(draft, action, is.index);
}

/** A node that goes down, and the action that takes it down. */
interface Loss {
  readonly node: NodeIndex;
  readonly fencing: Action;
}

function orderAround(draft: Draft, fencing: Action, node: NodeIndex): void {
  for (const resource of draft.situation.resources) {
    if (resource.kind !== 'primitive' || !isManaged(draft, resource)) continue;
    if (draft.actions.of(resource.index).length === 0) continue;
    orderStarts(draft, resource, { node, fencing });
    implyStops(draft, resource, { node, fencing });
    implyDemotions(draft, resource, { node, fencing });
  }
}

/** What does not need fencing waits only where it might run on the lost node without anybody knowing. */
function orderStarts(draft: Draft, resource: Resource, { node, fencing }: Loss): void {
  for (const action of draft.actions.of(resource.index)) {
    const requirement = requirementFor(draft, resource, action);
    if (requirement === 'fencing') draft.actions.order(fencing, action, Implies.order);
    else if (requirement === 'quorum' && action.task === 'start' && mayRunUnseen(draft, resource, node))
      draft.actions.order(fencing, action, Implies.order | Implies.runnable);
  }
}

const mayRunUnseen = (draft: Draft, resource: Resource, node: NodeIndex): boolean =>
  isCandidate(draft, resource, node) && !isKnownOn(draft, resource, node);

/** Of an anonymous clone it is enough that one instance is known there. */
function isKnownOn(draft: Draft, resource: Resource, node: NodeIndex): boolean {
  if (resource.knownOn.includes(node)) return true;
  const parent = resource.parent === null ? null : resourceAt(draft, resource.parent);
  if (parent === null || parent.kind !== 'clone' || parent.meta.isUnique) return false;
  return parent.children.some((child) => resourceAt(draft, child).knownOn.includes(node));
}

/** What should stop there has stopped once the node is fenced: nobody is asked any more. */
function implyStops(draft: Draft, resource: Resource, { node, fencing }: Loss): void {
  for (const stop of draft.actions.of(resource.index)) {
    if (stop.task !== 'stop' || stop.node !== node) continue;
    implied(stop);
    if (!waitsForFencing(draft, resource, node)) continue;
    if (bundleOf(draft, resource) === null) draft.actions.order(fencing, stop, Implies.preserve);
    orderTopStop(draft, resource, fencing);
  }
}

/** On a node that might still do it, a demotion is asked for. */
function implyDemotions(draft: Draft, resource: Resource, { node, fencing }: Loss): void {
  const { online, unclean } = nodeAt(draft, node);
  if (online && !unclean && !isFailed(draft, resource)) return;
  const isOrdered = waitsForFencing(draft, resource, node) && bundleOf(draft, resource) === null;
  for (const demotion of draft.actions.of(resource.index)) {
    if (demotion.task !== 'demote' || demotion.node !== node) continue;
    implied(demotion);
    if (isOrdered) draft.actions.order(fencing, demotion, Implies.preserve | Implies.order);
  }
}

function implied(action: Action): void {
  action.isPseudo = true;
  action.isRunnable = true;
}

/** What runs on a guest has stopped with it, whatever it needs. */
const waitsForFencing = (draft: Draft, resource: Resource, node: NodeIndex): boolean =>
  needsFencing(resource) || nodeAt(draft, node).is.kind === 'guest';

/** Whatever holds it stops after the fencing as well; what nothing holds, where it was last thought to stop. */
function orderTopStop(draft: Draft, resource: Resource, fencing: Action): void {
  const top = topOf(draft, resource);
  if (top !== resource) {
    const stop = { resource: top.index, task: 'stop' } as const;
    draft.orderings.push({ first: { action: fencing }, second: stop, implies: Implies.preserve });
    return;
  }
  const latest = draft.actions.latest(resource.index, 'stop');
  if (latest !== undefined) draft.actions.order(fencing, latest, Implies.preserve);
}

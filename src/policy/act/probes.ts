/** Probes: one look at a resource on every node where nothing is known of it, before anything is started. */
import { type Action, Implies } from '../actions.ts';
import { isTrue, wholeOf } from '../rule/text.ts';
import type { BundleReplica, NodeIndex, Resource, ResourceIndex } from '../situation.ts';
import { rankOf } from '../values.ts';
import {
  bundleOf,
  type Draft,
  isFailed,
  isRemote,
  type NodeNow,
  nodeAt,
  resourceAt,
  targetOf,
  topOf,
} from './draft.ts';
import { condemn } from './fence.ts';
import { make } from './make.ts';
import { isConnectionLost } from './remote.ts';
import { orderAfterUnfencing } from './unfencing.ts';

export function scheduleProbes(draft: Draft): void {
  if (!draft.situation.options.enableStartupProbes) return;
  for (const node of draft.nodes) {
    const { is } = node;
    if (!node.online) {
      if (isConnectionLost(draft, is.index)) condemn(draft, is.index, 'the connection is unrecoverable');
    } else if (!node.unclean && is.discovers) probeNode(draft, node);
  }
}

function probeNode(draft: Draft, { is }: NodeNow): void {
  const probed = is.attributes.get('probe_complete');
  if (probed !== undefined && !isTrue(probed)) draft.actions.add({ task: 'gate', node: is.index, how: 'probe_again' });
  else for (const index of draft.situation.top) probe(draft, resourceAt(draft, index), is.index);
}

function probe(draft: Draft, resource: Resource, node: NodeIndex): void {
  if (!canHost(draft, resource, nodeAt(draft, node))) return;
  if (resource.kind === 'primitive') probePrimitive(draft, resource, node);
  else if (resource.kind === 'bundle') probeBundle(draft, resource, node);
  else for (const child of probed(draft, resource, node)) probe(draft, resourceAt(draft, child), node);
}

/** What runs inside is looked at from inside only, and whether one can connect only once the container's place is known. */
function probeBundle(draft: Draft, bundle: Resource, node: NodeIndex): void {
  const at = (index: ResourceIndex | null, isWanted = true): boolean => {
    if (index === null || !isWanted) return false;
    probe(draft, resourceAt(draft, index), node);
    return draft.actions.find('monitor', index, node) !== undefined;
  };
  for (const replica of bundle.replicas) {
    at(replica.ip);
    at(replica.child, replica.node === node);
    if (at(replica.container)) orderPeers(draft, bundle, replica);
    if (at(replica.remote)) connectFirst(draft, replica, node);
  }
}

/** Where a host bears only one of them, the others wait until it is known that none runs there already. */
function orderPeers(draft: Draft, bundle: Resource, replica: BundleReplica): void {
  const perHost = bundle.config?.kind === 'bundle' ? bundle.config.container.get('replicas-per-host') : undefined;
  if ((wholeOf(perHost) ?? 1) > 1) return;
  for (const peer of bundle.replicas)
    if (peer !== replica)
      draft.orderings.push({
        first: { resource: replica.container, task: 'monitor' },
        second: { resource: peer.container, task: 'start' },
        implies: Implies.order | Implies.sameNode,
      });
}

function connectFirst(draft: Draft, { container, remote }: BundleReplica, node: NodeIndex): void {
  const action = remote === null ? undefined : draft.actions.find('monitor', remote, node);
  if (action === undefined) return;
  draft.orderings.push({
    first: { resource: container, task: 'start' },
    second: { action },
    implies: Implies.probe,
  });
}

/** Of an anonymous clone one instance is enough: one that is known there, or is to run there, or the first. */
function probed(draft: Draft, { kind, meta, children }: Resource, node: NodeIndex): readonly number[] {
  if (kind !== 'clone' || meta.isUnique || children.length === 0) return children;
  const chosen =
    children.find((child) => isKnown(draft, resourceAt(draft, child), node)) ??
    children.find((child) => isPlaced(draft, resourceAt(draft, child), node)) ??
    children[0];
  return chosen === undefined ? [] : [chosen];
}

function isKnown(draft: Draft, { knownOn, children }: Resource, node: NodeIndex): boolean {
  return knownOn.includes(node) || children.some((child) => isKnown(draft, resourceAt(draft, child), node));
}

const isPlaced = (draft: Draft, resource: Resource, node: NodeIndex): boolean =>
  resource.kind === 'primitive'
    ? targetOf(draft, resource) === node
    : resource.children.some((child) => isPlaced(draft, resourceAt(draft, child), node));

/** Remote nodes run no fence devices and no connections, guests nothing that holds a guest. */
function canHost(draft: Draft, resource: Resource, node: NodeNow): boolean {
  if (!isRemote(node)) return true;
  if (resource.isFenceDevice || resource.connects !== null) return false;
  return node.is.kind !== 'guest' || (!holdsGuest(draft, resource) && !isInsideOther(draft, resource, node));
}

/** In a bundle's containers runs nothing but what the bundle itself puts there. */
function isInsideOther(draft: Draft, resource: Resource, { is }: NodeNow): boolean {
  if (is.container === null || resource.kind !== 'primitive') return false;
  const bundle = bundleOf(draft, resourceAt(draft, is.container));
  return bundle !== null && !bundle.replicas.some(({ child }) => child === resource.index);
}

const holdsGuest = (draft: Draft, resource: Resource): boolean =>
  resource.fillers.some((filler) => resourceAt(draft, filler).connects !== null);

function probePrimitive(draft: Draft, resource: Resource, node: NodeIndex): void {
  if (resource.container !== null && resource.connects === null) return;
  if (resource.orphan || resource.knownOn.includes(node) || !draft.placement.discoversOn(resource.index, node)) return;
  if (nodeAt(draft, node).is.kind === 'guest' && guestIsGone(draft, resource, node)) return;
  const action = make(draft, resource, { task: 'monitor', node });
  action.isOptional = false;
  orderAfterUnfencing(draft, resource, node, action, Implies.order);
  orderBeforeStart(draft, resource, action);
}

/**
 * Of a clone all instances wait. What cannot be probed is not started, and no other instance of its clone either; only what runs
 * is not stopped because of its own probes.
 */
function orderBeforeStart(draft: Draft, resource: Resource, action: Action): void {
  const top = topOf(draft, resource);
  const started = top.kind === 'clone' ? top : resource;
  const start = { resource: started.index, task: 'start' } as const;
  if (!action.isRunnable && resource.runningOn.length === 0)
    draft.orderings.push({ first: { action }, second: start, implies: Implies.runnable });
  if (draft.probed.has(resource.index)) return;
  draft.probed.add(resource.index);
  const probes = { resource: resource.index, task: 'monitor', intervalMs: 0 } as const;
  draft.orderings.push({ first: probes, second: start, implies: Implies.order });
  const reload = { resource: resource.index, task: 'reload-agent' } as const;
  draft.orderings.push({ first: probes, second: reload, implies: Implies.order });
}

/** On a guest that is down nothing runs; if it will go down, starts wait for that instead of for a probe. */
function guestIsGone(draft: Draft, resource: Resource, node: NodeIndex): boolean {
  const { is, unclean, needsReset } = nodeAt(draft, node);
  if (is.container === null) return false;
  const guest = resourceAt(draft, is.container);
  const top = topOf(draft, resource);
  if (guest.role === 'stopped') {
    const target = targetOf(draft, guest);
    if (target !== null && !guest.knownOn.includes(target)) order(draft, guest, 'monitor', top);
    return true;
  }
  const isStopping = needsReset || unclean || isFailed(draft, guest) || draft.nextRole[guest.index] === 'stopped';
  if (!isStopping && !isMoving(draft, guest)) return false;
  order(draft, guest, 'stop', top);
  return true;
}

function isMoving(draft: Draft, guest: Resource): boolean {
  const target = targetOf(draft, guest);
  return rankOf(guest.role) > rankOf('stopped') && target !== null && !guest.runningOn.includes(target);
}

function order(draft: Draft, { index }: Resource, task: 'monitor' | 'stop', top: Resource): void {
  draft.orderings.push({
    first: { resource: index, task, intervalMs: 0 },
    second: { resource: top.index, task: 'start' },
    implies: Implies.order,
  });
}

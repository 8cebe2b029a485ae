/** The history of a node, resource by resource: results in call order, and what the resource is after all of them. */
import type { HistoryOperation, NodeState, ResourceHistory } from '../input.ts';
import { rankOf } from '../values.ts';
import { inCallOrder } from './callOrder.ts';
import { fence } from './fence.ts';
import { resourceOf } from './match.ts';
import { targetRoleOf } from './meta.ts';
import { readRemoteOnline, readRemoteState, stateNode } from './nodes.ts';
import { fill } from './resources.ts';
import { type Reading, readResult } from './result.ts';
import { addRunning, block, isActiveRole } from './running.ts';
import {
  ban,
  isGuest,
  isInBundle,
  isRemote,
  nodeNamed,
  topOf,
  type WorkNode,
  type WorkResource,
  type World,
} from './world.ts';

/**
 * A remote node's history counts once its connection is known to be up, which the history of another node says: so the nodes are
 * gone through again until nothing new is learned, and then whatever is left.
 */
export function readHistories(world: World): void {
  while (readReady(world, false));
  readReady(world, world.options.fencingEnabled);
}

function readReady(world: World, readsAll: boolean): boolean {
  let hasRead = false;
  for (const state of world.input.nodeStates) {
    const node = stateNode(world, state);
    if (node === null || node.historyRead || !(readsAll || isReady(world, node))) continue;
    if (node.type === 'remote') {
      readRemoteOnline(node);
      readRemoteState(world, node, state);
    }
    node.historyRead = true;
    readNode(world, node, state);
    hasRead = true;
  }
  return hasRead;
}

/** Without fencing and locks, nodes that are down come last, so that instances that run get the low numbers. */
function isReady(world: World, node: WorkNode): boolean {
  const { fencingEnabled, shutdownLock } = world.options;
  const { connection } = node;
  if (isGuest(node)) return connection?.role === 'started' && connection.container?.role === 'started';
  if (isRemote(node)) return connection !== null && (shutdownLock || connection.role === 'started');
  return fencingEnabled || shutdownLock || node.online;
}

function readNode(world: World, node: WorkNode, state: NodeState): void {
  let hasOrphanFiller = false;
  for (const entry of state.history) {
    const resource = readEntry(world, node, entry);
    if (resource?.isOrphanFiller === true) hasOrphanFiller = true;
  }
  if (hasOrphanFiller) for (const entry of state.history) linkOrphanFiller(world, entry);
}

function linkOrphanFiller(world: World, entry: ResourceHistory): void {
  const container = entry.container === null ? undefined : world.resourceById.get(entry.container);
  const filler = world.resourceById.get(entry.id);
  if (container !== undefined && filler?.isOrphanFiller === true && filler.container === null) fill(container, filler);
}

function readEntry(world: World, node: WorkNode, entry: ResourceHistory): WorkResource | null {
  const { shutdownLock } = world.options;
  if (entry.operations.length === 0 && !shutdownLock) return null;
  const resource = resourceOf(world, node, entry);
  if (resource === null) return null;
  if (shutdownLock) readLock(world, resource, node, entry);
  const roleBefore = resource.role;
  resource.role = 'unknown';
  const reading: Reading = { world, resource, node, response: 'ignore', lastFailure: null };
  const history = inCallOrder(entry.operations).map((operation): HistoryOperation => {
    const isOutdated = readResult(reading, operation);
    return isOutdated ? { ...operation, restartDigest: 'calculated-failure-timeout' } : operation;
  });
  const before = resource.history.get(node);
  resource.history.set(node, before === undefined ? history : [...before, ...history]);
  conclude(reading);
  limitRole(resource);
  if (rankOf(roleBefore) > rankOf(resource.role)) resource.role = roleBefore;
  return resource;
}

function readLock(world: World, resource: WorkResource, node: WorkNode, entry: ResourceHistory): void {
  const sinceS = entry.shutdownLockS;
  if (sinceS === null || sinceS === 0) return;
  const limitS = Math.floor(world.options.shutdownLockLimitMs / 1000);
  if (limitS > 0 && world.input.nowS > sinceS + limitS) resource.unlockedOn.push(node);
  else resource.lock = { node, sinceS };
}

/** What is asked for counts if it is less than what failures left. */
function limitRole(resource: WorkResource): void {
  const asked = targetRoleOf(resource.rawMeta, topOf(resource).isPromotable);
  const isLess = resource.nextRole === null || (asked !== null && rankOf(asked) < rankOf(resource.nextRole));
  if (asked !== null && isLess) resource.nextRole = asked;
}

function conclude(reading: Reading): void {
  const { world, resource, node, response } = reading;
  noteKnown(resource, node);
  fenceIfLost(world, resource, node);
  // A node that is fenced takes what failed there along; then it may be started again.
  const effective: Reading = node.unclean ? { ...reading, response: 'ignore' } : reading;
  respond(effective);
  const remote = resource.failed && resource.isConnection ? nodeNamed(world, resource.id) : null;
  if (remote?.unclean === true) remote.unseen = false;
  if (resource.role !== 'stopped' && resource.role !== 'unknown') {
    addRunning(world, resource, node, response !== 'ignore');
    noteFailure(resource, effective.response);
  } else if (resource.alias?.includes(':') === true) resource.alias = null;
  else if (resource.mustStopOn.delete(node)) resource.mayStopOn.add(node);
  const migration = resource.partialMigration;
  if (resource.role === 'stopped' && migration?.source === node && resource.runningOn.length > 0) {
    // The stop on the source of a migration does not stop what has arrived at its target.
    resource.role = 'started';
  }
}

/** Also of its clone, as far as the instances are all alike. */
function noteKnown(resource: WorkResource, node: WorkNode): void {
  if (resource.role === 'unknown') return;
  for (let at: WorkResource | null = resource; at !== null; at = at.isUnique ? null : at.parent) at.knownOn.add(node);
}

function fenceIfLost(world: World, resource: WorkResource, node: WorkNode): void {
  if (!isActiveRole(resource) || node.online || node.maintenance || !resource.managed) return;
  if (isGuest(node)) {
    resource.failed = true;
    resource.stopsToRecover = true;
  } else if (!world.options.fencingEnabled) return;
  // If the connection can be made from elsewhere, that will do.
  else if (isRemote(node) && node.connection?.failed === false) node.unseen = true;
  fence(world, node, `${resource.id} is thought to be active there`);
}

function respond({ world, resource, node, response }: Reading): void {
  const isActive = resource.role !== 'stopped' && resource.role !== 'unknown';
  switch (response) {
    case 'ignore':
      return;
    case 'demote':
      resource.failed = true;
      resource.mustDemoteOn.add(node);
      return;
    case 'fence':
      return fence(world, node, `${resource.id} failed there`);
    case 'standby':
      node.standby = true;
      node.standbyOnFail = true;
      return;
    case 'block':
      return block(resource);
    case 'migrate':
      return ban(world, resource, node, 'it failed there and shall go elsewhere');
    case 'stop':
      resource.nextRole = 'stopped';
      return;
    case 'recover':
      if (isActive) failAndStop(resource, node);
      return;
    case 'restart-container':
      return restartContainer(world, resource, node, isActive);
    case 'reset-remote':
      return resetRemote(world, resource, node);
  }
}

function failAndStop(resource: WorkResource, node: WorkNode): void {
  resource.failed = true;
  resource.stopsToRecover = true;
  resource.mustStopOn.add(node);
}

function restartContainer(world: World, resource: WorkResource, node: WorkNode, isActive: boolean): void {
  resource.failed = true;
  resource.stopsToRecover = true;
  const { container } = resource;
  // The connection into a bundle's container may be on another node, and where the container is may not be known yet.
  if (container !== null && isInBundle(resource)) world.containersToStop.unshift(container);
  else if (container !== null) container.mustStopOn.add(node);
  else if (isActive) resource.mustStopOn.add(node);
}

function resetRemote(world: World, resource: WorkResource, node: WorkNode): void {
  resource.failed = true;
  resource.stopsToRecover = true;
  const behind = resource.isConnection ? nodeNamed(world, resource.id) : null;
  if (world.options.fencingEnabled && behind !== null && isRemote(behind) && !behind.wasFenced)
    fence(world, behind, 'its connection cannot be recovered');
  if (isActiveRole(resource)) resource.mustStopOn.add(node);
  if (resource.reconnectMs > 0) resource.nextRole = 'stopped';
}

function noteFailure(resource: WorkResource, response: Reading['response']): void {
  if (response === 'ignore') return;
  resource.failed = true;
  if (response !== 'demote' && response !== 'block') resource.stopsToRecover = true;
}

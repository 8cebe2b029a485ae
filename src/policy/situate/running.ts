/** Where a resource is active, and what follows if that is more than one node or if it is not managed. */
import { infinity, rankOf } from '../values.ts';
import { ban, isGuest, type WorkNode, type WorkResource, type World } from './world.ts';

/** Its groups, clones and bundles are active there too. `failed`: it does not count for the priority of the node. */
export function addRunning(world: World, resource: WorkResource, node: WorkNode, failed: boolean): void {
  if (resource.runningOn.includes(node)) return;
  resource.runningOn.push(node);
  if (resource.kind === 'primitive') {
    if (!failed) addPriority(resource, node);
    if (node.maintenance) resource.managed = false;
  }
  if (!resource.managed) {
    world.pins.push({ resource, node, because: 'it is not managed' });
    if (node.online) addToParents(resource, node);
    return;
  }
  if (resource.kind === 'primitive' && activeCount(resource) > 1) handleMultipleActive(world, resource);
  if (resource.parent !== null) addRunning(world, resource.parent, node, false);
}

function addToParents(resource: WorkResource, node: WorkNode): void {
  for (let at = resource.parent; at !== null; at = at.parent) if (!at.runningOn.includes(node)) at.runningOn.push(node);
}

/** Promoted, it is worth one more. What runs in a guest counts for its hosts too. */
function addPriority(resource: WorkResource, node: WorkNode): void {
  const { priority } = resource.meta;
  if (priority === 0) return;
  const worth = Math.min(priority, infinity) + (resource.role === 'promoted' ? 1 : 0);
  node.priority += worth;
  if (isGuest(node)) for (const host of node.connection?.container?.runningOn ?? []) host.priority += worth;
}

/** What needs fencing is active also where the node is unclean; else such nodes do not count. */
function activeCount(resource: WorkResource): number {
  if (resource.needsFencing) return resource.runningOn.length;
  return resource.runningOn.filter((node) => node.online && !node.unclean).length;
}

function handleMultipleActive(world: World, resource: WorkResource): void {
  const { multipleActive } = resource.meta;
  if (multipleActive === 'stop_only') ban(world, resource, null, 'it was active on several nodes');
  if (multipleActive !== 'block') return;
  block(resource);
  const { parent } = resource;
  const isWhole = parent !== null && (parent.kind === 'group' || parent.kind === 'bundle');
  if (isWhole && parent.meta.multipleActive === 'block') for (const child of parent.children) block(child);
}

export function block(resource: WorkResource): void {
  resource.managed = false;
  resource.blocked = true;
}

export const isActiveRole = (resource: WorkResource): boolean => rankOf(resource.role) > rankOf('stopped');

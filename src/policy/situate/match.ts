/** Which resource an entry of the history is about. Instances without identity are dealt out afresh, node by node. */
import type { PrimitiveConfig, ResourceHistory } from '../input.ts';
import { makeNode } from './nodes.ts';
import { isRemoteAgent, linkConnection, makeInstance, makeResource } from './resources.ts';
import { ban, isGuest, nodeNamed, topOf, type WorkNode, type WorkResource, type World } from './world.ts';

const baseOf = (id: string): string => id.replace(/:\d+$/, '');

/** Null: no operation is known, so that nothing needs to be known of it. Makes an orphan where nothing is configured. */
export function resourceOf(world: World, node: WorkNode, entry: ResourceHistory): WorkResource | null {
  const resource = findConfigured(world, node, entry.id);
  if (resource === null) return entry.operations.length === 0 ? null : makeOrphan(world, entry);
  resource.historyIds.add(entry.id);
  if (entry.id !== resource.id && entry.id !== resource.alias) resource.alias = entry.id;
  return resource;
}

function findConfigured(world: World, node: WorkNode, id: string): WorkResource | null {
  const named = world.resourceById.get(id);
  // It is no primitive any more.
  if (named !== undefined && named.kind !== 'primitive') return world.orphans.get(id) ?? null;
  const found = named ?? firstInstance(world, id);
  if (found === null) return null;
  const top = topOf(found);
  if (top.kind !== 'clone' || top.isUnique) return found;
  if (top.parent?.kind === 'bundle') {
    const replica = top.parent.replicas.find((each) => each.node === node);
    return replica?.child ?? null;
  }
  return anonymousInstance(world, node, top, baseOf(id));
}

/** Without a number, or with one beyond those that there are, an entry may still be one of an anonymous instance. */
function firstInstance(world: World, id: string): WorkResource | null {
  const first = world.resourceById.get(`${baseOf(id)}:0`) ?? null;
  return first === null || first.isUnique ? null : first;
}

/** In a clone of groups, the member of that name. */
const memberNamed = (instance: WorkResource, base: string): WorkResource | null =>
  instance.baseId === base ? instance : (instance.children.find((member) => member.baseId === base) ?? null);

/** Where it is active, or is about to become active or inactive. */
const locationsOf = (resource: WorkResource): readonly WorkNode[] =>
  resource.children.length > 0
    ? resource.children.flatMap(locationsOf)
    : [...resource.runningOn, ...(resource.pendingNode === null ? [] : [resource.pendingNode])];

/** The instance that is active there already, else one that is active nowhere, else a new one that is an orphan. */
function anonymousInstance(world: World, node: WorkNode, clone: WorkResource, base: string): WorkResource | null {
  const chosen = activeOrFree(clone, node, base);
  if (chosen !== null && !isWasted(world, node, clone, chosen)) return chosen;
  const orphan = makeInstance(world, clone);
  return orphan === null ? null : memberNamed(orphan, base);
}

function activeOrFree(clone: WorkResource, node: WorkNode, base: string): WorkResource | null {
  let free: WorkResource | null = null;
  let mayTakeFree = true;
  for (const instance of clone.children) {
    const locations = locationsOf(instance);
    if (locations.length === 0) {
      if (mayTakeFree && free === null && !instance.blocked) free = memberNamed(instance, base);
    } else if (locations[0] === node) {
      const member = memberNamed(instance, base);
      if (member !== null && member.runningOn.length === 0) return member;
      // Several entries of one clone on one node: all but the first are orphans, whatever is free.
      if (member !== null) mayTakeFree = false;
    }
  }
  return mayTakeFree ? free : null;
}

/**
 * Without fencing, an instance that may be active on a node in doubt is given up: its number is better used elsewhere, unless
 * there is one for every node anyhow.
 */
function isWasted(world: World, node: WorkNode, clone: WorkResource, instance: WorkResource): boolean {
  const isInDoubt = !node.online || node.unclean;
  const isEverywhere = clone.meta.cloneMax === world.nodes.length;
  return !instance.needsFencing && isInDoubt && !isGuest(node) && !isEverywhere;
}

function makeOrphan(world: World, entry: ResourceHistory): WorkResource | null {
  const known = world.orphans.get(entry.id);
  if (known !== undefined) return known;
  const config: PrimitiveConfig = {
    kind: 'primitive',
    id: entry.id,
    agent: entry.agent,
    template: null,
    meta: [],
    parameters: [],
    utilization: [],
    operations: [],
  };
  const orphan = makeResource(world, config, { parent: null, instance: null });
  if (orphan === null) return null;
  world.orphans.set(entry.id, orphan);
  orphan.orphan = true;
  orphan.historyIds.add(entry.id);
  if (isRemoteAgent(entry.agent)) disconnect(world, orphan);
  orphan.isOrphanFiller = entry.container !== null;
  if (world.options.stopOrphanResources) ban(world, orphan, null, 'it is not configured any more');
  else orphan.managed = false;
  return orphan;
}

/** The node behind a connection that is not configured any more is to leave. */
function disconnect(world: World, connection: WorkResource): void {
  const { id } = connection;
  const node = nodeNamed(world, id) ?? makeNode(world, { id, name: id, type: 'remote', score: 0 });
  linkConnection(world, connection);
  node.shuttingDown = true;
}

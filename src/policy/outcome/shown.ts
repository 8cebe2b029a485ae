/**
 * The cluster as people see it: nodes with one word for their state, resources with where they are and in which role. Instances
 * of anonymous clones go by one name and are folded as `crm_simulate` folds them, because that is what the field reads.
 */
import { must } from '../../lib/assert.ts';
import { isTrue } from '../rule/text.ts';
import type { Node, NodeIndex, Resource, ResourceIndex, Situation } from '../situation.ts';
import type { Role } from '../values.ts';
import { currentNode } from './changes.ts';

export type NodeWord =
  | 'online'
  | 'offline'
  | 'standby'
  | 'standby-onfail'
  | 'offline-standby'
  | 'maintenance'
  | 'offline-maintenance'
  | 'pending'
  | 'unclean-online'
  | 'unclean-offline'
  | 'unclean-pending';

export interface ShownNode {
  readonly name: string;
  readonly kind: 'member' | 'remote' | 'guest';
  readonly state: NodeWord;
}

export type Flag = 'failed' | 'blocked' | 'unmanaged' | 'orphaned';

/** `Starting` and its like: an operation without result yet. */
export type RoleWord =
  | 'Stopped'
  | 'Started'
  | 'Unpromoted'
  | 'Promoted'
  | 'Starting'
  | 'Stopping'
  | 'Migrating'
  | 'Promoting'
  | 'Demoting';

/** One instance on one node. */
export interface ShownResource {
  /** Without number for instances of anonymous clones. */
  readonly id: string;
  readonly node: string;
  readonly role: RoleWord;
  readonly flags: readonly Flag[];
}

export interface Shown {
  readonly nodes: readonly ShownNode[];
  /** Only what is active somewhere (replicas of bundles also with the service in them stopped). */
  readonly resources: readonly ShownResource[];
}

/** `pending`: tell also what is under way; afterwards nothing is. */
export function shownOf(given: Situation, { pending }: { readonly pending: boolean } = { pending: true }): Shown {
  const situation = pending ? given : settled(given);
  return {
    nodes: situation.nodes.map((node) => ({
      name: node.name,
      kind: node.kind === 'remote' || node.kind === 'guest' ? node.kind : 'member',
      state: nodeWord(node),
    })),
    resources: situation.top.flatMap((top) => shownBelow(situation, resourceAt(situation, top))),
  };
}

const nothing: ReadonlyMap<NodeIndex, string> = new Map();

const settled = (situation: Situation): Situation => ({
  ...situation,
  resources: situation.resources.map((resource) => ({ ...resource, pending: nothing })),
});

function nodeWord(node: Node): NodeWord {
  if (node.unclean) return node.online ? 'unclean-online' : node.pending ? 'unclean-pending' : 'unclean-offline';
  if (node.pending) return 'pending';
  if (node.standbyOnFail && node.online) return 'standby-onfail';
  if (node.standby) return node.online ? 'standby' : 'offline-standby';
  if (node.maintenance) return node.online ? 'maintenance' : 'offline-maintenance';
  return node.online ? 'online' : 'offline';
}

const resourceAt = ({ resources }: Situation, index: ResourceIndex): Resource =>
  must(resources[index], `resource ${index}`);

function shownBelow(situation: Situation, resource: Resource): ShownResource[] {
  if (resource.kind === 'primitive') return isImplied(resource) ? [] : shownPrimitive(situation, resource);
  if (isOutOfSight(situation, resource)) return [];
  if (resource.kind === 'bundle') return resource.replicas.flatMap((_, at) => shownReplica(situation, resource, at));
  const children = resource.children.map((child) => resourceAt(situation, child));
  if (resource.kind === 'clone' && !resource.meta.isUnique)
    return children.flatMap((child) => shownInstance(situation, resource, child));
  return children.flatMap((child) => shownBelow(situation, child));
}

/** The connection to a guest node goes without saying: what contains the guest tells of it. */
const isImplied = ({ rawMeta }: Resource): boolean => isTrue(rawMeta.get('internal_rsc'));

/** Of a collection that nobody may touch nothing is told while all of it is on nodes that are away. */
function isOutOfSight(situation: Situation, resource: Resource): boolean {
  if (resource.kind === 'primitive') return false;
  const active = partsOf(situation, resource).filter((part) => isActive(situation, part));
  const isSeen = ({ managed, runningOn }: Resource): boolean =>
    managed || runningOn.some((node) => situation.nodes[node]?.online === true);
  return active.length > 0 && !active.some(isSeen);
}

// ---------------------------------------------------------------- instances of anonymous clones

/** A whole instance in one place is folded: all its members count as being where it is, in the highest role of them. */
function shownInstance(situation: Situation, clone: Resource, instance: Resource): ShownResource[] {
  if (isOutOfSight(situation, instance)) return [];
  const parts = partsOf(situation, instance);
  const isPending = instance.kind === 'primitive' && pendingTask(instance) !== null;
  if (!isPending && parts.every((part) => !isActive(situation, part))) return [];
  const place = isPending ? null : wholePlace(situation, instance, parts);
  if (place === null) return parts.flatMap((part) => shownPrimitive(situation, part));
  const isPromoted = parts.some((part) => part.role === 'promoted');
  const role = isPromoted ? 'Promoted' : clone.meta.promotable ? 'Unpromoted' : 'Started';
  return parts.map((part) => ({ id: part.baseId, node: nodeName(situation, place), role, flags: [] }));
}

/** The one node where all of it is active, in order and managed; else null: then every part is told by itself. */
function wholePlace(situation: Situation, instance: Resource, parts: readonly Resource[]): NodeIndex | null {
  const all = instance.kind === 'primitive' ? parts : [instance, ...parts];
  if (all.some((each) => each.orphan || each.failed || !each.managed)) return null;
  if (!parts.every((part) => isActive(situation, part))) return null;
  const places = new Set(parts.flatMap((part) => part.runningOn));
  const [place] = places;
  if (places.size !== 1 || place === undefined) return null;
  const node = situation.nodes[place];
  return node === undefined || (!node.online && node.unclean) ? null : place;
}

function partsOf(situation: Situation, resource: Resource): Resource[] {
  if (resource.kind === 'primitive') return [resource];
  return resource.children.flatMap((child) => partsOf(situation, resourceAt(situation, child)));
}

/** On a node that is offline in good order nothing runs, except what nobody manages. */
function isActive(situation: Situation, resource: Resource): boolean {
  return resource.runningOn.some((index) => {
    const node = situation.nodes[index];
    return node !== undefined && (node.unclean || node.online || !resource.managed);
  });
}

// ---------------------------------------------------------------- primitives

/** Of what is not configured any more and not active not even what is under way is told. */
function shownPrimitive(situation: Situation, resource: Resource): ShownResource[] {
  const role = roleWord(situation, resource);
  if (role === 'Stopped' || (resource.orphan && !isActive(situation, resource))) return [];
  const flags = flagsOf(resource);
  return placesShown(situation, resource).map((place) => ({
    id: nameOf(situation, resource),
    node: nodeName(situation, place),
    role,
    flags,
  }));
}

/** Where it runs; if nowhere, where an operation is pending. */
function placesShown(situation: Situation, resource: Resource): readonly NodeIndex[] {
  if (resource.runningOn.length > 1) return resource.runningOn;
  const current = currentNode(situation, resource);
  if (current !== null) return [current];
  const pending = pendingNode(resource);
  return pending === null ? [] : [pending];
}

/** The service in a container counts, and where the container is; without network there is nothing but the container. */
function shownReplica(situation: Situation, bundle: Resource, at: number): ShownResource[] {
  const replica = bundle.replicas[at];
  if (replica === undefined) return [];
  const container = resourceAt(situation, replica.container);
  const remote = replica.remote === null ? null : resourceAt(situation, replica.remote);
  const service = replica.child === null ? container : resourceAt(situation, replica.child);
  const place = currentNode(situation, container);
  const places = service.runningOn.length > 1 ? service.runningOn : place === null ? [] : [place];
  return places.map((node) => ({
    id: (remote ?? container).id,
    node: nodeName(situation, node),
    role: roleWord(situation, service),
    flags: flagsOf(service),
  }));
}

const nameOf = (situation: Situation, resource: Resource): string =>
  isAnonymous(situation, resource) ? resource.baseId : resource.id;

function isAnonymous(situation: Situation, resource: Resource): boolean {
  const clone = cloneOf(situation, resource);
  return clone !== null && !clone.meta.isUnique;
}

/** The clone that it is an instance of, or a member of an instance of. */
function cloneOf(situation: Situation, resource: Resource): Resource | null {
  for (let at: Resource | null = resource; at !== null; at = parentOf(situation, at))
    if (at.kind === 'clone') return at;
  return null;
}

const parentOf = (situation: Situation, { parent }: Resource): Resource | null =>
  parent === null ? null : resourceAt(situation, parent);

const nodeName = (situation: Situation, node: NodeIndex): string => situation.nodes[node]?.name ?? '';

const words: Readonly<Record<Role, RoleWord>> = {
  unknown: 'Stopped',
  stopped: 'Stopped',
  started: 'Started',
  unpromoted: 'Unpromoted',
  promoted: 'Promoted',
};

const pendingWords: Readonly<Record<string, RoleWord>> = {
  starting: 'Starting',
  stopping: 'Stopping',
  migrating: 'Migrating',
  promoting: 'Promoting',
  demoting: 'Demoting',
};

/** Of something failed only «promoted» is told, and nothing of what is under way. */
function roleWord(situation: Situation, resource: Resource): RoleWord {
  if (resource.failed) return resource.role === 'promoted' ? 'Promoted' : 'Started';
  const pending = pendingTask(resource);
  if (pending !== null) return pendingWords[pending] ?? 'Started';
  if (resource.role === 'started' && cloneOf(situation, resource)?.meta.promotable === true) return 'Unpromoted';
  return words[resource.role];
}

/** What is under way; a check tells nothing. */
const pendingTask = ({ pending }: Resource): string | null =>
  [...pending.values()].find((task) => task in pendingWords) ?? null;

const pendingNode = ({ pending }: Resource): NodeIndex | null =>
  [...pending].find(([, task]) => task in pendingWords)?.[0] ?? null;

function flagsOf(resource: Resource): Flag[] {
  const flags: Flag[] = [];
  if (resource.orphan) flags.push('orphaned');
  if (resource.failed) flags.push('failed');
  if (resource.blocked) flags.push('blocked');
  else if (!resource.managed) flags.push('unmanaged');
  return flags.sort((a, b) => (a < b ? -1 : 1));
}

/** What the pass works with while it thinks of actions; the one mutable thing of it, never seen outside. */
import { must } from '../../lib/assert.ts';
import { Actions, type Ordering } from '../actions.ts';
import type { ResourceHistory } from '../input.ts';
import type { Placement } from '../placement.ts';
import type { Node, NodeIndex, Resource, ResourceIndex, Situation } from '../situation.ts';
import { absent, type Role } from '../values.ts';

export interface Draft {
  readonly situation: Situation;
  readonly placement: Placement;
  readonly actions: Actions;
  /** All orders that were thought of, in that order; those between primitives become edges once all actions exist. */
  readonly orderings: Ordering[];
  readonly nodes: readonly NodeNow[];
  readonly nextRole: readonly Role[];
  /** Resources that will be looked at somewhere; their starts are ordered once for all probes. */
  readonly probed: Set<ResourceIndex>;
  /** Found out only here: failed containers of guest nodes, starts that have to be repeated. */
  readonly failed: Set<ResourceIndex>;
  readonly startPending: Set<ResourceIndex>;
  /** Tasks that are necessary wherever they will take place, by `demandKey`, with the reason. */
  readonly demanded: Map<string, string>;
  /** What each node recorded, by its name. */
  readonly histories: ReadonlyMap<string, readonly ResourceHistory[]>;
  /** Recurring actions that run or are cancelled, by `recurringKey`; true: to be scheduled anew. */
  readonly recurring: Map<string, boolean>;
}

/** What may change while actions are thought of. */
export interface NodeNow {
  readonly is: Node;
  online: boolean;
  unclean: boolean;
  shuttingDown: boolean;
  needsReset: boolean;
}

export function draftOf(situation: Situation, placement: Placement): Draft {
  return {
    situation,
    placement,
    actions: new Actions(),
    orderings: [],
    nodes: situation.nodes.map((node) => nodeNow(node, placement)),
    nextRole: situation.resources.map(({ index }) => nextRoleOf(placement, index)),
    probed: new Set(),
    failed: new Set(),
    startPending: new Set(),
    demanded: new Map(),
    histories: new Map(situation.input.nodeStates.map(({ name, history }) => [name, history])),
    recurring: new Map(),
  };
}

function nextRoleOf(placement: Placement, resource: ResourceIndex): Role {
  const role = placement.roleOf[resource] ?? 'unknown';
  if (role !== 'unknown') return role;
  return (placement.nodeOf[resource] ?? -1) < 0 ? 'stopped' : 'started';
}

/** A remote node is there once its connection is: if it was never seen, that will be soon enough to find out about it. */
function nodeNow(is: Node, placement: Placement): NodeNow {
  const now = {
    is,
    online: is.online,
    unclean: is.unclean,
    shuttingDown: is.shuttingDown,
    needsReset: is.needsRemoteReset,
  };
  if (is.connection === null) return now;
  if ((placement.nodeOf[is.connection] ?? -1) < 0 || nextRoleOf(placement, is.connection) === 'stopped')
    return { ...now, shuttingDown: true };
  return { ...now, online: true, unclean: is.unclean && !is.unseen };
}

export const resourceAt = (draft: Draft, index: ResourceIndex): Resource =>
  must(draft.situation.resources[index], 'resource');

export const nodeAt = (draft: Draft, index: NodeIndex): NodeNow => must(draft.nodes[index], 'node');

/** Where it is to run; null: nowhere. */
export function targetOf(draft: Draft, resource: Resource): NodeIndex | null {
  const node = draft.placement.nodeOf[resource.index] ?? -1;
  return node < 0 ? null : node;
}

/** The node is in the resource's table at all, be it with a score that forbids it. */
export function isCandidate(draft: Draft, resource: Resource, node: NodeIndex): boolean {
  return draft.placement.scores[resource.index]?.[node] !== absent;
}

/** Group or clone that holds it, whatever the depth; itself if none does. What is inside a bundle ends at the bundle's clone. */
export function topOf(draft: Draft, resource: Resource): Resource {
  let top = resource;
  for (;;) {
    const parent = parentOf(draft, top);
    if (parent === null || parent.kind === 'bundle') return top;
    top = parent;
  }
}

const parentOf = (draft: Draft, { parent }: Resource): Resource | null =>
  parent === null ? null : resourceAt(draft, parent);

/** Null: it is not part of one. */
export const bundleOf = (draft: Draft, resource: Resource): Resource | null => parentOf(draft, topOf(draft, resource));

export const isManaged = ({ placement }: Draft, { index }: Resource): boolean => placement.managed[index] === 1;

export const isBlocked = ({ placement }: Draft, { index }: Resource): boolean => placement.blocked[index] === 1;

export const isFailed = (draft: Draft, resource: Resource): boolean =>
  resource.failed || draft.failed.has(resource.index);

export const needsFencing = ({ meta: { requires } }: Resource): boolean =>
  requires === 'fencing' || requires === 'unfencing';

export const isStartPending = (draft: Draft, resource: Resource): boolean =>
  resource.startPending || draft.startPending.has(resource.index);

export const migrationOf = (draft: Draft, resource: Resource): Resource['partialMigration'] =>
  draft.actions.givenUp.has(resource.index) ? null : resource.partialMigration;

/** On that node, over all its operations; 0 if they have expired. */
export const failuresOn = (resource: Resource, node: NodeIndex): number =>
  resource.failures.find((failures) => failures.node === node)?.count ?? 0;

export const isRemote = ({ is: { kind } }: NodeNow): boolean => kind === 'remote' || kind === 'guest';

export const demandKey = (resource: ResourceIndex, task: string, intervalMs: number): string =>
  `${resource}/${task}/${intervalMs}`;

export const recurringKey = (resource: ResourceIndex, task: string, intervalMs: number, node: NodeIndex): string =>
  `${resource}/${task}/${intervalMs}/${node}`;

export interface ActiveOn {
  /** The one that counts as its present place; null: it is not active. */
  readonly node: NodeIndex | null;
  readonly count: number;
  /** Of those, on nodes that are up and whose state is known. */
  readonly cleanCount: number;
}

/** The source of a migration that is under way is preferred; else, if fencing is not needed, a node that is up; else the first. */
export function activeOn(draft: Draft, resource: Resource): ActiveOn {
  const isGood = (node: NodeIndex): boolean => nodeAt(draft, node).online && !nodeAt(draft, node).unclean;
  const { runningOn } = resource;
  const [first = null] = runningOn;
  const good = runningOn.filter(isGood);
  const source = migrationOf(draft, resource)?.source;
  const found = { count: runningOn.length, cleanCount: good.length };
  if (source !== undefined) return { ...found, node: runningOn.includes(source) ? source : first };
  return { ...found, node: needsFencing(resource) ? first : (good[0] ?? first) };
}

/** What was started of a promotable clone is unpromoted. */
export function roleNow(draft: Draft, resource: Resource): Role {
  return resource.role === 'started' && topOf(draft, resource).meta.promotable ? 'unpromoted' : resource.role;
}

export const currentNode = (draft: Draft, resource: Resource): NodeIndex | null => activeOn(draft, resource).node;

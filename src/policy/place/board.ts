/**
 * The working tables of the pass «place»: what has been decided so far. They live inside the pass and change all the time.
 * Scores are kept in one row of integers a resource; all rows are the same shared one until somebody writes.
 */
import { insert, type Side } from '../constrain/lists.ts';
import type { Colocation, Constraints } from '../constraints.ts';
import type { FullReason, ScoreTerm } from '../placement.ts';
import type { Node, NodeIndex, Resource, ResourceIndex, Situation } from '../situation.ts';
import { absent, addScores, infinity, type Role } from '../values.ts';

export interface Board {
  readonly situation: Situation;
  readonly constraints: Constraints;
  /** By resource, by node. Write through `writable`. */
  readonly rows: Int32Array[];
  readonly isOwnRow: Uint8Array;
  /** By resource: the row as it was when its turn came: what later bans do to it is no score for people. */
  readonly shown: (Int32Array | null)[];
  /** By resource: node chosen (-1: none) and the score that it had then. */
  readonly nodeOf: Int32Array;
  readonly scoreThere: Int32Array;
  /** By resource: role now (`started` of a promotable instance becomes `unpromoted`) and next (`unknown`: not said). */
  readonly role: Role[];
  readonly next: Role[];
  /** By resource: 1 while no place has been chosen / while it is being chosen / while its wishes are being added up. */
  readonly isOpen: Uint8Array;
  readonly isBusy: Uint8Array;
  readonly isMerging: Uint8Array;
  readonly managed: Uint8Array;
  readonly blocked: Uint8Array;
  /** Promotion score during the dealing of roles, the configured priority before. */
  readonly priority: Int32Array;
  readonly sortIndex: Int32Array;
  /** Where each resource (a collection: any of its members) is active. */
  readonly activeOn: readonly (readonly NodeIndex[])[];
  /** Where resources are active that are not managed, as far as the nodes are up. */
  readonly pinned: ReadonlyMap<ResourceIndex, readonly NodeIndex[]>;
  readonly children: ResourceIndex[][];
  /** Those of the constraints, and those that only become clear while containers are placed. */
  readonly colocations: Colocation[];
  /** Indices of colocations: grow and move while groups and clones hand theirs down. */
  readonly thisWith: number[][];
  readonly withThis: number[][];
  /** By node: whether it can run anything; how many resources were placed there, by their loads; what is left of its capacity. */
  readonly isUsable: Uint8Array;
  readonly load: Int32Array;
  readonly free: Map<string, number>[];
  /** By collection, by node: instances placed there, later promoted instances there. */
  readonly counts: Map<ResourceIndex, Int32Array>;
  /** Resources with a discovery mode other than `always` somewhere: by node 1: never, 2: exclusive. */
  readonly discovery: Map<ResourceIndex, Uint8Array>;
  readonly isExclusive: Uint8Array;
  readonly isPromotionCounted: Uint8Array;
  readonly isPromotionSorted: Uint8Array;
  readonly promotionScores: Map<ResourceIndex, number>;
  readonly unclean: Set<NodeIndex>;
  readonly fences: { node: NodeIndex; because: string }[];
  readonly locks: Map<ResourceIndex, NodeIndex>;
  readonly refused: Map<ResourceIndex, string>;
  /** Null: nobody asked for reasons. */
  readonly terms: Map<ResourceIndex, ScoreTerm[]> | null;
}

export function newBoard(situation: Situation, constraints: Constraints, wantTerms: boolean): Board {
  const { resources, nodes } = situation;
  const count = resources.length;
  return {
    situation,
    constraints,
    rows: baseRows(situation),
    isOwnRow: new Uint8Array(count),
    shown: resources.map(() => null),
    nodeOf: new Int32Array(count).fill(-1),
    scoreThere: new Int32Array(count),
    role: resources.map(({ role }) => role),
    next: resources.map(({ forcedRole }) => forcedRole ?? 'unknown'),
    isOpen: new Uint8Array(count).fill(1),
    isBusy: new Uint8Array(count),
    isMerging: new Uint8Array(count),
    managed: Uint8Array.from(resources, ({ managed }) => Number(managed)),
    blocked: Uint8Array.from(resources, ({ blocked }) => Number(blocked)),
    priority: Int32Array.from(resources, ({ meta }) => meta.priority),
    sortIndex: new Int32Array(count),
    activeOn: resources.map(({ runningOn }) => runningOn),
    pinned: pinnedOf(situation),
    children: resources.map(({ children }) => [...children]),
    colocations: [...constraints.colocations],
    thisWith: constraints.colocationsOf.map((list) => [...list]),
    withThis: constraints.colocationsWith.map((list) => [...list]),
    isUsable: Uint8Array.from(nodes, (node) => Number(canRunResources(node))),
    load: new Int32Array(nodes.length),
    free: nodes.map(({ utilization }) => new Map(utilization)),
    counts: new Map(),
    discovery: new Map(),
    isExclusive: new Uint8Array(count),
    isPromotionCounted: new Uint8Array(count),
    isPromotionSorted: new Uint8Array(count),
    promotionScores: new Map(),
    unclean: new Set(),
    fences: [],
    locks: new Map(),
    refused: new Map(),
    terms: wantTerms ? new Map() : null,
  };
}

/**
 * In a symmetric cluster every node is a candidate; in an opt-in cluster none is before it is named, but for connections into
 * containers, which go where the container goes.
 */
function baseRows(situation: Situation): Int32Array[] {
  const { nodes, options, resources } = situation;
  const rows = symmetricRows(situation);
  if (options.symmetric) return rows;
  const none = new Int32Array(nodes.length).fill(absent);
  const leadsToGuest = ({ connects }: Resource): boolean => connects !== null && nodes[connects]?.kind === 'guest';
  return resources.map((resource) => (leadsToGuest(resource) ? rows[resource.index]! : none));
}

/**
 * Every node with its own score. Nodes that are containers of bundles are for what runs in them and for nothing else. If the
 * configuration lists one of them among the nodes, what comes before its bundle has it as a candidate that is forbidden, which counts where nodes are counted.
 */
function symmetricRows(situation: Situation): Int32Array[] {
  const { nodes, resources, input } = situation;
  const listed = new Set(input.nodes.map(({ name }) => name));
  const inside = nodes.filter((node) => isInsideBundle(situation, node));
  const known = inside.filter(({ name }) => listed.has(name));
  let row = Int32Array.from(nodes, (node) =>
    !inside.includes(node) ? node.score : known.includes(node) ? -infinity : absent,
  );
  if (known.length === 0) return sharedRows(resources.length, row);
  return resources.map(({ connects }) => {
    if (connects === null || !known.some(({ index }) => index === connects)) return row;
    row = row.slice();
    row[connects] = absent;
    return row;
  });
}

const sharedRows = (count: number, row: Int32Array): Int32Array[] => new Array<Int32Array>(count).fill(row);

function isInsideBundle({ resources }: Situation, { connection }: Node): boolean {
  const parent = connection === null ? null : resources[connection]!.parent;
  return parent !== null && resources[parent]!.kind === 'bundle';
}

const canRunResources = (node: Node): boolean =>
  node.online && !node.unclean && !node.standby && !node.standbyOnFail && !node.maintenance && !node.shuttingDown;

function pinnedOf({ pins, nodes }: Situation): ReadonlyMap<ResourceIndex, readonly NodeIndex[]> {
  const pinned = new Map<ResourceIndex, NodeIndex[]>();
  for (const { resource, node } of pins)
    if (node !== null && nodes[node]!.online) pinned.set(resource, [...(pinned.get(resource) ?? []), node]);
  return pinned;
}

export const resourceOf = (board: Board, resource: ResourceIndex): Resource => board.situation.resources[resource]!;

export const nodeAt = (board: Board, node: NodeIndex): Node => board.situation.nodes[node]!;

export const colocationAt = (board: Board, colocation: number): Colocation => board.colocations[colocation]!;

/** A resource's own colocations with those handed down to it, in the order in which they are applied: of equal ones, the last first. */
export function joined(board: Board, own: readonly number[], more: readonly number[], by: Side): number[] {
  const list = [...own];
  for (const colocation of more) insert(list, colocation, by, board.colocations, board.situation);
  return list;
}

/** The row of scores to write to: a copy of its own the first time. */
export function writable(board: Board, resource: ResourceIndex): Int32Array {
  const row = board.rows[resource]!;
  if (board.isOwnRow[resource] === 1) return row;
  const own = row.slice();
  setRow(board, resource, own);
  return own;
}

export function setRow(board: Board, resource: ResourceIndex, row: Int32Array): void {
  board.rows[resource] = row;
  board.isOwnRow[resource] = 1;
}

/** The node's own score at this time: a full member that is down or leaving is out of the question. */
export function scoreOfNode(board: Board, node: NodeIndex): number {
  const { kind, online, shuttingDown, score } = nodeAt(board, node);
  return kind !== 'member' || (online && !shuttingDown) ? score : -infinity;
}

/** A remote node will be there once its connection has a place; what was never seen is no cause for fears then. */
export function connect(board: Board, connection: ResourceIndex): void {
  const { connects } = resourceOf(board, connection);
  if (connects === null) return;
  const node = nodeAt(board, connects);
  const isUp = board.nodeOf[connection]! >= 0 && board.next[connection] !== 'stopped';
  const unclean = (node.unclean || board.unclean.has(connects)) && !(isUp && node.unseen);
  const now = { ...node, unclean, online: node.online || isUp, shuttingDown: node.shuttingDown || !isUp };
  board.isUsable[connects] = Number(canRunResources(now));
}

interface Kept {
  readonly row: Int32Array;
  readonly terms: number;
}

/** The scores of a resource as they are now, to return to if what is tried next does not work out. */
export const keep = (board: Board, resource: ResourceIndex): Kept => ({
  row: board.rows[resource]!.slice(),
  terms: board.terms?.get(resource)?.length ?? 0,
});

export function restore(board: Board, resource: ResourceIndex, { row, terms }: Kept): void {
  setRow(board, resource, row);
  board.terms?.get(resource)?.splice(terms);
}

/** Keeps the present scores for people; what is written from now on goes to a copy. */
export function show(board: Board, resource: ResourceIndex): void {
  board.shown[resource] = board.rows[resource]!;
  board.isOwnRow[resource] = 0;
}

/** Adds to the score of a resource and of all that is in it; a node that was no candidate becomes one. */
export function addTo(
  board: Board,
  resource: ResourceIndex,
  node: NodeIndex,
  points: number,
  because: string,
  reason?: FullReason,
): void {
  for (const child of board.children[resource]!) addTo(board, child, node, points, because, reason);
  const row = writable(board, resource);
  const score = row[node]!;
  row[node] = addScores(score === absent ? scoreOfNode(board, node) : score, points);
  explain(board, resource, node, points, because, reason);
}

/** On all nodes. What had been placed already is placed nowhere any more. */
export function banEverywhere(board: Board, resource: ResourceIndex, because: string): void {
  for (const { index } of board.situation.nodes) addTo(board, resource, index, -infinity, because);
  board.nodeOf[resource] = -1;
}

export function explain(
  board: Board,
  resource: ResourceIndex,
  node: NodeIndex,
  points: number,
  because: string,
  reason?: FullReason,
): void {
  if (board.terms === null || points === 0) return;
  const terms = board.terms.get(resource);
  const term = { node, points, because, ...(reason === undefined ? {} : { reason }) };
  if (terms === undefined) board.terms.set(resource, [term]);
  else terms.push(term);
}

/** Explains the whole difference between two rows of a resource. */
export function explainChange(board: Board, resource: ResourceIndex, before: Int32Array, because: string): void {
  if (board.terms === null) return;
  const after = board.rows[resource]!;
  for (let node = 0; node < after.length; node++) {
    if (after[node] === absent || after[node] === before[node]) continue;
    const old = before[node] === absent ? 0 : before[node]!;
    explain(board, resource, node, after[node]! <= -infinity ? -infinity : after[node]! - old, because);
  }
}

/** It can run resources, and its score does not forbid it. */
export const isCandidate = (board: Board, row: Int32Array, node: NodeIndex): boolean =>
  board.isUsable[node] === 1 && row[node]! >= 0;

export function anyCandidate(board: Board, row: Int32Array): boolean {
  for (let node = 0; node < row.length; node++) if (row[node]! >= 0 && board.isUsable[node] === 1) return true;
  return false;
}

/** A guest node is of use only if the resource that contains it has a place. */
export function isContained(board: Board, node: NodeIndex): boolean {
  const { kind, container } = nodeAt(board, node);
  return kind !== 'guest' || container === null || placesOf(board, container).length > 0;
}

/** The different nodes where its parts were placed. */
export function placesOf(board: Board, resource: ResourceIndex): readonly NodeIndex[] {
  const children = board.children[resource]!;
  if (children.length === 0) return board.nodeOf[resource]! < 0 ? [] : [board.nodeOf[resource]!];
  const places: NodeIndex[] = [];
  for (const child of children)
    for (const node of placesOf(board, child)) if (!places.includes(node)) places.push(node);
  return places;
}

/** Its one place; -1 if it has none or several. */
export function placeOf(board: Board, resource: ResourceIndex): NodeIndex {
  const places = placesOf(board, resource);
  return places.length === 1 ? places[0]! : -1;
}

/** The node that counts as the present one where there are several: a migration's source, or the first sane one if need be. */
export function currentNode(board: Board, resource: ResourceIndex): NodeIndex {
  const active = board.activeOn[resource]!;
  if (active.length < 2) return active[0] ?? -1;
  const { partialMigration, meta } = resourceOf(board, resource);
  if (partialMigration !== null) return active.includes(partialMigration.source) ? partialMigration.source : active[0]!;
  if (meta.requires === 'fencing' || meta.requires === 'unfencing') return active[0]!;
  return active.find((node) => isSane(board, node)) ?? active[0]!;
}

const isSane = (board: Board, node: NodeIndex): boolean =>
  nodeAt(board, node).online && !nodeAt(board, node).unclean && !board.unclean.has(node);

/** The outermost collection that it belongs to, short of a bundle. */
export function topOf(board: Board, resource: ResourceIndex): ResourceIndex {
  let top = resource;
  for (;;) {
    const { parent } = resourceOf(board, top);
    if (parent === null || resourceOf(board, parent).kind === 'bundle') return top;
    top = parent;
  }
}

export function countsOf(board: Board, collection: ResourceIndex): Int32Array {
  const known = board.counts.get(collection);
  if (known !== undefined) return known;
  const counts = new Int32Array(board.situation.nodes.length);
  board.counts.set(collection, counts);
  return counts;
}

/** The value that colocations by node attribute compare; without an attribute, the node itself. */
export const attributeAt = (board: Board, node: NodeIndex, attribute: string): string | undefined =>
  nodeAt(board, node).attributes.get(attribute)?.toLowerCase();

/** Whether two nodes are the same as far as a colocation is concerned. Nodes that both lack the attribute are the same. */
export const isSamePlace = (board: Board, a: NodeIndex, b: NodeIndex, attribute: string | null): boolean =>
  attribute === null ? a === b : attributeAt(board, a, attribute) === attributeAt(board, b, attribute);

export function isBlockedInside(board: Board, resource: ResourceIndex): boolean {
  return board.blocked[resource] === 1 || board.children[resource]!.some((child) => isBlockedInside(board, child));
}

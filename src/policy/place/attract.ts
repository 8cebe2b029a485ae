/** What a colocation does to its dependent: to its scores while it has no place, to its promotion score afterwards. */
import { isColocated } from '../constrain/implicit.ts';
import type { Colocation } from '../constraints.ts';
import { wholeOf } from '../rule/text.ts';
import type { BundleReplica, NodeIndex, ResourceIndex } from '../situation.ts';
import { absent, addScores, infinity } from '../values.ts';
import { refuse } from './assign.ts';
import {
  anyCandidate,
  type Board,
  explainChange,
  isBlockedInside,
  isSamePlace,
  placeOf,
  resourceOf,
  setRow,
  writable,
} from './board.ts';
import { partnerOf } from './partner.ts';
import { isAboutPlace, isAboutRole, nextRoleOf } from './roles.ts';

/** Applies a colocation of the dependent with a primary that has had its turn; of groups and clones, with what is in them. */
export function attract(board: Board, dependent: ResourceIndex, primary: ResourceIndex, colocation: Colocation): void {
  const { kind } = resourceOf(board, dependent);
  // What a clone or bundle is with is handed down to its instances.
  if (kind === 'clone' || kind === 'bundle') return;
  if (kind === 'group') {
    for (const member of speakersOf(board, dependent, colocation, 0)) attract(board, member, primary, colocation);
    return;
  }
  switch (resourceOf(board, primary).kind) {
    case 'primitive':
      attractToPrimitive(board, dependent, primary, colocation);
      break;
    case 'group':
      attractToGroup(board, dependent, primary, colocation);
      break;
    case 'clone':
      attractToClone(board, dependent, primary, colocation);
      break;
    case 'bundle':
      attractToBundle(board, dependent, primary, colocation);
      break;
  }
}

/** One member speaks for a group; where members need not be together, all do, but nothing mandatory can be asked of them. */
function speakersOf(board: Board, group: ResourceIndex, { score }: Colocation, at: number): readonly ResourceIndex[] {
  const members = resourceOf(board, group).children;
  if (isColocated(resourceOf(board, group))) return members.slice(at).slice(0, 1);
  return score >= infinity ? [] : members;
}

/** With a whole group only what is mandatory: then its last member; otherwise its first is enough. */
function attractToGroup(board: Board, dependent: ResourceIndex, group: ResourceIndex, colocation: Colocation): void {
  if (board.isOpen[group] === 1) return;
  const at = colocation.score >= infinity ? -1 : 0;
  for (const member of speakersOf(board, group, colocation, at)) attract(board, dependent, member, colocation);
}

function attractToClone(board: Board, dependent: ResourceIndex, clone: ResourceIndex, colocation: Colocation): void {
  if (board.isOpen[clone] === 1) return;
  const { promotable } = resourceOf(board, clone).meta;
  if (promotable && colocation.primaryRole !== null) {
    if (board.isOpen[dependent] === 1) return attractByRole(board, dependent, clone, colocation);
    if (colocation.dependentRole === 'promoted') return promoteBeside(board, dependent, clone, colocation);
  }
  if (isInterleaved(board, colocation)) attractToPartner(board, dependent, clone, colocation);
  else if (colocation.score >= infinity) keepTo(board, dependent, placesOfInstances(board, clone), false, colocation);
  else for (const instance of board.children[clone]!) attract(board, dependent, instance, colocation);
}

/** A bundle's containers stand for it; for a dependent that has instances itself, the container on the same node. */
function attractToBundle(board: Board, dependent: ResourceIndex, bundle: ResourceIndex, colocation: Colocation): void {
  if (board.isOpen[bundle] === 1) return;
  const { kind } = resourceOf(board, colocation.dependent);
  const { replicas } = resourceOf(board, bundle);
  if (kind === 'clone' || kind === 'bundle') attractToPartner(board, dependent, bundle, colocation);
  else if (colocation.score < infinity)
    for (const { container } of replicas) attract(board, dependent, container, colocation);
  else keepTo(board, dependent, placesOfReplicas(board, replicas, colocation), false, colocation);
}

function placesOfReplicas(board: Board, replicas: readonly BundleReplica[], { primaryRole }: Colocation): Place[] {
  const places: Place[] = [];
  for (const { container, child } of replicas) {
    const node = board.nodeOf[container]!;
    if (node < 0 || isBlockedInside(board, container)) continue;
    if (primaryRole === 'promoted' && (child === null || board.next[child] !== 'promoted')) continue;
    places.push({ node, score: board.scoreThere[container]! });
  }
  return places;
}

/** Instance with instance on the same node, if the dependent asks for it and both have as many to a node. */
function isInterleaved(board: Board, { dependent, primary }: Colocation): boolean {
  const { kind, meta } = resourceOf(board, dependent);
  if (!meta.interleave || (kind !== 'clone' && kind !== 'bundle')) return false;
  return copiesPerNode(board, dependent) === copiesPerNode(board, primary);
}

/** As it is configured, also where an anonymous clone does not get that many. */
function copiesPerNode(board: Board, resource: ResourceIndex): number {
  const { kind, meta, rawMeta } = resourceOf(board, resource);
  if (kind === 'bundle') return meta.cloneNodeMax;
  return kind === 'clone' ? (wholeOf(rawMeta.get('clone-node-max')) ?? 1) : 1;
}

function attractToPartner(
  board: Board,
  dependent: ResourceIndex,
  collection: ResourceIndex,
  colocation: Colocation,
): void {
  const partner = partnerOf(board, dependent, collection, null);
  if (partner !== null) attract(board, dependent, partner, colocation);
  else if (colocation.score >= infinity) refuse(board, dependent);
}

interface Place {
  readonly node: NodeIndex;
  readonly score: number;
}

function placesOfInstances(board: Board, clone: ResourceIndex): readonly Place[] {
  const places: Place[] = [];
  for (const instance of board.children[clone]!) {
    const node = placeOf(board, instance);
    if (node >= 0 && !isBlockedInside(board, instance)) places.push({ node, score: scoreThereOf(board, instance) });
  }
  return places;
}

/** The score that the instance (of a group: its first placed member) had on its node when it was placed. */
function scoreThereOf(board: Board, instance: ResourceIndex): number {
  const member = board.children[instance]!.find((child) => board.nodeOf[child]! >= 0);
  return board.scoreThere[member ?? instance]!;
}

/** Forbids all nodes but these; `adds`: the scores of the others there count as well. */
function keepTo(
  board: Board,
  dependent: ResourceIndex,
  places: readonly Place[],
  adds: boolean,
  colocation: Colocation,
): void {
  const before = board.rows[dependent]!;
  const row = before.slice();
  for (let node = 0; node < row.length; node++) {
    // The place noted last is found first.
    const place = places.findLast((one) => one.node === node);
    if (place === undefined) row[node] = row[node] === absent ? absent : -infinity;
    else if (row[node] === absent) row[node] = -infinity;
    else if (adds) row[node] = addScores(row[node]!, place.score);
  }
  setRow(board, dependent, row);
  explainChange(board, dependent, before, nameOf(board, colocation, colocation.primary));
}

/** Where instances will have the role that the colocation asks for. */
function attractByRole(board: Board, dependent: ResourceIndex, clone: ResourceIndex, colocation: Colocation): void {
  const places: Place[] = [];
  const before = board.rows[dependent]!.slice();
  for (const instance of board.children[clone]!) {
    const node = placeOf(board, instance);
    if (node < 0 || nextRoleOf(board, instance) !== colocation.primaryRole) continue;
    if (colocation.score < infinity) addWhereSame(board, dependent, node, colocation);
    places.push({ node, score: scoreThereOf(board, instance) });
  }
  explainChange(board, dependent, before, nameOf(board, colocation, clone));
  // Promoted with promoted says nothing about who may run unpromoted.
  const isPromotedBoth = colocation.dependentRole === 'promoted' && colocation.primaryRole === 'promoted';
  if (colocation.score >= infinity && !isPromotedBoth) keepTo(board, dependent, places, true, colocation);
}

function addWhereSame(board: Board, dependent: ResourceIndex, at: NodeIndex, { attribute, score }: Colocation): void {
  const row = writable(board, dependent);
  for (let node = 0; node < row.length; node++)
    if (row[node] !== absent && isSamePlace(board, node, at, attribute)) row[node] = addScores(row[node]!, score);
}

/** To be promoted where the other clone has an instance in the role asked for. */
function promoteBeside(board: Board, dependent: ResourceIndex, clone: ResourceIndex, colocation: Colocation): void {
  const partner = partnerOf(board, dependent, clone, colocation.primaryRole);
  if (partner !== null) board.priority[dependent] = addScores(board.priority[dependent]!, colocation.score);
  else if (colocation.score >= infinity) board.priority[dependent] = -infinity;
}

function attractToPrimitive(
  board: Board,
  dependent: ResourceIndex,
  primary: ResourceIndex,
  colocation: Colocation,
): void {
  if (board.isOpen[primary] === 1) return;
  if (isAboutRole(board, dependent, colocation)) attractToRole(board, dependent, primary, colocation);
  else if (board.isOpen[dependent] === 1 && isAboutPlace(board, dependent, primary, colocation))
    attractToPlace(board, dependent, primary, colocation);
}

function attractToRole(board: Board, dependent: ResourceIndex, primary: ResourceIndex, colocation: Colocation): void {
  const [here, there] = [board.nodeOf[dependent]!, board.nodeOf[primary]!];
  if (here < 0 || there < 0) return;
  const { score, dependentRole, primaryRole, attribute } = colocation;
  if (!isSamePlace(board, here, there, attribute)) {
    if (score === infinity && dependentRole === 'promoted') board.priority[dependent] = -infinity;
    return;
  }
  if (primaryRole !== null && primaryRole !== board.next[primary]) return;
  const points = dependentRole === 'unpromoted' ? -score : score;
  board.priority[dependent] = addScores(board.priority[dependent]!, points);
}

function attractToPlace(board: Board, dependent: ResourceIndex, primary: ResourceIndex, colocation: Colocation): void {
  const { score, attribute } = colocation;
  const at = board.nodeOf[primary]!;
  if (at < 0 && score < 0) return;
  const before = board.rows[dependent]!;
  const row = before.slice();
  for (let node = 0; node < row.length; node++) {
    const present = row[node]!;
    if (present === absent) continue;
    if (at < 0) row[node] = addScores(present, -score);
    else if (isSamePlace(board, node, at, attribute)) {
      // What is mandatory is no preference: it only forbids the other nodes.
      if (score < infinity) row[node] = addScores(present, score);
    } else if (score >= infinity) row[node] = -infinity;
  }
  if (Math.abs(score) < infinity && !anyCandidate(board, row)) return;
  setRow(board, dependent, row);
  explainChange(board, dependent, before, nameOf(board, colocation, primary));
}

function nameOf(board: Board, { score, id }: Colocation, primary: ResourceIndex): string {
  const { id: other } = resourceOf(board, primary);
  return `${score < 0 ? 'kept away from' : 'colocated with'} ${other} (${id})`;
}

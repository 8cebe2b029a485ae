/** Promotable clones: what each node promises as a place for the promoted role, and who gets it. */

import { scoreOf } from '../rule/text.ts';
import type { NodeIndex, ResourceIndex } from '../situation.ts';
import { absent, addScores, infinity, rankOf } from '../values.ts';
import { attract } from './attract.ts';
import {
  type Board,
  banEverywhere,
  colocationAt,
  countsOf,
  explain,
  isContained,
  nodeAt,
  placeOf,
  placesOf,
  resourceOf,
  setRow,
  topOf,
  writable,
} from './board.ts';
import { hasInfluence, linkOf, withWishes } from './flow.ts';
import { compareInstances } from './instances.ts';
import { nextRoleOf } from './roles.ts';

/** Instances would rather be where they may be promoted. */
export function addPromotionScores(board: Board, clone: ResourceIndex): void {
  if (board.isPromotionCounted[clone] === 1) return;
  board.isPromotionCounted[clone] = 1;
  for (const instance of board.children[clone]!)
    for (const [node, score] of board.rows[instance]!.entries())
      if (score !== absent && board.isUsable[node] === 1) addPromotionScore(board, instance, node);
}

function addPromotionScore(board: Board, instance: ResourceIndex, node: NodeIndex): void {
  const points = promotionScore(board, instance, node) ?? 0;
  if (points > 0) {
    const row = writable(board, instance);
    row[node] = addScores(row[node]!, points);
    explain(board, instance, node, points, 'promotion score');
  }
  if (points > board.priority[instance]!) board.priority[instance] = points;
}

/**
 * From the node's attributes, which carry the name that the agent knew the instance by; of a group, the sum over its members.
 * Null: nobody said anything.
 */
function promotionScore(board: Board, resource: ResourceIndex, node: NodeIndex): number | null {
  const children = board.children[resource]!;
  if (children.length > 0) {
    const scores = children.map((child) => promotionScore(board, child, node)).filter((score) => score !== null);
    return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0);
  }
  if (!doesScoreCount(board, resource, node)) return null;
  const { alias, id, baseId, meta } = resourceOf(board, resource);
  const attributes = attributesFor(board, resource, node);
  const names = meta.isUnique ? [alias ?? id] : [alias ?? id, baseId];
  for (const name of names) {
    const value = attributes?.get(`master-${name}`);
    if (value !== undefined) return scoreOf(value, board.situation.options.nodeHealthScores);
  }
  return null;
}

/** Those of the node, or of the host that runs it if the resource asks for that; null: nobody runs it. */
function attributesFor(board: Board, resource: ResourceIndex, node: NodeIndex): ReadonlyMap<string, string> | null {
  const { attributes, container } = nodeAt(board, node);
  const target = resourceOf(board, resource).rawMeta.get('container-attribute-target')?.toLowerCase();
  if (target !== 'host' || container === null) return attributes;
  const host = board.activeOn[container]![0];
  return host === undefined ? null : nodeAt(board, host).attributes;
}

/** Only where it is known what the resource does there, unless nothing is known of it anywhere (the cluster is starting). */
function doesScoreCount(board: Board, resource: ResourceIndex, node: NodeIndex): boolean {
  const { knownOn, meta } = resourceOf(board, resource);
  if (!(board.rows[resource]![node]! >= 0)) return false;
  if (!meta.isUnique) {
    const siblings = siblingsOf(board, resource);
    const active = siblings.find((sibling) => board.activeOn[sibling]!.includes(node));
    if (active === resource) return true;
    if (active === undefined && siblings.some((sibling) => resourceOf(board, sibling).knownOn.includes(node)))
      return true;
  }
  const active = board.activeOn[resource]!;
  if (active.length === 0 && knownOn.length === 0) return true;
  return knownOn.includes(node) || active.includes(node);
}

/** The same resource in all instances of its clone. */
function siblingsOf(board: Board, resource: ResourceIndex): readonly ResourceIndex[] {
  const { baseId } = resourceOf(board, resource);
  const found: ResourceIndex[] = [];
  for (const instance of board.children[topOf(board, resource)]!)
    for (const candidate of [instance, ...board.children[instance]!])
      if (resourceOf(board, candidate).baseId === baseId) found.push(candidate);
  return found;
}

/** Ranks the placed instances and promotes the best of them. */
export function dealRoles(board: Board, clone: ResourceIndex): void {
  countsOf(board, clone).fill(0);
  for (const instance of board.children[clone]!) setPriority(board, clone, instance);
  rank(board, clone);
  const { promotedMax } = resourceOf(board, clone).meta;
  let promoted = 0;
  for (const instance of board.children[clone]!) {
    board.promotionScores.set(instance, board.sortIndex[instance]!);
    const hasRoom = promoted < promotedMax || board.managed[clone] === 0;
    const node = board.sortIndex[instance]! >= 0 && hasRoom ? promotableOn(board, clone, instance) : -1;
    if (node < 0 || isFrozen(board, instance)) stayUnpromoted(board, instance);
    else {
      countsOf(board, clone)[node]! += 1;
      promote(board, instance);
      promoted += 1;
    }
  }
}

function isFrozen(board: Board, instance: ResourceIndex): boolean {
  const { quorate, noQuorum } = board.situation.options;
  if (quorate || noQuorum !== 'freeze' || rankOf(currentRole(board, instance)) >= rankOf('promoted')) return false;
  board.refused.set(instance, 'no quorum (no-quorum-policy=freeze)');
  return true;
}

/** Promotion score, plus locations and colocations of the promoted role. */
function setPriority(board: Board, clone: ResourceIndex, instance: ResourceIndex): void {
  if (currentRole(board, instance) === 'started') nameUnpromoted(board, instance);
  const node = placeOf(board, instance);
  if (node < 0) return;
  const next = nextRoleOf(board, instance);
  // Without attribute, location and colocation nobody is promoted, and by a location alone somebody can be.
  if (next === 'started' || next === 'unknown') board.priority[instance] = promotionScore(board, instance, node) ?? -1;
  else if (next !== 'promoted') board.priority[instance] = -infinity;
  addPromotedLocations(board, instance, node, instance);
  addPromotedLocations(board, clone, node, instance);
  for (const index of board.thisWith[instance]!) {
    const colocation = colocationAt(board, index);
    attract(board, instance, colocation.primary, colocation);
  }
  board.sortIndex[instance] = next === 'promoted' ? infinity : board.priority[instance]!;
}

/** Of an instance the highest of its members' roles. */
function currentRole(board: Board, resource: ResourceIndex): Board['role'][number] {
  const children = board.children[resource]!;
  if (children.length === 0) return board.role[resource]!;
  return children
    .map((child) => currentRole(board, child))
    .reduce((highest, role) => (rankOf(role) > rankOf(highest) ? role : highest), 'unknown');
}

/** What runs and can be promoted is unpromoted, not just started. */
function nameUnpromoted(board: Board, resource: ResourceIndex): void {
  if (board.role[resource] === 'started') board.role[resource] = 'unpromoted';
  for (const child of board.children[resource]!) nameUnpromoted(board, child);
}

function addPromotedLocations(board: Board, holder: ResourceIndex, node: NodeIndex, instance: ResourceIndex): void {
  const bundle = resourceOf(board, holder).parent;
  for (const { resource, role, nodes } of board.constraints.locations) {
    if (role !== 'promoted' || (resource !== holder && !(resource === bundle && isBundle(board, bundle)))) continue;
    const here = nodes.find((one) => one.node === node);
    if (here !== undefined) board.priority[instance] = addScores(board.priority[instance]!, here.score);
  }
}

const isBundle = (board: Board, resource: ResourceIndex): boolean => resourceOf(board, resource).kind === 'bundle';

/** Sorts instances by the clone's own scores on their nodes, with the wishes of all that are with the promoted role. */
function rank(board: Board, clone: ResourceIndex): void {
  if (board.isPromotionSorted[clone] === 1) return;
  board.isPromotionSorted[clone] = 1;
  board.isMerging[clone] = 1;
  for (const instance of board.children[clone]!) addRank(board, clone, instance);
  for (const index of board.thisWith[clone]!) heedPrimary(board, clone, index);
  for (const index of board.withThis[clone]!) heedDependent(board, clone, index);
  withholdTickets(board, clone);
  for (const instance of board.children[clone]!) readRank(board, clone, instance);
  const wishes = new Map<ResourceIndex, number>();
  board.children[clone] = board.children[clone]!.toSorted((a, b) => compareRanks(board, a, b, wishes));
  board.isMerging[clone] = 0;
}

function addRank(board: Board, clone: ResourceIndex, instance: ResourceIndex): void {
  const node = placeOf(board, instance);
  if (node < 0 || board.sortIndex[instance]! < 0) return;
  const row = writable(board, clone);
  if (row[node] !== absent) row[node] = addScores(row[node]!, board.sortIndex[instance]!);
}

function heedPrimary(board: Board, clone: ResourceIndex, index: number): void {
  const colocation = colocationAt(board, index);
  const { dependentRole, primary, score } = colocation;
  if (dependentRole !== 'promoted') return;
  const flow = { followsPrimaries: false, keepsPossible: false, takesBack: score < infinity };
  setRow(board, clone, withWishes(board, primary, board.rows[clone]!, linkOf(colocation), flow));
}

function heedDependent(board: Board, clone: ResourceIndex, index: number): void {
  const colocation = colocationAt(board, index);
  const { primaryRole, dependent } = colocation;
  if (primaryRole !== 'promoted' || !hasInfluence(board, colocation, colocation.primary)) return;
  const flow = { followsPrimaries: false, keepsPossible: true, takesBack: true };
  setRow(board, clone, withWishes(board, dependent, board.rows[clone]!, linkOf(colocation), flow));
}

function withholdTickets(board: Board, clone: ResourceIndex): void {
  for (const { resource, role, ticket, id } of board.constraints.tickets) {
    if (resource !== clone || role !== 'promoted') continue;
    const state = board.situation.tickets.get(ticket);
    if (state?.granted === true && !state.standby) continue;
    const because = `ticket ${ticket} is not granted (${id})`;
    for (const instance of board.children[clone]!) board.refused.set(instance, because);
    banEverywhere(board, clone, because);
  }
}

function readRank(board: Board, clone: ResourceIndex, instance: ResourceIndex): void {
  const node = placeOf(board, instance);
  if (board.managed[instance] === 0 && board.next[instance] === 'promoted') board.sortIndex[instance] = infinity;
  else if (node >= 0 && board.sortIndex[instance]! >= 0 && board.rows[clone]![node] !== absent)
    board.sortIndex[instance] = board.rows[clone]![node]!;
}

function compareRanks(board: Board, a: ResourceIndex, b: ResourceIndex, wishes: Map<ResourceIndex, number>): number {
  const difference = board.sortIndex[b]! - board.sortIndex[a]!;
  if (difference !== 0) return difference;
  const roles = rankOf(currentRole(board, b)) - rankOf(currentRole(board, a));
  return roles === 0 ? compareInstances(board, a, b, wishes) : roles;
}

/** The node where it can be promoted; -1: none. All members of a group must be able to. */
function promotableOn(board: Board, clone: ResourceIndex, resource: ResourceIndex): NodeIndex {
  for (const child of board.children[resource]!) if (promotableOn(board, clone, child) < 0) return -1;
  const node = placeOf(board, resource);
  if (node < 0 || board.rows[clone]![node] === absent) return -1;
  if (board.managed[resource] === 0) return currentRole(board, resource) === 'promoted' ? node : -1;
  if (board.priority[resource]! < 0 || board.isUsable[node] === 0 || !isContained(board, node)) return -1;
  return countsOf(board, clone)[node]! < resourceOf(board, clone).meta.promotedNodeMax ? node : -1;
}

function stayUnpromoted(board: Board, resource: ResourceIndex): void {
  board.next[resource] = placesOf(board, resource).length === 0 ? 'stopped' : 'unpromoted';
  for (const child of board.children[resource]!) stayUnpromoted(board, child);
}

/** What was asked for explicitly (`target-role`, ...) stays. */
function promote(board: Board, resource: ResourceIndex): void {
  if (board.next[resource] === 'unknown') board.next[resource] = 'promoted';
  for (const child of board.children[resource]!) promote(board, child);
}

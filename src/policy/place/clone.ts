/** Clones: as many instances as wanted, spread over the nodes, present places kept where that is fair. */

import type { FullReason } from '../placement.ts';
import type { NodeIndex, ResourceIndex } from '../situation.ts';
import { absent, addScores, infinity } from '../values.ts';
import { takeBack } from './assign.ts';
import {
  addTo,
  type Board,
  colocationAt,
  countsOf,
  currentNode,
  explain,
  explainChange,
  isCandidate,
  joined,
  keep,
  nodeAt,
  resourceOf,
  restore,
  setRow,
  show,
  writable,
} from './board.ts';
import { emptiest } from './choose.ts';
import { type Flow, hasInfluence, linkOf, withWishes } from './flow.ts';
import { byInstance } from './instances.ts';
import { addPromotionScores, dealRoles } from './promotion.ts';

export type Turn = (board: Board, resource: ResourceIndex, preferred: NodeIndex) => NodeIndex;

export function placeClone(board: Board, clone: ResourceIndex, preferred: NodeIndex, turn: Turn): void {
  if (board.isOpen[clone] === 0 || board.isBusy[clone] === 1) return;
  const { meta, staysFirst = false } = resourceOf(board, clone);
  if (meta.promotable) addPromotionScores(board, clone);
  board.isBusy[clone] = 1;
  for (const index of board.thisWith[clone]!) turn(board, colocationAt(board, index).primary, preferred);
  heedDependents(board, clone);
  show(board, clone);
  board.children[clone] = byInstance(board, board.children[clone]!);
  const wanted = { max: meta.cloneMax, perNode: meta.cloneNodeMax, staysFirst };
  distribute(board, clone, board.children[clone]!, wanted, turn);
  loadWithoutPlaces(board, board.children[clone]!);
  if (meta.promotable) dealRoles(board, clone);
  board.isOpen[clone] = 0;
  board.isBusy[clone] = 0;
}

/** Wishes against a node do not make it impossible for a clone. */
function heedDependents(board: Board, clone: ResourceIndex): void {
  const flow: Flow = { followsPrimaries: false, keepsPossible: true, takesBack: true };
  for (const index of board.withThis[clone]!) {
    const colocation = colocationAt(board, index);
    if (!hasInfluence(board, colocation, colocation.primary)) continue;
    const { dependent, id } = colocation;
    const before = board.rows[clone]!;
    const row = withWishes(board, dependent, before, linkOf(colocation), flow);
    if (row === before) continue;
    setRow(board, clone, row);
    explainChange(board, clone, before, `wishes of ${resourceOf(board, dependent).id} (${id})`);
  }
}

interface Wanted {
  readonly max: number;
  readonly perNode: number;
  /** See `Resource`. */
  readonly staysFirst?: boolean;
}

/** First those that can stay where they are, up to an even share a node; then the rest, up to the limit a node. */
export function distribute(
  board: Board,
  collection: ResourceIndex,
  instances: readonly ResourceIndex[],
  wanted: Wanted,
  turn: Turn,
): void {
  const counts = countsOf(board, collection).fill(0);
  const usable = usableNodes(board, collection);
  const share = Math.max(1, usable === 0 ? 1 : Math.trunc(wanted.max / usable));
  // Only if not every node gets an instance do the wishes of others say which.
  const heedsAll = wanted.max < usable;
  const give = (instance: ResourceIndex, asked: Asked | null): boolean =>
    placeInstance(board, collection, instance, asked, heedsAll, wanted.perNode, turn);
  let placed = 0;
  const stay = (upTo: number, isPreferred: boolean): void => {
    for (const instance of instances) {
      if (placed >= wanted.max || !mayStay(board, instance, counts, upTo)) continue;
      placed += Number(give(instance, { node: currentNode(board, instance), isPreferred }));
    }
  };
  stay(share, true);
  if (wanted.staysFirst === true && share < wanted.perNode) stay(wanted.perNode, false);
  for (const instance of instances) {
    if (board.isOpen[instance] === 0) continue;
    if (placed < wanted.max) placed += Number(give(instance, null));
    else
      for (const { index } of board.situation.nodes)
        addTo(board, instance, index, -infinity, 'enough instances (clone-max)', 'cloneFull');
  }
}

/** As the connections into the containers of a bundle do: they take a place though their container has none. */
function loadWithoutPlaces(board: Board, instances: readonly ResourceIndex[]): void {
  for (const instance of instances) {
    const { loadWithoutPlace = 0, forcedRole } = resourceOf(board, instance);
    const node =
      loadWithoutPlace === 0 || board.nodeOf[instance]! >= 0 || forcedRole === 'stopped' ? -1 : emptiest(board);
    if (node >= 0) board.load[node]! += loadWithoutPlace;
  }
}

function usableNodes(board: Board, collection: ResourceIndex): number {
  let count = 0;
  for (const [node, score] of board.rows[collection]!.entries())
    if (score !== absent && board.isUsable[node] === 1) count += 1;
  return count;
}

function mayStay(board: Board, instance: ResourceIndex, counts: Int32Array, share: number): boolean {
  const node = currentNode(board, instance);
  if (node < 0 || board.isOpen[instance] === 0 || resourceOf(board, instance).failed) return false;
  if (board.isUsable[node] === 0 || nodeAt(board, node).score < 0) return false;
  return counts[node]! < share;
}

/** That node or none; preferred: even where others are as good. */
interface Asked {
  readonly node: NodeIndex;
  readonly isPreferred: boolean;
}

/** Whether it got a place. */
function placeInstance(
  board: Board,
  collection: ResourceIndex,
  instance: ResourceIndex,
  asked: Asked | null,
  heedsAll: boolean,
  perNode: number,
  turn: Turn,
): boolean {
  if (board.isBusy[instance] === 1) return false;
  handDown(board, collection, instance, heedsAll);
  if (asked !== null && !(board.rows[instance]![asked.node]! >= 0)) return false;
  forbidFull(board, collection, instance, perNode);
  const kept = keep(board, instance);
  const chosen = turn(board, instance, asked?.isPreferred === true ? asked.node : -1);
  if (chosen < 0) return false;
  if (asked !== null && chosen !== asked.node) {
    restore(board, instance, kept);
    takeBack(board, instance);
    return false;
  }
  if (board.rows[collection]![chosen] !== absent) countsOf(board, collection)[chosen]! += 1;
  return true;
}

/** The colocations of the clone are those of its instances; optional ones only if they decide which nodes get any. */
function handDown(board: Board, collection: ResourceIndex, instance: ResourceIndex, heedsAll: boolean): void {
  const { thisWith, withThis } = board;
  const scoreOf = (index: number): number => colocationAt(board, index).score;
  const own = thisWith[collection]!.filter((index) => heedsAll || scoreOf(index) < 0 || scoreOf(index) === infinity);
  const others = withThis[collection]!.filter(
    (index) => (heedsAll || scoreOf(index) < 0) && hasInfluence(board, colocationAt(board, index), instance),
  );
  thisWith[instance] = joined(board, thisWith[instance]!, own, 'primary');
  withThis[instance] = joined(board, withThis[instance]!, others, 'dependent');
}

function forbidFull(board: Board, collection: ResourceIndex, instance: ResourceIndex, perNode: number): void {
  const counts = countsOf(board, collection);
  const parentRow = board.rows[collection]!;
  const isOrphan = resourceOf(board, instance).orphan;
  for (const [node, score] of board.rows[instance]!.entries()) {
    if (score === absent) continue;
    const isOpen = !isOrphan && isCandidate(board, parentRow, node) && counts[node]! < perNode;
    if (isOpen) continue;
    if (counts[node]! >= perNode) forbid(board, instance, node, 'enough instances there (clone-node-max)', 'nodeFull');
    else forbid(board, instance, node, 'the clone may not run there');
  }
}

/** For the instance and what is in it, as far as the node was a candidate. */
function forbid(board: Board, resource: ResourceIndex, node: NodeIndex, because: string, reason?: FullReason): void {
  const row = writable(board, resource);
  if (row[node] !== absent) {
    if (row[node]! > -infinity) explain(board, resource, node, -infinity, because, reason);
    row[node] = addScores(row[node]!, -infinity);
  }
  for (const child of board.children[resource]!) forbid(board, child, node, because, reason);
}

/** Placing one primitive for good, taking it back, and refusing it a place. */
import type { NodeIndex, ResourceIndex } from '../situation.ts';
import { type Board, isCandidate, nodeAt, resourceOf, scoreOfNode } from './board.ts';
import { giveBack, take } from './capacity.ts';

/** Puts a primitive on a node if that may and can run it; otherwise it will be stopped. Returns whether it has a place. */
export function settleOn(board: Board, resource: ResourceIndex, node: NodeIndex): boolean {
  const row = board.rows[resource]!;
  const isGuest = node >= 0 && nodeAt(board, node).kind === 'guest' && row[node]! >= 0;
  if (node < 0 || !(isCandidate(board, row, node) || isGuest)) {
    refuse(board, resource);
    return false;
  }
  put(board, resource, node, row[node]!);
  return true;
}

/** Unmanaged resources are where they are, whatever the scores say. */
export function leaveOn(board: Board, resource: ResourceIndex, node: NodeIndex): void {
  if (node < 0) refuse(board, resource);
  else put(board, resource, node, scoreOfNode(board, node));
}

function put(board: Board, resource: ResourceIndex, node: NodeIndex, score: number): void {
  takeBack(board, resource);
  board.isOpen[resource] = 0;
  board.nodeOf[resource] = node;
  board.scoreThere[resource] = score;
  board.load[node]! += resourceOf(board, resource).load ?? 1;
  take(board, node, resourceOf(board, resource).utilization);
}

/** No place for it (of a collection: for all that is in it): it will be stopped. */
export function refuse(board: Board, resource: ResourceIndex): void {
  const children = board.children[resource]!;
  for (const child of children) refuse(board, child);
  if (children.length > 0) return;
  takeBack(board, resource);
  board.isOpen[resource] = 0;
  board.next[resource] = 'stopped';
}

/** As if it had not had its turn yet. Only for primitives: the members of a group stay where they are. */
export function takeBack(board: Board, resource: ResourceIndex): void {
  const node = board.nodeOf[resource]!;
  if (node < 0) return;
  board.isOpen[resource] = 1;
  board.nodeOf[resource] = -1;
  board.load[node]! -= resourceOf(board, resource).load ?? 1;
  giveBack(board, node, resourceOf(board, resource).utilization);
}

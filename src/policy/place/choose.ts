/** The choice among nodes. */
import type { NodeIndex, ResourceIndex } from '../situation.ts';
import { absent, infinity } from '../values.ts';
import { type Board, currentNode, isCandidate, nodeAt, resourceOf } from './board.ts';
import { compareCapacity } from './capacity.ts';

/** All nodes of a row (not those that are no candidates at all), the best first. `active`: where it runs now, or -1. */
export function byPreference(board: Board, row: Int32Array, active: NodeIndex): NodeIndex[] {
  const nodes: NodeIndex[] = [];
  for (let node = 0; node < row.length; node++) if (row[node] !== absent) nodes.push(node);
  return nodes.toSorted((a, b) => compareNodes(board, row, active, a, b));
}

/** Negative if `a` is preferred. Never 0 for different nodes, whose names differ. */
function compareNodes(board: Board, row: Int32Array, active: NodeIndex, a: NodeIndex, b: NodeIndex): number {
  const difference = effective(board, row, b) - effective(board, row, a);
  if (difference !== 0) return difference;
  const { placementStrategy } = board.situation.options;
  if (placementStrategy === 'minimal') return compareNames(board, a, b);
  if (placementStrategy === 'balanced') {
    const capacity = compareCapacity(board, a, b);
    if (capacity !== 0) return capacity;
  }
  const load = board.load[a]! - board.load[b]!;
  if (load !== 0) return load;
  if (active === a || active === b) return active === a ? -1 : 1;
  return compareNames(board, a, b);
}

const effective = (board: Board, row: Int32Array, node: NodeIndex): number =>
  board.isUsable[node] === 1 ? row[node]! : -infinity;

function compareNames(board: Board, a: NodeIndex, b: NodeIndex): number {
  const [left, right] = [nodeAt(board, a).name, nodeAt(board, b).name];
  return left < right ? -1 : Number(left > right);
}

/** The first of `byPreference`, found without sorting; -1: there is no node. */
function bestOf(board: Board, row: Int32Array, active: NodeIndex): NodeIndex {
  let best = -1;
  for (let node = 0; node < row.length; node++)
    if (row[node] !== absent && (best < 0 || compareNodes(board, row, active, node, best) < 0)) best = node;
  return best;
}

/** The usable node that runs the least; -1: none is usable. */
export function emptiest(board: Board): NodeIndex {
  let best = -1;
  for (const { index } of board.situation.nodes) {
    if (board.isUsable[index] === 0) continue;
    const load = best < 0 ? -1 : board.load[index]! - board.load[best]!;
    if (load < 0 || (load === 0 && compareNames(board, index, best) < 0)) best = index;
  }
  return best;
}

/** The node for a resource; `preferred` (or -1) wins if it is as good as the best. It may still turn out to be unfit. */
export function chosenNode(board: Board, resource: ResourceIndex, preferred: NodeIndex): NodeIndex {
  const row = board.rows[resource]!;
  const current = currentNode(board, resource);
  const best = bestOf(board, row, current);
  if (best < 0) return -1;
  const isGood = preferred >= 0 && row[preferred] !== absent && row[preferred]! >= row[best]!;
  if (isGood && isCandidate(board, row, preferred)) return preferred;
  return staysAtEqualScore(board, resource, row, best, current) ? current : best;
}

/** At equal scores above zero the node where it runs wins over all else; at zero resources are spread anew. */
function staysAtEqualScore(
  board: Board,
  resource: ResourceIndex,
  row: Int32Array,
  best: NodeIndex,
  current: NodeIndex,
): boolean {
  const { parent } = resourceOf(board, resource);
  // Instances that have an identity were given their present nodes before, if those had room.
  if (parent !== null && isUniqueClone(board, parent)) return false;
  if (row[best]! <= 0 || board.isUsable[best] === 0) return false;
  return (
    current >= 0 && isCandidate(board, row, current) && nodeAt(board, current).score >= 0 && row[current] === row[best]
  );
}

function isUniqueClone(board: Board, resource: ResourceIndex): boolean {
  const { kind, meta } = resourceOf(board, resource);
  return kind === 'clone' && meta.isUnique;
}

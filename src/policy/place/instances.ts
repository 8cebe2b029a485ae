/** The order in which the instances of a clone (or the containers of a bundle) have their turns. */
import type { NodeIndex, ResourceIndex } from '../situation.ts';
import { absent } from '../values.ts';
import { type Board, colocationAt, currentNode, resourceOf } from './board.ts';
import { type Flow, hasInfluence, linkOf, withWishes } from './flow.ts';

/** Sorts children by how little it would disturb to place them first. */
export function byInstance(board: Board, children: readonly ResourceIndex[]): ResourceIndex[] {
  const wishes = new Map<ResourceIndex, number>();
  return children.toSorted((a, b) => compareInstances(board, a, b, wishes));
}

/** Negative if `a` comes first. `wishes` keeps what has been worked out about colocations during one sort. */
export function compareInstances(
  board: Board,
  a: ResourceIndex,
  b: ResourceIndex,
  wishes: Map<ResourceIndex, number>,
): number {
  const [left, right] = [presentOf(board, a), presentOf(board, b)];
  // What is active in several places comes last.
  if (left.count > 0 && right.count > 0 && left.count !== right.count) return left.count - right.count;
  if (left.isForbidden !== right.isForbidden) return left.isForbidden ? 1 : -1;
  if (board.priority[a] !== board.priority[b]) return board.priority[b]! - board.priority[a]!;
  if (left.node < 0 && right.node < 0) return 0;
  if (left.node < 0 || right.node < 0) return left.node < 0 ? 1 : -1;
  return compareActive(board, a, left.node, b, right.node, wishes);
}

function compareActive(
  board: Board,
  a: ResourceIndex,
  here: NodeIndex,
  b: ResourceIndex,
  there: NodeIndex,
  wishes: Map<ResourceIndex, number>,
): number {
  if (board.isUsable[here] !== board.isUsable[there]) return board.isUsable[there]! - board.isUsable[here]!;
  const [isKnown, isOtherKnown] = [isParentAllowed(board, a, here), isParentAllowed(board, b, there)];
  if (!isKnown && !isOtherKnown) return 0;
  if (isKnown !== isOtherKnown) return isKnown ? -1 : 1;
  const [didFail, didOtherFail] = [hasFailed(board, a), hasFailed(board, b)];
  if (didFail !== didOtherFail) return didFail ? 1 : -1;
  const difference = wishFor(board, b, there, wishes) - wishFor(board, a, here, wishes);
  return difference === 0 ? numberOf(board, a) - numberOf(board, b) : difference;
}

/** Where it is active; a node that it may not stay on does not count. */
function presentOf(
  board: Board,
  instance: ResourceIndex,
): { readonly count: number; readonly node: NodeIndex; readonly isForbidden: boolean } {
  const count = activeCount(board, instance);
  const node = currentNode(board, instance);
  if (node < 0) return { count, node, isForbidden: false };
  const isForbidden = board.rows[instance]![node]! < 0;
  return { count, node: isForbidden ? -1 : node, isForbidden };
}

/** In how many places it seems to be active: of a group, a member that is not managed counts for itself wherever others are. */
function activeCount(board: Board, instance: ResourceIndex): number {
  const children = board.children[instance]!;
  if (children.length === 0) return board.activeOn[instance]!.length;
  const seen: NodeIndex[] = [];
  for (const child of children) {
    const pinned = board.pinned.get(child) ?? [];
    for (const node of board.activeOn[child]!) if (pinned.includes(node) || !seen.includes(node)) seen.push(node);
  }
  return seen.length;
}

function isParentAllowed(board: Board, instance: ResourceIndex, node: NodeIndex): boolean {
  const { parent } = resourceOf(board, instance);
  return board.rows[parent ?? instance]![node] !== absent;
}

function hasFailed(board: Board, resource: ResourceIndex): boolean {
  return resourceOf(board, resource).failed || board.children[resource]!.some((child) => hasFailed(board, child));
}

/** How much the colocations of the clone would like an instance on its present node. */
function wishFor(board: Board, instance: ResourceIndex, node: NodeIndex, known: Map<ResourceIndex, number>): number {
  const before = known.get(instance);
  if (before !== undefined) return before;
  const wish = wishOf(board, instance, node);
  known.set(instance, wish);
  return wish;
}

function wishOf(board: Board, instance: ResourceIndex, node: NodeIndex): number {
  const { parent } = resourceOf(board, instance);
  if (parent === null) return 0;
  const flow: Flow = { followsPrimaries: false, keepsPossible: false, takesBack: false };
  let row: Int32Array = new Int32Array(board.situation.nodes.length).fill(absent);
  row[node] = board.situation.nodes[node]!.score;
  for (const index of board.thisWith[parent]!) {
    const colocation = colocationAt(board, index);
    row = withWishes(board, colocation.primary, row, linkOf(colocation), flow);
  }
  for (const index of board.withThis[parent]!) {
    const colocation = colocationAt(board, index);
    if (!hasInfluence(board, colocation, instance)) continue;
    row = withWishes(board, colocation.dependent, row, linkOf(colocation), { ...flow, keepsPossible: true });
  }
  return row[node]!;
}

const numberOf = (board: Board, instance: ResourceIndex): number => resourceOf(board, instance).instance ?? 0;

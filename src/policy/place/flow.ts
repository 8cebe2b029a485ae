/**
 * How the preferences of those who want to be with a resource flow back to it before it is placed: each wish is worth as much of
 * itself as its colocation is of infinity. Along a chain only the last link counts for that, not the product of all (so it was
 * in Pacemaker up to 2.1.5): of the others only the sign is kept.
 */
import type { Colocation } from '../constraints.ts';
import type { NodeIndex, ResourceIndex } from '../situation.ts';
import { absent, addScores, infinity } from '../values.ts';
import { anyCandidate, attributeAt, type Board, colocationAt, resourceOf } from './board.ts';

export interface Flow {
  /** Follow whom a resource is with, instead of who is with it. */
  readonly followsPrimaries: boolean;
  /** A node that was possible stays possible (score one), whatever the wishes against it. */
  readonly keepsPossible: boolean;
  /** What leaves no node at all is taken back. */
  readonly takesBack: boolean;
}

/** What makes a wish of somebody's count: how much of it, and by which attribute of nodes (null: the node itself). */
export interface Link {
  readonly attribute: string | null;
  readonly factor: number;
}

/** `sign`: -1 turns wishes round. */
export const linkOf = ({ attribute, score }: Colocation, sign = 1): Link => ({
  attribute,
  factor: Math.fround((sign * score) / infinity),
});

/** Stands for «was possible and is now below zero» while sums are made; far from any real score. */
const spoilt = infinity * -100;

/** The row with the wishes of `source` (and of who is with it) added. The row given is not changed. */
export function withWishes(board: Board, source: ResourceIndex, row: Int32Array, link: Link, flow: Flow): Int32Array {
  if (board.isMerging[source] === 1) return row;
  board.isMerging[source] = 1;
  const sum = ownWishes(board, source, row, link, flow);
  const isPossible = anyCandidate(board, sum);
  const wished = isPossible ? withFurtherWishes(board, source, sum, link.factor, flow) : sum;
  board.isMerging[source] = 0;
  return !isPossible && flow.takesBack ? row : settle(wished, flow);
}

/** The first member speaks for a group; those behind it wish to be with it. */
function ownWishes(board: Board, source: ResourceIndex, row: Int32Array, link: Link, flow: Flow): Int32Array {
  if (resourceOf(board, source).kind !== 'group') return addWishes(board, source, row, link, flow.keepsPossible);
  const first = board.children[source]![0];
  return first === undefined ? row : withWishes(board, first, row, link, flow);
}

/** Scores that a resource starts out with (a group: its last member), and those of whom it is with: what resources are sorted by. */
export function ownAndPrimaries(board: Board, resource: ResourceIndex): Int32Array {
  const flow: Flow = { followsPrimaries: true, keepsPossible: false, takesBack: false };
  const last = resourceOf(board, resource).kind === 'group' ? board.children[resource]!.at(-1) : undefined;
  board.isMerging[resource] = 1;
  const row = last === undefined ? board.rows[resource]! : ownAndPrimaries(board, last);
  const sum = anyCandidate(board, row) ? withFurtherWishes(board, resource, row, 1, flow) : row;
  board.isMerging[resource] = 0;
  return sum;
}

function withFurtherWishes(
  board: Board,
  source: ResourceIndex,
  row: Int32Array,
  factor: number,
  flow: Flow,
): Int32Array {
  const further = { ...flow, takesBack: true };
  const sign = factor < 0 ? -1 : 1;
  let sum = row;
  for (const index of flow.followsPrimaries ? board.thisWith[source]! : dependentsOf(board, source)) {
    const colocation = colocationAt(board, index);
    if (!flow.followsPrimaries && !hasInfluence(board, colocation, colocation.primary)) continue;
    const other = flow.followsPrimaries ? colocation.primary : colocation.dependent;
    sum = withWishes(board, other, sum, linkOf(colocation, sign), further);
  }
  return sum;
}

/** Who is with a group counts as being with its last member, once the group has handed that down. */
function dependentsOf(board: Board, source: ResourceIndex): readonly number[] {
  const isGroup = resourceOf(board, source).kind === 'group';
  return board.withThis[(isGroup ? board.children[source]!.at(-1) : undefined) ?? source]!;
}

/** What was spoilt on the way ends as just possible. */
function settle(row: Int32Array, { keepsPossible }: Flow): Int32Array {
  if (keepsPossible) for (let node = 0; node < row.length; node++) if (row[node] === spoilt) row[node] = 1;
  return row;
}

/** A copy of the row to which the scores of one resource have been added, node by node (or value by value of an attribute). */
function addWishes(
  board: Board,
  source: ResourceIndex,
  row: Int32Array,
  { attribute, factor }: Link,
  keepsPossible: boolean,
): Int32Array {
  const sum = row.slice();
  const best = attribute === null ? null : bestByValue(board, source, attribute);
  for (let node = 0; node < sum.length; node++) {
    const score = sum[node]!;
    if (score === absent || score === spoilt) continue;
    const wish =
      best === null ? wishAt(board, source, node) : (best.get(attributeAt(board, node, attribute!)) ?? -infinity);
    // To keep away from what is itself forbidden there is no reason to come.
    if (factor < 0 && wish < 0) continue;
    const points = addScores(scaledWish(wish, factor), score);
    if (!keepsPossible || points >= 0 || score < 0) sum[node] = points;
    else if (score > 0) sum[node] = spoilt;
  }
  return sum;
}

/** What it would like of a node; one that cannot run anything is as good as forbidden. */
function wishAt(board: Board, source: ResourceIndex, node: NodeIndex): number {
  const score = board.rows[source]![node]!;
  return board.isUsable[node] === 1 && score > -infinity ? score : -infinity;
}

function bestByValue(board: Board, source: ResourceIndex, attribute: string): ReadonlyMap<string | undefined, number> {
  const best = new Map<string | undefined, number>();
  for (let node = 0; node < board.rows[source]!.length; node++) {
    const value = attributeAt(board, node, attribute);
    const wish = wishAt(board, source, node);
    if (wish > (best.get(value) ?? -infinity)) best.set(value, wish);
  }
  return best;
}

/**
 * Single precision, as in Pacemaker; halves are rounded away from zero, and a wish never fades to nothing: it becomes one with
 * the sign of the factor, even if it was a dislike.
 */
function scaledWish(wish: number, factor: number): number {
  const exact = Math.fround(factor * wish);
  const points = Math.trunc(exact < 0 ? exact - 0.5 : exact + 0.5);
  return points === 0 && wish !== 0 ? Math.sign(factor) : points;
}

/** Without `influence`, wishes count only for what is not running yet; and no connection drags a sane container about. */
export function hasInfluence(board: Board, colocation: Colocation, primary: ResourceIndex): boolean {
  const active = board.activeOn[primary]!;
  const { connects, container } = resourceOf(board, colocation.dependent);
  const isConnectionInside = connects !== null && container !== null && isOfBundle(board, colocation.dependent);
  if (isConnectionInside && !resourceOf(board, primary).failed && active.length === 1) return false;
  return colocation.influence || active.length === 0;
}

function isOfBundle(board: Board, resource: ResourceIndex): boolean {
  const { parent } = resourceOf(board, resource);
  return parent !== null && resourceOf(board, parent).kind === 'bundle';
}

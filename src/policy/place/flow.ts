/**
 * How the preferences of those who want to be with a resource flow back to it before it is placed: each wish is worth as much as
 * the colocation is of infinity, and those of the wishers' own wishers less again.
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

/** Stands for «was possible and is now below zero» while sums are made; far from any real score. */
const spoilt = infinity * -100;

/** The row with the wishes of `source` (and of who is with it) added. The row given is not changed. */
export function withWishes(
  board: Board,
  source: ResourceIndex,
  row: Int32Array,
  attribute: string | null,
  factor: number,
  flow: Flow,
): Int32Array {
  if (board.isMerging[source] === 1) return row;
  board.isMerging[source] = 1;
  const wished =
    resourceOf(board, source).kind === 'group'
      ? wishesOfGroup(board, source, row, attribute, factor, flow)
      : wishesOf(board, source, row, attribute, factor, flow);
  board.isMerging[source] = 0;
  return wished;
}

/** The first member speaks for the group; who is with the group as a whole counts in full. */
function wishesOfGroup(
  board: Board,
  group: ResourceIndex,
  row: Int32Array,
  attribute: string | null,
  factor: number,
  flow: Flow,
): Int32Array {
  const first = board.children[group]![0];
  if (first === undefined) return row;
  let sum = withWishes(board, first, row, attribute, factor, flow);
  for (const index of board.withThis[group]!) {
    const { dependent, attribute: own, score } = colocationAt(board, index);
    sum = withWishes(board, dependent, sum, own, fractionOf(score), flow);
  }
  return sum;
}

function wishesOf(
  board: Board,
  source: ResourceIndex,
  row: Int32Array,
  attribute: string | null,
  factor: number,
  flow: Flow,
): Int32Array {
  const sum = addWishes(board, source, row, attribute, factor, flow.keepsPossible);
  if (!anyCandidate(board, sum)) return flow.takesBack ? row : settle(sum, flow);
  return settle(withFurtherWishes(board, source, sum, factor, flow), flow);
}

/** Scores that a resource starts out with, and those of whom it is with: what resources are sorted by. */
export function ownAndPrimaries(board: Board, resource: ResourceIndex): Int32Array {
  const flow: Flow = { followsPrimaries: true, keepsPossible: false, takesBack: false };
  const row = board.rows[resource]!;
  if (!anyCandidate(board, row)) return row;
  board.isMerging[resource] = 1;
  const sum = withFurtherWishes(board, resource, row, 1, flow);
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
  let sum = row;
  for (const index of flow.followsPrimaries ? board.thisWith[source]! : board.withThis[source]!) {
    const colocation = colocationAt(board, index);
    if (!flow.followsPrimaries && !hasInfluence(board, colocation, colocation.primary)) continue;
    const other = flow.followsPrimaries ? colocation.primary : colocation.dependent;
    sum = withWishes(board, other, sum, colocation.attribute, scaled(factor, colocation.score), further);
  }
  return sum;
}

function settle(row: Int32Array, { keepsPossible }: Flow): Int32Array {
  if (keepsPossible) for (let node = 0; node < row.length; node++) if (row[node] === spoilt) row[node] = 1;
  return row;
}

/** A copy of the row to which the scores of one resource have been added, node by node (or value by value of an attribute). */
function addWishes(
  board: Board,
  source: ResourceIndex,
  row: Int32Array,
  attribute: string | null,
  factor: number,
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

/** Single precision, as in Pacemaker; halves are rounded away from zero, and a wish never fades to nothing. */
function scaledWish(wish: number, factor: number): number {
  const exact = Math.fround(factor * wish);
  const points = Math.trunc(exact < 0 ? exact - 0.5 : exact + 0.5);
  return points === 0 && wish !== 0 ? Math.sign(factor) : points;
}

export const fractionOf = (score: number): number => Math.fround(score / infinity);

const scaled = (factor: number, score: number): number =>
  Math.fround(Math.fround(factor * Math.fround(score)) / infinity);

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

/** Bundles: containers spread like instances of a clone, then what belongs to each of them. */
import type { BundleReplica, NodeIndex, ResourceIndex } from '../situation.ts';
import { absent, infinity } from '../values.ts';
import { type Board, resourceOf, show, writable } from './board.ts';
import { distribute, type Turn } from './clone.ts';
import { byInstance } from './instances.ts';

export function placeBundle(board: Board, bundle: ResourceIndex, preferred: NodeIndex, turn: Turn): void {
  const { replicas, meta } = resourceOf(board, bundle);
  board.isBusy[bundle] = 1;
  show(board, bundle);
  const containers = byInstance(
    board,
    replicas.map(({ container }) => container),
  );
  distribute(board, bundle, containers, { max: meta.cloneMax, perNode: meta.cloneNodeMax }, turn);
  for (const replica of replicas) placeReplica(board, replica, preferred, turn);
  const inner = innerOf(board, bundle);
  if (inner !== null) {
    keepInside(board, inner, replicas);
    turn(board, inner, preferred);
  }
  board.isBusy[bundle] = 0;
  board.isOpen[bundle] = 0;
}

/** The clone that holds the primitives inside the containers. */
function innerOf(board: Board, bundle: ResourceIndex): ResourceIndex | null {
  return board.children[bundle]!.find((child) => resourceOf(board, child).kind === 'clone') ?? null;
}

function placeReplica(board: Board, replica: BundleReplica, preferred: NodeIndex, turn: Turn): void {
  const { ip, remote, child, node } = replica;
  if (ip !== null) turn(board, ip, preferred);
  if (remote !== null) turn(board, remote, preferred);
  if (child === null || node === null) return;
  const row = writable(board, child);
  for (const [one, score] of row.entries()) if (score !== absent) row[one] = one === node ? infinity : -infinity;
  const { parent } = resourceOf(board, child);
  if (parent !== null) board.isBusy[parent] = 1;
  turn(board, child, node);
  if (parent !== null) board.isBusy[parent] = 0;
}

function keepInside(board: Board, inner: ResourceIndex, replicas: readonly BundleReplica[]): void {
  const row = writable(board, inner);
  for (const [node, score] of row.entries())
    if (score !== absent) row[node] = replicas.some((replica) => replica.node === node) ? 0 : -infinity;
}

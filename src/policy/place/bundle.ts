/** Bundles: containers spread like instances of a clone, then what belongs to each of them. */
import type { BundleReplica, NodeIndex, ResourceIndex } from '../situation.ts';
import { absent, infinity } from '../values.ts';
import { type Board, explain, joined, nodeAt, resourceOf, setRow, show, writable } from './board.ts';
import { distribute, type Turn } from './clone.ts';
import { isOverThreshold } from './criteria.ts';
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
  const { container, ip, remote, child, node } = replica;
  if (ip !== null) turn(board, ip, preferred);
  if (remote !== null) {
    keepWithConnection(board, remote, board.nodeOf[container]!);
    turn(board, remote, preferred);
  }
  if (child !== null && node !== null) placeInside(board, child, node, turn);
}

/** A container inside a remote node is reached only by way of that node, which bears one connection at a time. */
function keepWithConnection(board: Board, remote: ResourceIndex, host: NodeIndex): void {
  const connection = host < 0 ? null : nodeAt(board, host).connection;
  if (connection === null) return;
  const index = board.colocations.length;
  board.colocations.push({
    id: 'child-remote-with-docker-remote',
    attribute: null,
    dependent: remote,
    dependentRole: null,
    primary: connection,
    primaryRole: null,
    score: infinity,
    influence: true,
  });
  board.thisWith[remote] = joined(board, board.thisWith[remote]!, [index], 'primary');
  board.withThis[connection] = joined(board, board.withThis[connection]!, [index], 'dependent');
}

/** What a container is for runs in it and nowhere else, unless it failed there too often. */
function placeInside(board: Board, child: ResourceIndex, node: NodeIndex, turn: Turn): void {
  const row = writable(board, child);
  for (const [one, score] of row.entries()) {
    if (score === absent) continue;
    if (one !== node) row[one] = -infinity;
    else if (!isOverThreshold(board, child, node)) row[one] = infinity;
  }
  explain(board, child, node, row[node]! >= infinity ? infinity : 0, 'it belongs into this container');
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

/** What the bundle runs is offered its own containers only; the clone that holds it knows all of them. */
export function openContainers(board: Board): void {
  for (const { kind, replicas } of board.situation.resources) {
    if (kind !== 'bundle') continue;
    for (const { child, node } of replicas) {
      if (child === null || node === null) continue;
      const row = new Int32Array(board.situation.nodes.length).fill(absent);
      row[node] = scoreInside;
      setRow(board, child, row);
      explain(board, child, node, scoreInside, 'it belongs into this container');
      const { parent } = resourceOf(board, child);
      if (parent !== null) writable(board, parent)[node] = -infinity;
    }
  }
}

const scoreInside = 500;

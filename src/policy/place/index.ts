/**
 * The pass that decides where everything should run and in which role. Resources are placed one after another, greedily, and
 * never moved again; the order is what makes the result, so it follows Pacemaker's step by step.
 */
import type { Constraints } from '../constraints.ts';
import type { Placement } from '../placement.ts';
import type { ResourceIndex, Situation } from '../situation.ts';
import { absent, infinity, type Role } from '../values.ts';
import { type Board, currentNode, newBoard, resourceOf, scoreOfNode } from './board.ts';
import { openContainers } from './bundle.ts';
import { byPreference } from './choose.ts';
import { applyCriteria, discovers } from './criteria.ts';
import { ownAndPrimaries } from './flow.ts';
import { takeTurn } from './turn.ts';

/** `wantTerms`: say of each score what it is made of. */
export function place(situation: Situation, constraints: Constraints, wantTerms = false): Placement {
  const board = newBoard(situation, constraints, wantTerms);
  openContainers(board);
  applyCriteria(board);
  const sequence = sequenceOf(board);
  // Connections to remote nodes come first: whether a node can be used is decided by them.
  for (const resource of sequence) {
    const { connects, partialMigration } = resourceOf(board, resource);
    if (connects !== null) takeTurn(board, resource, partialMigration?.target ?? -1);
  }
  for (const resource of sequence) if (resourceOf(board, resource).connects === null) takeTurn(board, resource, -1);
  return resultOf(board, sequence);
}

/** By priority, otherwise as configured; strategies that look at capacity sort by scores as well. */
function sequenceOf(board: Board): readonly ResourceIndex[] {
  const priority = (resource: ResourceIndex): number => resourceOf(board, resource).meta.priority;
  const isOrphan = (resource: ResourceIndex): number => Number(resourceOf(board, resource).orphan);
  const sequence = board.situation.top.toSorted((a, b) => isOrphan(a) - isOrphan(b) || priority(b) - priority(a));
  return board.situation.options.placementStrategy === 'default' ? sequence : sortedByScores(board, sequence);
}

function sortedByScores(board: Board, sequence: readonly ResourceIndex[]): readonly ResourceIndex[] {
  const own = Int32Array.from(board.situation.nodes, ({ index }) => scoreOfNode(board, index));
  const nodes = byPreference(board, own, -1);
  const rows = new Map(sequence.map((resource) => [resource, ownAndPrimaries(board, resource)]));
  return sequence.toSorted((a, b) => {
    const priority = resourceOf(board, b).meta.priority - resourceOf(board, a).meta.priority;
    if (priority !== 0) return priority;
    const [left, right] = [rows.get(a)!, rows.get(b)!];
    const here = scoreIn(right, currentNode(board, b)) - scoreIn(left, currentNode(board, a));
    if (here !== 0) return here;
    for (const node of nodes) {
      const difference = scoreIn(right, node) - scoreIn(left, node);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

const scoreIn = (row: Int32Array, node: number): number => (node < 0 || row[node] === absent ? -infinity : row[node]!);

function resultOf(board: Board, sequence: readonly ResourceIndex[]): Placement {
  const { next, nodeOf } = board;
  return {
    nodeOf,
    roleOf: next.map((role, resource) =>
      role === 'unknown' ? defaultRole(board, resource) : allowedRole(board, resource, role),
    ),
    isRoleExplicit: Uint8Array.from(next, (role) => Number(role !== 'unknown')),
    scores: board.rows.map((row, resource) => board.shown[resource] ?? row),
    promotionScores: board.promotionScores,
    terms: board.terms ?? new Map(),
    freeCapacity: board.free,
    refused: board.refused,
    discoversOn: (resource, node) => discovers(board, resource, node),
    managed: board.managed,
    blocked: board.blocked,
    fences: board.fences,
    sequence,
    childrenOf: board.children,
    colocations: board.colocations,
    colocationsWith: board.withThis,
    locks: board.locks,
  };
}

/** Without quorum, `demote` lets what is promotable and runs go on, but unpromoted. */
function allowedRole({ situation }: Board, index: ResourceIndex, wanted: Role): Role {
  const { quorate, noQuorum } = situation.options;
  if (wanted !== 'promoted' || quorate || noQuorum !== 'demote') return wanted;
  const { role, meta } = situation.resources[index]!;
  const isDemoted = role !== 'stopped' && role !== 'unknown' && meta.requires !== 'nothing';
  return isDemoted ? 'unpromoted' : wanted;
}

/** What was placed will be started. */
const defaultRole = (board: Board, resource: ResourceIndex): Role =>
  board.nodeOf[resource]! < 0 ? 'stopped' : 'started';

/**
 * Counting votes.
 *
 * Invariant: of two sets that each hold a majority, at least one node is in both, also when the votes of one node differ by one
 * between the two counts. Everything that must happen once at a time (a view, a lease, a version of the cluster file) is agreed
 * by a majority, and rests on that node's memory. Quorum is never proof that the other side has stopped: see
 * `schedule/takeover.ts`.
 */
import { assert } from '../../lib/assert.ts';
import type { Ms, NodeId } from '../model.ts';

/** Nodes without an entry have no vote. Never changed in place. */
export type Votes = Readonly<Record<NodeId, number>>;

/** What follows from a table alone: asked many times in each step, worked out once. */
interface Electorate {
  readonly of: ReadonlyMap<NodeId, number>;
  readonly total: number;
  /** The two voters, where there are just two and neither is a majority by itself. */
  readonly pair: readonly [NodeId, NodeId] | null;
}

const electorates = new WeakMap<Votes, Electorate>();

function electorateOf(votes: Votes): Electorate {
  const known = electorates.get(votes);
  if (known !== undefined) return known;
  const voting = Object.entries(votes).filter(([, count]) => count > 0);
  const [first, second] = voting;
  const isTied = voting.length === 2 && first?.[1] === second?.[1];
  const electorate: Electorate = {
    of: new Map(voting),
    total: voting.reduce((sum, [, count]) => sum + count, 0),
    pair: isTied && first !== undefined && second !== undefined ? [first[0], second[0]] : null,
  };
  electorates.set(votes, electorate);
  return electorate;
}

export const votesOf = (node: NodeId, votes: Votes): number => electorateOf(votes).of.get(node) ?? 0;

export const totalOf = (votes: Votes): number => electorateOf(votes).total;

/** Somebody who is named twice counts once. */
export const countOf = (voters: readonly NodeId[], votes: Votes): number => countIn(voters, electorateOf(votes));

function countIn(voters: readonly NodeId[], { of, total }: Electorate): number {
  let count = 0;
  for (let i = 0; i < voters.length; i++) {
    const voter = voters[i] as NodeId;
    if (voters.indexOf(voter) === i) count += of.get(voter) ?? 0;
  }
  assert(count <= total, 'each vote counts once');
  return count;
}

export function isMajority(voters: readonly NodeId[], votes: Votes): boolean {
  const electorate = electorateOf(votes);
  return 2 * countIn(voters, electorate) > electorate.total;
}

export interface Grant {
  readonly node: NodeId;
  readonly atMs: Ms;
}

/**
 * The newest time at which a majority, `self` included, had granted: the start of the lease. `grants` holds one time a voter other
 * than `self`, which grants itself at any time. Null: too few.
 */
export function majorityGrantedAt(self: NodeId, grants: readonly Grant[], votes: Votes, nowMs: Ms): Ms | null {
  const { of, total } = electorateOf(votes);
  const own = of.get(self) ?? 0;
  if (2 * own > total) return nowMs;
  let newest: Ms | null = null;
  for (const { atMs } of grants) {
    if (newest !== null && atMs <= newest) continue;
    let count = own;
    for (const other of grants) if (other.atMs >= atMs) count += of.get(other.node) ?? 0;
    if (2 * count > total) newest = atMs;
  }
  return newest;
}

/** The other voter, where exactly two nodes vote, this one is one of them, and neither is a majority by itself; else null. */
export function partnerOf(self: NodeId, votes: Votes): NodeId | null {
  const { pair } = electorateOf(votes);
  if (pair === null) return null;
  const [first, second] = pair;
  if (self === first) return second;
  return self === second ? first : null;
}

/** Exactly two nodes vote, and neither is a majority by itself. */
export const isPair = (votes: Votes): boolean => electorateOf(votes).pair !== null;

/**
 * The next table on the way from `votes` to `wanted`: one vote of one node more or less, so that majorities before and after
 * overlap, and stopping after any step is safe. Null: there is nothing to do, or nothing that would be wise now.
 *
 * Votes are given first and only to nodes in `present`, and no step is taken after which `present` would be no majority.
 */
export function nextVotes(votes: Votes, wanted: Votes, present: readonly NodeId[]): Votes | null {
  const nodes = [...new Set([...Object.keys(wanted), ...Object.keys(votes)])];
  const raised = nodes.filter((node) => votesOf(node, votes) < votesOf(node, wanted) && present.includes(node));
  const lowered = nodes.filter((node) => votesOf(node, votes) > votesOf(node, wanted));
  const steps = [
    ...raised.map((node) => withVote(votes, node, 1)),
    ...lowered.map((node) => withVote(votes, node, -1)),
  ];
  return steps.find((step) => isMajority(present, step)) ?? null;
}

function withVote(votes: Votes, node: NodeId, change: number): Votes {
  const { [node]: before = 0, ...others } = votes;
  const after = before + change;
  assert(after >= 0, 'no node has less than no vote');
  return after === 0 ? others : { ...others, [node]: after };
}

export const sameVotes = (a: Votes, b: Votes): boolean =>
  a === b || [...Object.keys(a), ...Object.keys(b)].every((node) => votesOf(node, a) === votesOf(node, b));

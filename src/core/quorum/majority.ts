/**
 * May this side act? Counts votes; every node of the cluster file has one.
 *
 * Invariant: of two sets that each hold a majority, at least one node is in both. Everything that must happen once at a
 * time (a view, a lease, a version of the cluster file) is agreed by a majority, and rests on that node's memory.
 * Quorum is never proof that the other side has stopped: see `takeover.ts` in `schedule/`.
 */
import { assert } from '../../lib/assert.ts';
import { byNumber } from '../../lib/compare.ts';
import { type Ms, majorityOf, type NodeId } from '../model.ts';

export function isMajority(voters: Iterable<NodeId>, all: readonly NodeId[]): boolean {
  let count = 0;
  for (const voter of new Set(voters)) if (all.includes(voter)) count++;
  assert(count <= all.length, 'voters are nodes of the cluster');
  return count >= majorityOf(all.length);
}

/**
 * The newest time at which a majority, this node included, had granted: the start of the lease.
 * `grants` holds one time a voter other than this node; this node grants itself at any time. Null: too few.
 */
export function majorityGrantedAt(grants: readonly Ms[], votes: number, nowMs: Ms): Ms | null {
  const needed = majorityOf(votes) - 1;
  if (needed === 0) return nowMs;
  const newestFirst = [...grants].sort((a, b) => byNumber(b, a));
  return newestFirst[needed - 1] ?? null;
}

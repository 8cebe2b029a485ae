/** Views that are a majority only by votes that no longer count. */
import { newest } from '../document/index.ts';
import type { NodeId } from '../model.ts';
import type { View } from '../ports.ts';
import { isMajority, isPair, votesOf } from '../quorum/votes.ts';
import { compareVersions, type NodeState } from '../state.ts';

/**
 * By votes that its proposer does not know yet, others may act without these nodes. Of all members' tables the newest counts: so of two
 * views agreed at a time the tables are one step apart at most, and their majorities share a node. Half of a pair may act too, but only
 * one of the two leads it then, and both know that they are one.
 */
export function isOutvoted(state: NodeState, proposer: NodeId, { members }: View): boolean {
  const theirs = state.peers.get(proposer)?.beat?.docVersion;
  const { version, voters, cluster } = newest(state);
  if (theirs === undefined || compareVersions(theirs, version) >= 0) return false;
  const isHalf = isPair(voters) && votesOf(proposer, voters) > 0;
  return !isMajority(members, voters) && !isHalf && cluster.quorum.noQuorum !== 'ignore';
}

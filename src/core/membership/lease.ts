/**
 * How long may this node act without hearing anything more?
 *
 * A lease lasts `dead` from our own send time of the newest packets that a majority of voters has echoed while it granted. A
 * voter grants us our view n while it is promised to n or to a later view, and every view that it promised from n on has had us
 * in it. So once a majority has promised a view without us, at time T, our lease ends by T + `dead` (plus clock drift), however
 * late packets arrive and whatever is promised afterwards. docs/internals/membership.md has the proof.
 */
import { type Ms, majorityOf } from '../model.ts';
import type { View } from '../ports.ts';
import { majorityGrantedAt } from '../quorum/majority.ts';
import { heartbeat, type NodeState, sameView } from '../state.ts';

/** When the lease ends, on our clock; null: there is none. */
export function leaseEndMs(state: NodeState, nowMs: Ms): Ms | null {
  const view = state.installed;
  if (view === null) return null;
  const grants: Ms[] = [];
  for (const { grant } of state.peers.values())
    if (grant !== null && grant.view.number >= view.number && grant.since <= view.number) grants.push(grant.atMs);
  const grantedAt = majorityGrantedAt(grants, state.doc.cluster.nodes.length, nowMs);
  return grantedAt === null ? null : grantedAt + heartbeat(state).deadMs;
}

/**
 * Whether a node in view `from` may step over to `to` and go on with what it runs: only if a majority that promised `to` never
 * promised anything without us in between. Otherwise such a view may have acted, and what we run may have been started elsewhere.
 *
 * kept: it may; broken: it never can; open: members that could still say so have not been heard.
 */
export function continuity(state: NodeState, from: View, to: View): 'kept' | 'broken' | 'open' {
  const needed = majorityOf(state.doc.cluster.nodes.length) - 1;
  let kept = 0;
  let open = 0;
  for (const member of to.members) {
    if (member === state.self) continue;
    const grant = state.peers.get(member)?.grant ?? null;
    if (grant === null || !sameView(grant.view, to)) open++;
    else if (grant.since <= from.number) kept++;
  }
  if (kept >= needed) return 'kept';
  return kept + open >= needed ? 'open' : 'broken';
}

/** In a view of a majority, with a lease: this node may run services. */
export function hasQuorum(state: NodeState, nowMs: Ms): boolean {
  const endMs = leaseEndMs(state, nowMs);
  return endMs !== null && nowMs < endMs;
}

/** Why not, for people. */
export function noQuorumBecause(state: NodeState, nowMs: Ms, heardCount: number): string | null {
  if (hasQuorum(state, nowMs)) return null;
  const all = state.doc.cluster.nodes.length;
  const needed = Math.floor(all / 2) + 1;
  const seen = heardCount + 1;
  if (seen < needed) return `this node hears ${heardCount} of ${all - 1} others; ${needed} of ${all} votes are needed`;
  if (state.installed === null) return 'a majority is there and is agreeing on a view';
  return 'the lease has run out; a majority did not confirm what this node sent';
}

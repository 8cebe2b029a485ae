/**
 * How long may this node act without hearing anything more?
 *
 * A lease lasts `dead` from our own send time of the newest packets that a majority of voters, promised to our view,
 * has echoed. A voter that promises a newer view stops granting the older one, so once a majority has promised view n+1
 * at time T, every lease of view n ends by T + dead (plus clock drift), however late packets arrive.
 * docs/internals/membership.md has the proof.
 */
import type { Ms } from '../model.ts';
import { majorityGrantedAt } from '../quorum/majority.ts';
import { heartbeat, type NodeState, sameView } from '../state.ts';

/** When the lease ends, on our clock; null: there is none. */
export function leaseEndMs(state: NodeState, nowMs: Ms): Ms | null {
  const view = state.installed;
  if (view === null) return null;
  const grants: Ms[] = [];
  for (const member of view.members) {
    const grant = state.peers.get(member)?.grant ?? null;
    // Numbers alone would not do: two proposers may have used the same one, and only one of the views has us in it.
    if (grant !== null && (sameView(grant.view, view) || sameView(grant.view, state.promised))) grants.push(grant.atMs);
  }
  const grantedAt = majorityGrantedAt(grants, state.doc.cluster.nodes.length, nowMs);
  return grantedAt === null ? null : grantedAt + heartbeat(state).deadMs;
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

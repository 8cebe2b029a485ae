/**
 * How long may this node act without hearing anything more?
 *
 * A lease lasts `dead` from our own send time of the newest packets that a majority of voters has echoed while it granted. A
 * voter grants us our view n while it is promised to n or to a later view, and every view that it promised from n on has had us
 * in it. So once a majority has promised a view without us, at time T, our lease ends by T + `dead` (plus clock drift), however
 * late packets arrive and whatever is promised afterwards. docs/internals/membership.md has the proof.
 *
 * In a pair (see `quorum/standing.ts`) nobody acts without us unless we are known to be off: there the lease goes on by itself.
 */
import { lastAnswer } from '../../lib/memo.ts';
import type { Ms } from '../model.ts';
import type { Doc, View } from '../ports.ts';
import { isKnownOff, isProvable, judgedBy, pingHoldsMs } from '../quorum/standing.ts';
import { type Grant, isMajority, isPair, majorityGrantedAt, partnerOf, type Votes, votesOf } from '../quorum/votes.ts';
import { compareVersions, type NodeState, noVersion, sameView } from '../state.ts';

/**
 * When the lease ends, on our clock; null: there is none. By a document that others may know nothing of it may end sooner, never
 * later. Of what was decided before this life of the daemon nothing is known: that limits only its length.
 */
export const leaseEndMs = lastAnswer((state: NodeState, nowMs: Ms): Ms | null => {
  const view = state.installed;
  if (view === null) return null;
  const docs = judgedBy(state);
  const timeouts = [...docs, state.pending ?? state.doc].map(({ cluster }) => cluster.heartbeat.deadMs);
  const deadMs = Math.min(...timeouts);
  let newest: Ms | null = null;
  for (const doc of docs) {
    if (doc !== state.doc && compareVersions(doc.version, noVersion) === 0) continue;
    const endMs = endBy(state, doc, view, deadMs, nowMs);
    if (endMs === null) return null;
    newest = newest === null ? endMs : Math.min(newest, endMs);
  }
  return newest;
});

function endBy(state: NodeState, { cluster: { quorum }, voters }: Doc, view: View, deadMs: Ms, nowMs: Ms): Ms | null {
  if (quorum.noQuorum === 'ignore') return nowMs + deadMs;
  const partner = partnerOf(state.self, voters);
  if (partner !== null && (quorum.tie !== 'ping' || isKnownOff(state, partner))) return nowMs + deadMs;
  const grantedAt = grantedAtMs(state, voters, view, nowMs);
  const grantEndMs = grantedAt === null ? null : grantedAt + deadMs;
  // With `tie: ping` whoever reaches the outside goes on, whether or not the partner has granted anything lately.
  if (partner === null || state.reachedAtMs === null) return grantEndMs;
  return Math.max(state.reachedAtMs + pingHoldsMs(state), grantEndMs ?? Number.NEGATIVE_INFINITY);
}

function grantedAtMs(state: NodeState, voters: Votes, view: View, nowMs: Ms): Ms | null {
  const grants: Grant[] = [];
  for (const { node, grant } of state.peers.values())
    if (grant !== null && grant.view.number >= view.number && grant.since <= view.number)
      grants.push({ node, atMs: grant.atMs });
  // A node without a vote follows the half of a pair that acts: whatever that one grants.
  if (isPair(voters) && !isMajority(view.members, voters))
    return grants.find(({ node }) => votesOf(node, voters) > 0 && view.members.includes(node))?.atMs ?? null;
  return majorityGrantedAt(state.self, grants, voters, nowMs);
}

/**
 * Whether a node in view `from` may step over to `to` and go on with what it runs: only if no view without us, in between, can have
 * been promised by a majority: all but a minority have had us in everything that they promised. Else such a view may have
 * acted, and what we run may have been started elsewhere.
 *
 * kept: it may; broken: it never can; open: members that could still say so have not been heard.
 */
export function continuity(state: NodeState, from: View, to: View): 'kept' | 'broken' | 'open' {
  // Where time proves nothing, nothing that must not run twice was taken over without our being switched off.
  if (!isProvable(state.doc)) return 'kept';
  const { voters } = state.doc;
  const kept = new Set([state.self]);
  const open = new Set<string>();
  for (const member of to.members) {
    if (member === state.self) continue;
    const grant = state.peers.get(member)?.grant ?? null;
    if (grant === null || !sameView(grant.view, to)) open.add(member);
    else if (grant.since <= from.number) kept.add(member);
  }
  if (isMajority([...kept], voters)) return 'kept';
  return isMajority([...kept, ...open], voters) ? 'open' : 'broken';
}

/** In a view that may act, with a lease: this node may run services. */
export function hasQuorum(state: NodeState, nowMs: Ms): boolean {
  const endMs = leaseEndMs(state, nowMs);
  return endMs !== null && nowMs < endMs;
}

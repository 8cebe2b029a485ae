/** Why this node may not act, for people. */
import { isAwaited } from '../guests.ts';
import { alivePeers } from '../membership/hearing.ts';
import { hasQuorum } from '../membership/lease.ts';
import type { Ms, NodeId } from '../model.ts';
import type { NodeState } from '../state.ts';
import { hasWaited, isKnownOff, standingOf } from './standing.ts';
import { countOf, isMajority, partnerOf, totalOf } from './votes.ts';

export function noQuorumBecause(state: NodeState, nowMs: Ms): string | null {
  if (hasQuorum(state, nowMs)) return null;
  const { voters } = state.doc;
  const heard = alivePeers(state, nowMs);
  const here = [state.self, ...heard];
  if (!state.unfenced.done) return 'fabric devices have not let this node in yet';
  if (state.docLost && state.installed === null)
    return 'its saved cluster file is lost, and votes may have changed since: it waits for a node that has one, or for all of them';
  if (!isMajority(here, voters) && standingOf(state, here, nowMs) === null) return lacking(state, here, nowMs);
  if (state.installed === null) return 'enough votes are there, and a view is being agreed on';
  return 'the lease has run out; a majority did not confirm what this node sent';
}

function lacking(state: NodeState, here: readonly NodeId[], nowMs: Ms): string {
  const { voters, cluster } = state.doc;
  const partner = partnerOf(state.self, voters);
  if (partner === null) {
    const needed = Math.floor(totalOf(voters) / 2) + 1;
    return `${here.length} of ${cluster.nodes.length} nodes are heard, with ${countOf(here, voters)} of ${totalOf(voters)} votes; ${needed} are needed`;
  }
  if (!hasWaited(state, nowMs)) return `${startWait(state)} for ${partner}`;
  if (isKnownOff(state, partner))
    return `${partner} was off, and this daemon, which has just started, listens whether it is back`;
  switch (cluster.quorum.tie) {
    case 'ping':
      return `${partner} is not heard, and none of ${cluster.quorum.ping.join(', ')} answers`;
    case 'fence':
      return `${partner} is not heard, and not known to be off`;
    case 'none':
      return `${partner} is not heard; the file says tie: none, so nothing is taken over before it is confirmed off`;
  }
}

const startWait = (state: NodeState): string =>
  state.doc.cluster.quorum.startWaitMs === null
    ? 'a cluster that starts waits until all are there (start-wait: all):'
    : 'a cluster that starts waits a while';

/** Nodes that a starting cluster waits for. */
export function waitsFor(state: NodeState, nowMs: Ms): readonly NodeId[] {
  const { startWaitMs } = state.doc.cluster.quorum;
  if (state.joined && state.installed === null) return [];
  if (startWaitMs !== null && nowMs - state.startedAtMs >= startWaitMs) return [];
  const present = state.installed?.members ?? [state.self, ...alivePeers(state, nowMs)];
  return state.doc.cluster.nodes
    .filter((node) => isAwaited(node) && !present.includes(node.id) && !state.off.has(node.id))
    .map(({ id }) => id);
}

/**
 * A coordinator whose disk refuses the number that a new view needs can neither take anybody in nor leave anybody out.
 *
 * Where that costs more than what this node runs, it gives its view up, stops what it runs, and another one coordinates without it:
 * a member is lost, or the others would be more by themselves. Merely to have somebody else in its place nothing is interrupted.
 */
import { mayLead } from '../guests.ts';
import { guardsPromotion, isGuarded, type NodeId } from '../model.ts';
import { stopsAlone } from '../quorum/standing.ts';
import { isMajority } from '../quorum/votes.ts';
import { heartbeat, type NodeState, type Turn } from '../state.ts';
import { alivePeers } from './hearing.ts';
import { leave } from './view.ts';

export function giveUpUnwritable(turn: Turn): void {
  const { state, nowMs } = turn;
  const { installed, waiting, self, reserveAgainMs } = state;
  if (installed?.coordinator !== self || waiting?.coordinator !== self || reserveAgainMs === null) return;
  if (nowMs - state.proposedAtMs < heartbeat(state).deadMs || !stopsAlone(state, nowMs)) return;
  const alive = alivePeers(state, nowMs);
  const others = alive.filter((node) => agreesTo(state, node, waiting.number));
  if (!mayAct(state, others) || !isReplaceable(state)) return;
  const hasLost = installed.members.some((node) => node !== self && !alive.includes(node));
  if (hasLost || others.length > installed.members.length)
    leave(turn, `its disk refuses view numbers, and ${others.join(', ')} can agree without this node`);
}

function agreesTo(state: NodeState, node: NodeId, number: number): boolean {
  const upTo = state.peers.get(node)?.beat?.agreesUpTo;
  return upTo === undefined || upTo >= number;
}

const mayAct = ({ doc: { cluster, voters } }: NodeState, nodes: readonly NodeId[]): boolean =>
  isMajority(nodes, voters) && cluster.nodes.some((node) => mayLead(node) && nodes.includes(node.id));

/** What runs here is started elsewhere without anybody having to say that this node is off. */
function isReplaceable({ self, doc, watchdog, local }: NodeState): boolean {
  if (watchdog.state === 'armed' || doc.cluster.nodes.some(({ id, fence }) => id === self && fence.length > 0))
    return true;
  return [...local.values()].every(
    ({ running }) =>
      running === null || running.takeover === 'lease' || !(isGuarded(running) || guardsPromotion(running)),
  );
}

/**
 * By what right do these nodes act, and what follows from it?
 *
 * More than half of the votes may always act. Exactly half may where two nodes vote (a pair), one of them is this one, and
 *   tie       the other one is known to be off: fenced, or confirmed by an operator;
 *   ping      the file says `tie: ping`, and an address outside of the cluster answers.
 * `no-quorum: ignore` lets any nodes act (`alone`).
 *
 * In a pair nobody acts without a node that is not known to be off, but for `tie: ping` and `ignore`, where both sides may. So
 * in a pair a node need not stop when it is alone; and for the same reason nothing proves that a lost node has stopped but
 * power (`isProvable`). docs/internals/quorum.md has the reasons.
 */
import type { Ms, NodeId } from '../model.ts';
import type { Admin, Doc } from '../ports.ts';
import { heartbeat, type NodeState } from '../state.ts';
import { isMajority, isPair, partnerOf } from './votes.ts';

export type Standing = 'majority' | 'tie' | 'ping' | 'alone';

/** Pings are sent this often, and believed for as long as two loss timeouts. */
export const pingEveryMs = (state: NodeState): Ms => heartbeat(state).deadMs / 4;
export const pingHoldsMs = (state: NodeState): Ms => heartbeat(state).deadMs * 2;

/** As this node may judge it; null: they may not act. */
export function standingOf(state: NodeState, members: readonly NodeId[], nowMs: Ms): Standing | null {
  const { voters, cluster } = state.doc;
  if (isMajority(members, voters)) return 'majority';
  const partner = partnerOf(state.self, voters);
  if (partner !== null && isKnownOff(state, partner) && isStillOff(state, partner, nowMs)) return 'tie';
  if (!hasWaited(state, nowMs) || !hasListened(state, nowMs)) return null;
  if (partner !== null && cluster.quorum.tie === 'ping' && reachesOutside(state, partner, nowMs)) return 'ping';
  return cluster.quorum.noQuorum === 'ignore' ? 'alone' : null;
}

/**
 * Several sides may act at the same time. A node that was off may then have come back, and have taken over from a third one,
 * without anybody here knowing: that it was off is known only to who saw it, and only for the view in which it was seen.
 */
export const actsApart = ({ cluster, voters }: Pick<Doc, 'cluster' | 'voters'>): boolean =>
  cluster.quorum.noQuorum === 'ignore' || (isPair(voters) && cluster.quorum.tie === 'ping');

/**
 * Off as far as this node may rely on it. What the document says counts only once this life of the machine was in a view: before,
 * somebody else may have acted, after switching *us* off.
 */
export function isKnownOff(state: NodeState, node: NodeId): boolean {
  if (state.off.has(node)) return true;
  if (actsApart(state.doc)) return false;
  // A document that is no newer than a view with that node in it was written before the node was back.
  const isNewer = state.doc.version.view > (state.lastWith.get(node) ?? -1);
  return state.joined && isNewer && Object.hasOwn(state.doc.admin.off, node);
}

/**
 * A daemon that has just started has only its document to go by, in which a partner may be off that its former life had heard again: the
 * disk may have been slow. It listens first.
 */
const isStillOff = (state: NodeState, partner: NodeId, nowMs: Ms): boolean =>
  state.off.has(partner) || state.installed !== null || hasListened(state, nowMs);

/**
 * A machine that has just booted knows nothing of what happened meanwhile: before it acts without a majority it waits for
 * all, or for as long as the file says.
 */
export function hasWaited(state: NodeState, nowMs: Ms): boolean {
  const { startWaitMs } = state.doc.cluster.quorum;
  return state.joined || (startWaitMs !== null && nowMs - state.startedAtMs >= startWaitMs);
}

/** A daemon that has just started, or was held up, has not heard anybody yet who may well be there. */
export const hasListened = (state: NodeState, nowMs: Ms): boolean =>
  nowMs - state.listeningSinceMs >= 2 * heartbeat(state).deadMs;

/** An address outside answered something that was sent after the partner had last confirmed that it hears us. */
export function reachesOutside(state: NodeState, partner: NodeId, nowMs: Ms): boolean {
  if (state.reachedAtMs === null || nowMs - state.reachedAtMs >= pingHoldsMs(state)) return false;
  return state.reachedAtMs >= (state.peers.get(partner)?.confirmedAtMs ?? Number.NEGATIVE_INFINITY);
}

/**
 * Whether a node that loses its lease stops by itself, as far as the rules in force go: then time proves that a lost node has
 * stopped. Else only power does.
 */
export const isProvable = ({ cluster, voters, admin }: Pick<Doc, 'cluster' | 'voters' | 'admin'>): boolean =>
  cluster.quorum.noQuorum === 'stop' && admin.disarmed === null && !isPair(voters);

/**
 * What others may go by when they conclude from this node's silence: a change that is not on the disks of a majority may be
 * unknown to all of them, so what it allows this node counts only once the last decided document allows it too. Which one that is, a node
 * may not know yet: it may be any of those that it has had since the last one that it saw decided. Where the one in
 * force sets no limit, as in a pair, a coordinator goes by the one that it has only proposed, too: a majority without it may have that on
 * its disks before it hears so. (Of two that both do, each majority of one meets each majority of the other.)
 */
export function judgedBy({ doc, decided, passed, pending }: NodeState): readonly Doc[] {
  const proposed = pending === null || isProvable(doc) ? [] : [pending];
  if (doc === decided && proposed.length === 0) return [doc];
  return [doc, ...proposed, ...passed, decided];
}

/** Whether others may take this node for stopped, or reset, once enough time has passed. */
export const isTimed = (state: NodeState, nowMs: Ms): boolean =>
  judgedBy(state).some((doc) => isProvable(doc) && !isDisarmedBy(state, doc.admin, nowMs));

/** Whether this node stops what it runs when it has no quorum. */
export const stopsAlone = (state: NodeState, nowMs: Ms): boolean =>
  judgedBy(state).some(({ cluster: { quorum }, admin, voters }) => {
    if (quorum.noQuorum !== 'stop' || isDisarmedBy(state, admin, nowMs)) return false;
    return partnerOf(state.self, voters) === null || quorum.tie === 'ping';
  });

/** Fencing and self-fencing are off. A node that is cut off arms itself when the time is over. */
export const isDisarmed = (state: NodeState, nowMs: Ms): boolean => isDisarmedBy(state, state.doc.admin, nowMs);

function isDisarmedBy(state: NodeState, { disarmed }: Admin, nowMs: Ms): boolean {
  if (disarmed === null) return false;
  const sinceMs = state.disarmedSeen?.id === disarmed.id ? state.disarmedSeen.atMs : nowMs;
  return nowMs - sinceMs < disarmed.forMs;
}

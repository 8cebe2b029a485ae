/**
 * Which nodes have to be switched off, and who does it?
 *
 * In a view that acts, its coordinator: nodes that the plan waits for (a lost node that may run what has to be taken over, a member
 * that could not stop a service), and those that an operator named.
 *
 * In a pair with `tie: fence`, either one that has lost the other: the race. The one that holds more, or that the file prefers,
 * begins at once and the other one waits, so that they do not switch each other off at the same time.
 */
import { isCurrent } from '../document/index.ts';
import { isActive } from '../execute/services.ts';
import { isAlive } from '../membership/hearing.ts';
import { hasQuorum } from '../membership/lease.ts';
import type { Ms, NodeId } from '../model.ts';
import { hasListened, hasWaited, isDisarmed, isKnownOff, reachesOutside } from '../quorum/standing.ts';
import { partnerOf } from '../quorum/votes.ts';
import { changed, heartbeat, type NodeState, put, type Turn } from '../state.ts';
import { beginFencing, cancelFencing, canFence } from './run.ts';

export function wantFencing(turn: Turn): void {
  const { state, nowMs } = turn;
  if (isDisarmed(state, nowMs)) return callOff(turn, () => true, 'the cluster was disarmed');
  if (state.resetting !== null) return callOff(turn, () => true, 'this node is about to be reset');
  race(turn);
  const { installed } = turn.state;
  const racing = state.doc.cluster.quorum.tie === 'fence' ? partnerOf(state.self, state.doc.voters) : null;
  if (installed?.coordinator !== state.self || !isCurrent(turn.state) || !hasQuorum(turn.state, nowMs))
    return callOff(turn, (node) => node !== racing, 'it is not for this node to decide any more');
  const wanted = new Map<NodeId, string>(turn.state.fenceAsked);
  for (const { node, because } of turn.state.plan?.fence ?? [])
    if (!wanted.has(node) && !isComingBack(turn.state, node, nowMs)) wanted.set(node, because);
  for (const [node, because] of wanted) fence(turn, node, because);
  callOff(turn, (node) => !wanted.has(node) && node !== racing, 'it is no longer needed');
}

/** It is heard, not in the view, and has not had the time to join it: what it runs will be known in a moment. */
function isComingBack(state: NodeState, node: NodeId, nowMs: number): boolean {
  const peer = state.peers.get(node);
  if (state.installed?.members.includes(node) === true || !isAlive(state, peer, nowMs)) return false;
  const sinceMs = Math.max(peer.aliveSinceMs, state.lost.get(node) ?? Number.NEGATIVE_INFINITY);
  return nowMs - sinceMs < 3 * heartbeat(state).deadMs;
}

function fence(turn: Turn, node: NodeId, because: string): void {
  const { state } = turn;
  // What the document says of one that was heard is over: it was switched on since, and is in no view yet.
  const isBack = state.outside.has(node);
  if (isKnownOff(state, node) && !isBack && !state.fenceAsked.has(node)) return;
  if (node === state.self) return resetSelf(turn, because);
  if (canFence(state, node)) beginFencing(turn, node, because, 0);
}

/** A node cannot be trusted to see its own switching off through; its watchdog can. */
function resetSelf(turn: Turn, because: string): void {
  if (turn.state.resetting !== null || turn.state.watchdog.state !== 'armed') return;
  put(turn, { resetting: because });
  changed(turn, 'watchdog', 'fed', 'not fed', `this node is reset: ${because}`);
}

function callOff(turn: Turn, isUnwanted: (node: NodeId) => boolean, because: string): void {
  for (const node of turn.state.fencing.keys()) if (isUnwanted(node)) cancelFencing(turn, node, because);
}

// ---------------------------------------------------------------- the race of a pair

function race(turn: Turn): void {
  const { state, nowMs } = turn;
  const partner = partnerOf(state.self, state.doc.voters);
  if (partner === null || state.doc.cluster.quorum.tie !== 'fence') return;
  if (isAlive(state, state.peers.get(partner), nowMs)) {
    if (!state.fenceAsked.has(partner)) cancelIfRacing(turn, partner, `${partner} is heard again`);
    return;
  }
  if (isKnownOff(state, partner)) return;
  // One that was held up while it waited has to listen first: the other one may be well, or switching us off.
  if (!mayRace(state, partner, nowMs)) return cancelIfRacing(turn, partner, `${state.self} may not race now`);
  if (state.fencing.has(partner)) return;
  const { headStartMs } = state.doc.cluster.quorum;
  // Not just one more: where the late one is the one with the head start, the other one begins after one.
  const starts = (hasHeadStart(state, partner) ? 0 : 1) + (isLate(state, partner, nowMs) ? 2 : 0);
  const afterMs = starts * headStartMs;
  const who = afterMs === 0 ? `${state.self} goes first` : `${partner} has a head start of ${afterMs / 1000} s`;
  beginFencing(turn, partner, `${partner} is lost, and one of the two may act; ${who}`, afterMs);
}

/**
 * Has only just booted, or was held up and has not been heard by the other one since, or could not race when it lost the other one
 * (it reached nothing outside): the other one's wait may be over by now. Who does not know what went on meanwhile lets the other one
 * go first, whoever that is.
 */
function isLate(state: NodeState, partner: NodeId, nowMs: Ms): boolean {
  const confirmedAtMs = state.peers.get(partner)?.confirmedAtMs ?? Number.NEGATIVE_INFINITY;
  if (!state.joined || confirmedAtMs < state.listeningSinceMs) return true;
  const { deadMs, intervalMs } = heartbeat(state);
  return nowMs - (confirmedAtMs + deadMs) > 2 * intervalMs + lateMs;
}

/** Looking outside, and a tick or two. */
const lateMs = 500;

function cancelIfRacing(turn: Turn, partner: NodeId, because: string): void {
  const { installed, self } = turn.state;
  // Where this node coordinates, the plan may want it for another reason.
  if (installed?.coordinator === self && turn.state.plan?.fence.some(({ node }) => node === partner)) return;
  cancelFencing(turn, partner, because);
}

function mayRace(state: NodeState, partner: NodeId, nowMs: number): boolean {
  if (!hasWaited(state, nowMs) || !hasListened(state, nowMs) || !state.unfenced.done) return false;
  return state.doc.cluster.quorum.ping.length === 0 || reachesOutside(state, partner, nowMs);
}

/** Both come to the same answer from the records that both have. */
function hasHeadStart(state: NodeState, partner: NodeId): boolean {
  const { prefer } = state.doc.cluster.quorum;
  if (prefer !== null) return prefer === state.self;
  const own = held(state, state.self);
  const theirs = held(state, partner);
  if (own !== theirs) return own > theirs;
  const order = state.doc.cluster.nodes.map(({ id }) => id);
  return order.indexOf(state.self) < order.indexOf(partner);
}

function held(state: NodeState, node: NodeId): number {
  const services = state.records.get(node)?.services ?? {};
  return Object.values(services).filter((record) => isActive({ record, op: null })).length;
}

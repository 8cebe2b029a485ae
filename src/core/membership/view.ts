/**
 * Which nodes act together, and who coordinates them?
 *
 * A view is agreed in two rounds, both carried by ordinary beats, so that loss, repetition and order of packets do not
 * matter: the proposer promises it to itself and says so; every member promises the same; when all have, the proposer
 * installs it, and the members install it when they see that it did.
 *
 * Invariants:
 * - a node promises only rising numbers, and never two views with one number, also across restarts (numbers are reserved
 *   on disk ahead of use): so two views that a majority promised differ in number;
 * - a view is installed only when all of its members, a majority of all votes, have promised it: by the newest table of votes that
 *   any of them knows;
 * - a coordinator that left its view never leads it again: what it ordered in it may still be on its way, and it remembers none of
 *   that in the next one, in which nobody obeys it any more;
 * - members hear the coordinator both ways, and enough of the others to hold a lease. They need not all hear each other;
 * - nobody is asked for a promise that it could not give at once.
 *
 * A working coordinator is not replaced: a node that is in a view whose coordinator it hears refuses other proposals.
 */
import { assert } from '../../lib/assert.ts';
import { newest } from '../document/index.ts';
import { cancelFencing } from '../fencing/run.ts';
import { guestIn, isAwaited } from '../guests.ts';
import type { NodeId, ServiceId } from '../model.ts';
import { mayRunBy, type View } from '../ports.ts';
import { actsApart, standingOf } from '../quorum/standing.ts';
import { isMajority, isPair } from '../quorum/votes.ts';
import { nothingHeld, withGiven } from '../schedule/index.ts';
import { changed, emit, heartbeat, type NodeState, nodeIds, put, sameView, type Turn } from '../state.ts';
import { circleOf, isInformed, leaderOf, workingCoordinator } from './election.ts';
import { alivePeers, isAlive } from './hearing.ts';
import { continuity, hasQuorum, leaseEndMs } from './lease.ts';
import { isOutvoted } from './outvoted.ts';

export function agreeOnView(turn: Turn): void {
  leaveSuperseded(turn);
  followCoordinator(turn);
  propose(turn);
  promiseOthers(turn);
  installOwn(turn);
  followCoordinator(turn);
}

/** A newer view without us was agreed: what we hold may already be given to others. */
function leaveSuperseded(turn: Turn): void {
  const { state } = turn;
  const view = state.installed;
  const newer = view === null ? null : supersededBy(state, view);
  if (newer === null) return;
  leave(turn, `view ${newer} was agreed without this node`);
  // Half of a pair acts only once the other one is known to be off: this node was thought to be.
  const { tie, noQuorum } = state.doc.cluster.quorum;
  if (isPair(state.doc.voters) && tie !== 'ping' && noQuorum === 'stop') put(turn, { purging: true });
}

/** The number of a newer view without us that a member of `view` acts in; null: none is known. */
function supersededBy(state: NodeState, view: View): number | null {
  for (const member of view.members) {
    const beat = state.peers.get(member)?.beat;
    if (!beat || beat.installed !== beat.promised.number || beat.installed <= view.number) continue;
    if (!beat.promised.members.includes(state.self)) return beat.installed;
  }
  return null;
}

export function leave(turn: Turn, because: string): void {
  const view = turn.state.installed;
  if (view === null) return;
  changed(turn, 'view', describe(view), 'none', because);
  const endedOwn = view.coordinator === turn.state.self ? view.number : turn.state.endedOwn;
  put(turn, { installed: null, endedOwn, beatNow: true });
}

/** Installs a promised view when its coordinator says that it has. */
function followCoordinator(turn: Turn): void {
  const { state, nowMs } = turn;
  const view = state.promised;
  if (view.coordinator === state.self || sameView(view, state.installed)) return;
  if (supersededBy(state, view) !== null) return;
  const coordinator = state.peers.get(view.coordinator);
  if (!isAlive(state, coordinator, nowMs)) return;
  const agreed = coordinator.beat?.installed === view.number && sameView(coordinator.beat.promised, view);
  // Leases of the former view hold until then: stepping over before a majority grants the new one would drop services.
  if (agreed && wouldHoldLease(state, view, nowMs)) install(turn, view);
}

function wouldHoldLease(state: NodeState, view: View, nowMs: number): boolean {
  return hasQuorum({ ...state, installed: view }, nowMs);
}

/** Makes this node the proposer of a view where it is the best placed one to coordinate. */
function propose(turn: Turn): void {
  const { state, nowMs } = turn;
  if (state.waiting !== null || !state.unfenced.done || leaderOf(state, nowMs) !== state.self) return;
  // One that the newest file has no longer in it would lead those who have not got that file away from those who have.
  if (!newest(state).cluster.nodes.some(({ id }) => id === state.self)) return;
  const members = circleOf(state, nowMs);
  if (members === null || isUnderWay(state, members)) return;
  // Two that propose against each other must not burn numbers as fast as packets travel.
  if (nowMs - state.proposedAtMs < heartbeat(state).intervalMs) return;
  put(turn, { proposedAtMs: nowMs });
  promise(turn, { number: nextNumber(state, members, highestNumber(state)), members, coordinator: state.self });
}

const highestNumber = ({ promised, peers }: NodeState): number =>
  Math.max(promised.number, ...[...peers.values()].map(({ beat }) => beat?.promised.number ?? 0));

/**
 * Nodes that may act at the same time must never give one number to two views, whatever file each of them goes by. A majority counts in
 * even numbers, which no other one can agree to; half of a pair in odd ones of a class of its own, and so does each node where none is
 * needed: there a majority by votes that others do not know yet is no exception.
 */
function nextNumber(
  { self, doc: { voters, cluster } }: NodeState,
  members: readonly NodeId[],
  highest: number,
): number {
  if (cluster.quorum.noQuorum !== 'ignore' && isMajority(members, voters)) return highest + 2 - (highest % 2);
  const modulus = 2 * cluster.nodes.length;
  const rest = 2 * cluster.nodes.findIndex(({ id }) => id === self) + 1;
  return highest + 1 + ((((rest - highest - 1) % modulus) + modulus) % modulus);
}

/** Our newest proposal has these members, and none of them has promised anything newer. */
function isUnderWay(state: NodeState, members: readonly NodeId[]): boolean {
  const { promised } = state;
  if (promised.coordinator !== state.self || promised.number <= state.endedOwn) return false;
  if (promised.members.length !== members.length || !promised.members.every((node, i) => node === members[i]))
    return false;
  return members.every((member) => {
    const beat = state.peers.get(member)?.beat;
    return !beat || beat.promised.number < promised.number || sameView(beat.promised, promised);
  });
}

/** Agrees to the newest proposal of a peer that may coordinate us. */
function promiseOthers(turn: Turn): void {
  const { state, nowMs } = turn;
  if (state.waiting !== null || !state.unfenced.done) return;
  const proposals = newerProposals(state, nowMs);
  if (proposals.length === 0) return;
  const coordinator = workingCoordinator(state, nowMs);
  let best: View | null = null;
  for (const view of proposals) {
    if (coordinator !== null && coordinator !== view.coordinator) continue;
    if (best === null || view.number > best.number) best = view;
  }
  if (best !== null) promise(turn, best);
}

/** What peers propose with us in it, newer than what we have promised. */
function newerProposals(state: NodeState, nowMs: number): readonly View[] {
  const proposals: View[] = [];
  for (const node of alivePeers(state, nowMs)) {
    const view = state.peers.get(node)?.beat?.promised;
    if (view === undefined || view.coordinator !== node || view.number <= state.promised.number) continue;
    if (view.members.includes(state.self) && !isOutvoted(state, node, view)) proposals.push(view);
  }
  return proposals;
}

/** Notes a promise, at once where its number is reserved on disk, else when it is. */
function promise(turn: Turn, view: View): void {
  assert(view.number > turn.state.promised.number, 'promised view numbers rise');
  if (view.number > turn.state.reservedUpTo) {
    put(turn, { waiting: view });
    reserve(turn, view.number);
  } else {
    // A node that never promised anything has never left anybody out.
    const first = turn.state.promised.number === 0 ? 0 : view.number;
    const continuous = new Map(view.members.map((node) => [node, turn.state.continuous.get(node) ?? first]));
    const { promised: before, ownSince: since, self } = turn.state;
    const ownSince = view.coordinator !== self ? Number.POSITIVE_INFINITY : Math.min(since, view.number);
    assert(
      before.coordinator === self || since === Number.POSITIVE_INFINITY,
      'own proposals are counted from the first',
    );
    const lastWith = new Map(turn.state.lastWith);
    for (const node of view.members) lastWith.set(node, view.number);
    // Whoever else leads it may act with all of them before this node hears that it does: that one was off, or is being switched off.
    if (view.coordinator !== self)
      for (const node of turn.state.fencing.keys())
        cancelFencing(turn, node, `${self} agreed to a view of ${view.coordinator}`);
    const others = view.coordinator === self ? {} : { off: offOutside(turn.state, view), fencing: new Map() };
    put(turn, { promised: view, continuous, lastWith, ownSince, ...others, waiting: null, beatNow: true });
    note(turn);
  }
}

/** For the next life of the daemon. */
export function note(turn: Turn): void {
  const { promised, continuous, leaseNotedMs: leaseUntilMs, joined, decided, migrations } = turn.state;
  const entries = [...continuous].map(([node, since]) => ({ node, since }));
  emit(turn, {
    kind: 'notePromise',
    note: { joined, decided: decided.version, migrations, promised, continuous: entries, leaseUntilMs },
  });
}

/** A next life of the daemon must know whether what it finds running may have been started elsewhere meanwhile. */
export function noteLease(turn: Turn): void {
  const endMs = leaseEndMs(turn.state, turn.nowMs);
  if (endMs === null || endMs - turn.state.leaseNotedMs < heartbeat(turn.state).intervalMs / 2) return;
  put(turn, { leaseNotedMs: endMs });
  note(turn);
}

/** To which views this node can agree without waiting for its disk, or for fabric devices. */
export const agreesUpTo = ({ unfenced, waiting, reservedUpTo }: NodeState): number =>
  unfenced.done && waiting === null ? reservedUpTo : 0;

/** Keeps numbers reserved ahead of need, so that a failover waits for no disk; and tries again what a disk refused. */
export function reserveEarly(turn: Turn): void {
  const { waiting, reservedUpTo, reserving, limits } = turn.state;
  const needed = Math.max(highestNumber(turn.state), waiting?.number ?? 0);
  if (reserving === null && reservedUpTo < needed + limits.reserveAhead / 2) reserve(turn, needed);
}

function reserve(turn: Turn, number: number): void {
  const { reserving, reserveAgainMs, limits } = turn.state;
  if (reserving !== null && reserving >= number) return;
  if (reserveAgainMs !== null && turn.nowMs < reserveAgainMs) return;
  const upTo = number + limits.reserveAhead;
  put(turn, { reserving: upTo });
  emit(turn, { kind: 'reserve', upTo });
}

/**
 * A node whose disk does not write agrees to nothing beyond what is reserved: after a restart it would agree to the same number a
 * second time. What is reserved ahead lasts for some changes of view.
 */
export function onReserved(turn: Turn, upTo: number, ok: boolean, because: string): void {
  const { state, nowMs } = turn;
  const reserving = state.reserving === upTo ? null : state.reserving;
  if (!ok) {
    const why = `view numbers could not be reserved: ${because}; this node agrees to none above ${state.reservedUpTo}`;
    if (state.reserveAgainMs === null) changed(turn, 'disk', 'writable', 'failing', why);
    return put(turn, { reserving, reserveAgainMs: nowMs + state.limits.saveAgainAfterMs });
  }
  if (state.reserveAgainMs !== null) changed(turn, 'disk', 'failing', 'writable', 'view numbers are reserved');
  put(turn, { reserving, reserveAgainMs: null, reservedUpTo: Math.max(upTo, state.reservedUpTo), beatNow: true });
  const view = state.waiting;
  if (view === null || view.number > turn.state.reservedUpTo) return;
  put(turn, { waiting: null });
  if (view.number > turn.state.promised.number) promise(turn, view);
}

/** Installs our own proposal when every member has promised it. */
function installOwn(turn: Turn): void {
  const { state, nowMs } = turn;
  const view = state.promised;
  if (view.coordinator !== state.self || view.number <= state.endedOwn || sameView(view, state.installed)) return;
  if (supersededBy(state, view) !== null) return;
  const agreed = view.members.every((member) => {
    if (member === state.self) return true;
    const peer = state.peers.get(member);
    return isAlive(state, peer, nowMs) && peer.beat !== null && sameView(peer.beat.promised, view);
  });
  // One that has agreed may have lost its document since it was asked.
  if (agreed && isInformed(state, view.members) && isActing(state, view, nowMs) && wouldHoldLease(state, view, nowMs))
    install(turn, view);
}

function install(turn: Turn, view: View): void {
  const former = turn.state.installed;
  const link = former === null ? 'kept' : continuity(turn.state, former, view);
  if (link === 'open') return;
  // What runs here may have been started elsewhere by then: it must stop first, and then we join as a newcomer.
  if (link === 'broken') return leave(turn, 'a view without this node may have come between');
  const { state, nowMs } = turn;
  const before = state.installed;
  assert(before === null || view.number > before.number, 'installed view numbers rise');
  assert(view.coordinator !== state.self || isActing(state, view, nowMs), 'a view holds enough votes to act');
  assert(view.members.includes(state.self), 'a node installs only views that it is in');
  // Counted from now, even for nodes that our former view lacked: they may have been in a view between that we never saw. But
  // not where this node led both and promised nothing but its own proposals: nobody can have acted in any of those.
  const isDirect = before?.coordinator === state.self && state.ownSince <= before.number;
  const lost = new Map(
    nodeIds(state)
      .filter((node) => !view.members.includes(node))
      .map((node) => [node, (isDirect ? state.lost.get(node) : undefined) ?? nowMs]),
  );
  changed(turn, 'view', describe(before), describe(view), reasonFor(state, before, view));
  put(turn, {
    installed: view,
    complete: state.complete || isEverybodyIn(state, view),
    // So too for what was found out about others in a former view. In a pair there is none between.
    off: (isDirect && !actsApart(state.doc)) || isPair(state.doc.voters) ? offOutside(state, view) : new Map(),
    fencing: isDirect ? state.fencing : new Map(),
    fenceAsked: isDirect ? state.fenceAsked : new Map(),
    lost,
    beatNow: true,
    ordered: new Map(),
    plan: null,
    planBasis: null,
    held: isDirect ? withGiven(state.held, (id) => outlivesGuest(state, before, view, id)) : nothingHeld,
  });
}

/**
 * When a guest leaves with its machine, what was seen of that machine stays true: no node that could run it left. Else a host that was
 * lost long before could run it again as far as anybody knew, whenever a machine is stopped to be started elsewhere.
 */
function outlivesGuest({ doc, records }: NodeState, before: View | null, view: View, id: ServiceId): boolean {
  const machine = guestIn(doc.cluster, id)?.machine;
  const left = before?.members.filter((node) => !view.members.includes(node)) ?? [];
  return (
    machine !== undefined &&
    left.every((node) => !machine.on.includes(node) && !mayRunBy(records.get(node)?.services[id]))
  );
}

/**
 * This life of the machine belongs to the cluster once it has the document of a view that may act: before, it knows nothing of what
 * was decided while it was away, and must not act on its own.
 */
export function noteJoined(turn: Turn): void {
  const { joined, installed, doc } = turn.state;
  if (joined || installed === null || !isMajority(installed.members, doc.voters)) return;
  if (newest(turn.state).version.view < installed.number) return;
  put(turn, { joined: true });
  note(turn);
}

const isEverybodyIn = (state: NodeState, view: View): boolean =>
  state.doc.cluster.nodes.every((node) => !isAwaited(node) || view.members.includes(node.id));

const offOutside = (state: NodeState, view: View): NodeState['off'] =>
  new Map([...state.off].filter(([node]) => !view.members.includes(node)));

const isActing = (state: NodeState, view: View, nowMs: number): boolean =>
  standingOf(state, view.members, nowMs) !== null;

function reasonFor(state: NodeState, before: View | null, view: View): string {
  const gone = (before?.members ?? []).filter((node) => !view.members.includes(node));
  const come = view.members.filter((node) => node !== state.self && !(before?.members ?? []).includes(node));
  const parts: string[] = [];
  if (gone.length > 0) parts.push(`${gone.join(', ')} no longer heard by ${view.coordinator}`);
  if (come.length > 0) parts.push(`${come.join(', ')} heard both ways`);
  return parts.length > 0 ? parts.join('; ') : 'its members agreed anew';
}

export const describe = (view: View | null): string =>
  view === null ? 'none' : `${view.number} {${view.members.join(' ')}} led by ${view.coordinator}`;

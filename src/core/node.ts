/**
 * One node: `step` takes its state, one event and the time, and returns the new state and the effects, in order.
 *
 * Nothing here waits, reads a clock or draws a number. The same function runs in the daemon and in the simulator.
 */

import { changesByRules, inForce, secondsOf } from './ask/index.ts';
import {
  absorbDoc,
  decideDoc,
  decidedBefore,
  noteDecided,
  onDocSaved,
  saveAgain,
  spreadDoc,
  stampDoc,
} from './document/index.ts';
import { coordinate, inputOf } from './execute/coordinate.ts';
import { opDone, takeOrder } from './execute/local.ts';
import { heardOfMigration, noteMigrations, rememberMigrations } from './execute/migrate.ts';
import { lookAgain, pardonChanged, syncServices, unlooked } from './execute/services.ts';
import { stopWithoutQuorum } from './execute/withoutQuorum.ts';
import { forgetOff } from './fencing/off.ts';
import { fenceDone, pursueFencing } from './fencing/run.ts';
import { unfence, unfenceDone } from './fencing/unfence.ts';
import { wantFencing } from './fencing/want.ts';
import { usualLimits } from './limits.ts';
import { beatIfDue } from './membership/beat.ts';
import { giveUpUnwritable } from './membership/giveUp.ts';
import { absorbBeat, alivePeers, forgetConfirmations, saysNothingNew } from './membership/hearing.ts';
import { hasQuorum } from './membership/lease.ts';
import { noteOutside } from './membership/outside.ts';
import { agreeOnView, leave, noteJoined, noteLease, onReserved, reserveEarly } from './membership/view.ts';
import type { Cluster, Ms, NodeId } from './model.ts';
import { onDied, watchServices } from './monitor/checks.ts';
import type { Message, NodeEffect, NodeEvent, NodeRecord, Noted, PromiseNote, RecordMessage, View } from './ports.ts';
import { onPinged, pingOutside } from './quorum/outside.ts';
import { dropFinishedMoves } from './request/commands.ts';
import { answerDecided, decide, onAnswer, onRequest, pursueRequests } from './request/index.ts';
import { nothingHeld, schedule } from './schedule/index.ts';
import type { Plan } from './schedule/plan.ts';
import {
  changed,
  dateMsOf,
  emit,
  heartbeat,
  type LocalService,
  type NodeInit,
  type NodeState,
  noVersion,
  put,
  type Turn,
} from './state.ts';
import { keepInOrder } from './upkeep/index.ts';
import { onWatchdog, retireWatchdog, tendWatchdog } from './watchdog/feed.ts';

/** A newcomer: in no view, knowing of nothing that runs but what a former life noted. */
export function boot(init: NodeInit, nowMs: Ms): NodeState {
  const number = Math.max(init.reserved, init.doc.version.view);
  const unknown = {
    joined: false,
    decided: noVersion,
    migrations: [],
    // Nobody knows for how long it has been over.
    leaseUntilMs: 0,
    promised: { number, members: [], coordinator: '' },
    continuous: [],
  };
  const turn: Turn = { nowMs, effects: [], state: blank(init, init.noted ?? unknown, nowMs) };
  put(turn, { local: new Map(init.ledger.map((noted) => [noted.id, notedBefore(noted, init.noted !== null)])) });
  rememberMigrations(turn);
  syncServices(turn);
  return turn.state;
}

/** What was started before the machine was off is not what runs now. */
function notedBefore({ found, promoted, ...service }: Noted, isSameBoot: boolean): LocalService {
  return {
    ...unlooked(service),
    isFound: found === true || !isSameBoot,
    hasPromoted: promoted === true && isSameBoot,
  };
}

function blank(init: NodeInit, noted: PromiseNote, nowMs: Ms): NodeState {
  const { deadMs } = init.doc.cluster.heartbeat;
  return {
    self: init.self,
    limits: init.limits ?? usualLimits,
    boot: init.boot,
    startedAtMs: nowMs,
    lastTickMs: nowMs,
    dateAheadMs: null,
    dateS: 0,
    listeningSinceMs: nowMs,
    peers: new Map(),
    beatSeq: 0,
    lastBeatMs: nowMs - deadMs,
    beatNow: true,
    promised: ownedByNobody(init.self, noted.promised),
    continuous: new Map(noted.continuous.map(({ node, since }) => [node, since])),
    installed: null,
    lastWith: new Map(noted.promised.members.map((node) => [node, noted.promised.number])),
    ownSince: Number.POSITIVE_INFINITY,
    endedOwn: -1,
    proposedAtMs: nowMs - deadMs,
    waiting: null,
    reservedUpTo: init.reserved,
    reserving: null,
    reserveAgainMs: null,
    lost: new Map(),
    hadQuorum: false,
    joined: noted.joined,
    beganCold: !noted.joined,
    complete: noted.joined,
    purging: false,
    leaseNotedMs: noted.leaseUntilMs,
    distrusted: new Set(),
    graceUntilMs: nowMs + deadMs,
    off: new Map(),
    outside: new Map(),
    fencing: new Map(),
    fenceAsked: new Map(),
    nextCallId: 1,
    // A daemon that starts anew on a running machine was let in before.
    unfenced: { done: noted.promised.members.length > 0, againAtMs: nowMs, calls: new Map() },
    reachedAtMs: null,
    pingedAtMs: nowMs - deadMs,
    watchdog: { wanted: undefined, state: 'none' },
    resetting: null,
    leaseUntilMs: noted.leaseUntilMs,
    disarmedSeen: null,
    shutdownsSeen: new Map(),
    doc: init.doc,
    docLost: init.docLost === true,
    decided: decidedBefore(init.doc, noted.decided),
    passed: [],
    migrations: noted.migrations,
    onDisk: init.doc.version,
    pending: null,
    pendingSinceMs: nowMs,
    saveAgainMs: null,
    waitingAnswers: [],
    requests: new Map(),
    answered: [],
    records: new Map([[init.self, blankNodeRecord(init)]]),
    recordVersion: 0,
    local: new Map(),
    nextOpId: 1,
    recordSent: -1,
    plan: null,
    planNumber: 0,
    held: nothingHeld,
    planBasis: null,
    ordered: new Map(),
  };
}

const blankNodeRecord = ({ self, boot }: NodeInit): NodeRecord => ({
  node: self,
  boot,
  version: 0,
  services: {},
  watchdog: 'none',
  fencings: [],
});

/**
 * A proposal of our former life is still promised, and no longer pursued: that life may have acted in it and changed the document
 * under its number, and peers must not wait for it.
 */
const ownedByNobody = (self: NodeId, view: View): View =>
  view.coordinator === self ? { ...view, coordinator: '' } : view;

export function step(
  before: NodeState,
  event: NodeEvent,
  nowMs: Ms,
): { state: NodeState; effects: readonly NodeEffect[] } {
  const turn: Turn = { nowMs, state: before, effects: [] };
  noticePause(turn, event.kind === 'tick');
  noticeDate(turn);
  const isQuiet =
    event.kind === 'message' && event.message.kind === 'beat' && saysNothingNew(turn.state, event.message, nowMs);
  absorb(turn, event);
  if (isQuiet) return { state: turn.state, effects: turn.effects };
  act(turn, before, event.kind === 'tick');
  tell(turn);
  return { state: turn.state, effects: turn.effects };
}

function absorb(turn: Turn, event: NodeEvent): void {
  switch (event.kind) {
    case 'tick':
      return;
    case 'clock':
      return put(turn, { dateAheadMs: event.aheadMs });
    case 'message':
      return onMessage(turn, event.link, event.message);
    case 'opDone':
      return opDone(turn, event.opId, event.result);
    case 'died':
      return onDied(turn, event.serviceId, event.because);
    case 'docSaved':
      return onDocSaved(turn, event.version, event.ok, event.because);
    case 'reserved':
      return onReserved(turn, event.upTo, event.ok, event.because);
    case 'fenceDone':
      if (!unfenceDone(turn, event.callId, event.result)) fenceDone(turn, event.callId, event.result);
      return;
    case 'pinged':
      return onPinged(turn, event.sentAtMs, event.reached);
    case 'watchdog':
      return onWatchdog(turn, event.state, event.because);
    case 'request':
      return onRequest(turn, event.requestId, event.command);
  }
}

/** What rules make of a service from now on counts from now on. */
function noticeDate(turn: Turn): void {
  const before = turn.state;
  const dateS = secondsOf(dateMsOf(before, turn.nowMs));
  if (dateS === before.dateS || !changesByRules(before.doc.cluster)) return;
  put(turn, { dateS });
  if (inForce(before.doc.cluster, dateS) !== inForce(before.doc.cluster, before.dateS)) pardonChanged(turn, before);
}

/** With whatever comes first: what was under way while the process was held up may end before the next tick. */
function noticePause(turn: Turn, isTick: boolean): void {
  const heldMs = turn.nowMs - turn.state.lastTickMs;
  const wasHeldUp = heldMs > heartbeat(turn.state).deadMs;
  if (isTick || wasHeldUp) put(turn, { lastTickMs: turn.nowMs });
  if (!wasHeldUp) return;
  // Others have gone on without us, whatever the packets in our socket say.
  forgetConfirmations(turn);
  put(turn, { listeningSinceMs: turn.nowMs });
  changed(turn, 'daemon', 'running', 'newcomer', `it was held up for ${heldMs} ms, longer than the loss timeout`);
  leave(turn, `this node was held up for ${heldMs} ms`);
}

function onMessage(turn: Turn, link: number, message: Message): void {
  const { state } = turn;
  switch (message.kind) {
    case 'beat':
      return absorbBeat(turn, link, message);
    case 'record':
      return absorbRecord(turn, message);
    case 'order':
      if (state.peers.get(message.from)?.boot === message.boot) takeOrder(turn, message.from, message.order);
      return;
    case 'doc':
      if (state.peers.get(message.from)?.boot === message.boot) absorbDoc(turn, message.from, message.doc);
      return;
    case 'request':
      return decide(turn, message.requestId, message.from, message.command);
    case 'answer':
      return onAnswer(turn, message.requestId, message.answer);
  }
}

/** Only a node itself writes its record; only the life that we know of it counts. */
function absorbRecord(turn: Turn, { from, boot: life, record }: RecordMessage): void {
  const { state } = turn;
  if (record.node !== from || record.boot !== life || state.peers.get(from)?.boot !== life) return;
  const known = state.records.get(from);
  if (known !== undefined && known.boot === life && known.version >= record.version) return;
  put(turn, { records: new Map(state.records).set(from, record) });
  heardOfMigration(turn, known, record);
}

/** What follows from what is now known. */
function act(turn: Turn, before: NodeState, isTick: boolean): void {
  if (isTick) {
    unfence(turn);
    pingOutside(turn);
  }
  forgetOff(turn);
  noteOutside(turn);
  giveUpUnwritable(turn);
  agreeOnView(turn);
  if (turn.state.installed !== null && !hasQuorum(turn.state, turn.nowMs)) leave(turn, 'its lease has run out');
  stampDoc(turn);
  decideDoc(turn);
  noteDecided(turn);
  noteJoined(turn);
  // Whether it was sent to us or decided here.
  if (turn.state.doc !== before.doc) {
    retireWatchdog(turn);
    syncServices(turn);
    pardonChanged(turn, before);
    lookAgain(turn, before.doc.admin);
  }
  keepInOrder(turn);
  const quorum = hasQuorum(turn.state, turn.nowMs);
  stopWithoutQuorum(turn, quorum);
  if (isTick) watchServices(turn);
  answerDecided(turn);
  pursueRequests(turn);
  // Members take orders only in a view that they have installed: they hear of it before the first order.
  if (turn.state.beatNow) beatIfDue(turn);
  coordinate(turn);
  wantFencing(turn);
  dropFinishedMoves(turn);
  if (isTick) {
    pursueFencing(turn);
    tendWatchdog(turn);
    reserveEarly(turn);
    noteLease(turn);
    saveAgain(turn);
  }
}

/** Tells the peers: changed records at once, and with each beat whatever a peer turns out to lack. */
function tell(turn: Turn): void {
  const { state, nowMs } = turn;
  const record = state.records.get(state.self);
  const isNew = state.recordVersion !== state.recordSent;
  if (isNew) {
    put(turn, { recordSent: state.recordVersion });
    noteMigrations(turn);
  }
  const seq = state.beatSeq;
  beatIfDue(turn);
  const didBeat = turn.state.beatSeq !== seq;
  if (didBeat) spreadDoc(turn);
  if (record === undefined || !(isNew || didBeat)) return;
  for (const peer of alivePeers(state, nowMs)) if (isNew || !holds(state, peer, record)) sendRecord(turn, peer, record);
}

function holds(state: NodeState, peer: string, record: NodeRecord): boolean {
  const held = state.peers.get(peer)?.beat?.holds.find((entry) => entry.node === state.self);
  return held !== undefined && held.boot === record.boot && held.version >= record.version;
}

function sendRecord(turn: Turn, to: string, record: NodeRecord): void {
  emit(turn, { kind: 'send', to, message: { kind: 'record', from: turn.state.self, boot: turn.state.boot, record } });
}

/** What this node would do with another cluster file, from what it knows now; null without a view. */
export function planFor(state: NodeState, cluster: Cluster, nowMs: Ms): Plan | null {
  const input = inputOf(state, nowMs);
  return input === null ? null : schedule({ ...input, cluster });
}

/**
 * Walks the plan, as the coordinator of the installed view.
 *
 * Level-triggered: whenever the document, the view or a record changed, the plan is made anew from what the members report,
 * and every action that waits for nothing is ordered. There is no other memory of what was under way, so that a new
 * coordinator goes on where the former one ended. Actions under way show as states (`starting`, ...) in the records.
 *
 * An order is repeated until the node's record shows it; until then nothing else is ordered for that service and node.
 */
import { isCurrent } from '../document/index.ts';
import { alivePeers } from '../membership/hearing.ts';
import { hasQuorum } from '../membership/lease.ts';
import type { Ms, NodeId } from '../model.ts';
import {
  type Admin,
  mayRunBy,
  type NodeRecord,
  type Order,
  type OrderId,
  type ServiceState,
  type View,
} from '../ports.ts';
import { actsApart, isKnownOff, isProvable } from '../quorum/standing.ts';
import { isMajority } from '../quorum/votes.ts';
import { isSameNotice } from '../roles.ts';
import { remember, schedule } from '../schedule/index.ts';
import type { Outsider, PlannedAction, ScheduleInput } from '../schedule/plan.ts';
import { underWay } from '../schedule/seen.ts';
import {
  compareVersions,
  dateMsOf,
  emit,
  heartbeat,
  isFresh,
  type NodeState,
  type OrderSent,
  type PlanBasis,
  put,
  type Turn,
} from '../state.ts';
import { compareOrders, takeOrder } from './local.ts';
import { plainOrder } from './plainOrder.ts';
import { isInDoubt } from './services.ts';
import { asUnheard, type Unheard, unheardOf } from './unheard.ts';

export function coordinate(turn: Turn): void {
  const { state, nowMs } = turn;
  const view = state.installed;
  if (view === null || view.coordinator !== state.self || !isCurrent(state) || !hasQuorum(state, nowMs)) return;
  if (state.pending !== null || !view.members.every((member) => isFresh(state, member)) || isColdStart(state, nowMs))
    return;
  noteSeen(turn);
  replaceUndeliverable(turn);
  repeatUnseen(turn);
  replan(turn);
  orderReady(turn);
}

/**
 * Nothing runs yet and not everybody is here yet: machines that were switched on together boot at their own pace, and a
 * service that was started on the second choice would stay there.
 */
function isColdStart(state: NodeState, nowMs: number): boolean {
  const view = state.installed;
  if (state.complete || view === null || !isSomebodyMissing(state, view)) return false;
  const { startWaitMs } = state.doc.cluster.quorum;
  if (startWaitMs !== null && nowMs - state.startedAtMs >= startWaitMs) return false;
  return view.members.every((member) =>
    Object.values(state.records.get(member)?.services ?? {}).every((service) => service.state === 'stopped'),
  );
}

/** A witness runs nothing, and a node that is known to be off will not come. */
const isSomebodyMissing = (state: NodeState, view: View): boolean =>
  state.doc.cluster.nodes.some(({ id, witness }) => !witness && !view.members.includes(id) && !isKnownOff(state, id));

/** It acts in our view, as far as its last beat says: it would refuse orders of any other. */
function isActing(state: NodeState, node: NodeId): boolean {
  return node === state.self || state.peers.get(node)?.beat?.installed === state.installed?.number;
}

/**
 * An order that waits until its node is back in the view would be carried out long after the plan that it belonged to. It may still
 * be on its way all the same: an order to look, which does no harm, takes its place, and once that is seen the older one is refused.
 */
function replaceUndeliverable(turn: Turn): void {
  for (const [key, sent] of turn.state.ordered) {
    const { state, nowMs } = turn;
    if (sent.seen || sent.order.verb === 'probe' || isActing(state, sent.to)) continue;
    const planNumber = state.planNumber + 1;
    const id: OrderId = { view: sent.order.id.view, plan: planNumber, action: 0 };
    const because = `${sent.to} had no lease when it was to ${sent.order.verb} it`;
    const order: Order = { ...sent.order, id, ...plainOrder, verb: 'probe', because };
    const instead: OrderSent = {
      order,
      to: sent.to,
      sentAtMs: nowMs,
      tries: 0,
      seen: false,
      replaces: replacedIn(sent),
    };
    put(turn, { planNumber, ordered: new Map(state.ordered).set(key, instead) });
  }
}

function noteSeen(turn: Turn): void {
  const { ordered, records } = turn.state;
  let next: Map<string, OrderSent> | null = null;
  for (const [key, sent] of ordered) {
    if (sent.seen) continue;
    const shown = records.get(sent.to)?.services[sent.order.serviceId]?.order ?? null;
    if (shown === null || compareOrders(shown, sent.order.id) < 0) continue;
    next ??= new Map(ordered);
    next.set(key, { ...sent, seen: true });
  }
  if (next !== null) put(turn, { ordered: next });
}

function replan(turn: Turn): void {
  const { state, nowMs } = turn;
  const basis = basisOf(state, nowMs);
  const dueMs = state.plan?.againAtMs ?? null;
  if (state.plan !== null && isSame(state.planBasis, basis) && (dueMs === null || nowMs < dueMs)) return;
  const input = inputOf(state, nowMs);
  if (input === null) return;
  const held = input.held ?? state.held;
  put(turn, { plan: schedule(input), planBasis: basis, planNumber: state.planNumber + 1, held });
}

function basisOf(state: NodeState, nowMs: Ms): PlanBasis {
  const records = (state.installed?.members ?? []).map((member) => state.records.get(member));
  return {
    dateAheadMs: state.dateAheadMs,
    off: state.off,
    fencing: state.fencing,
    view: state.installed,
    doc: state.doc,
    records,
    inFlight: inFlight(state).map((sent) => sent.order),
    unheard: unheardOf(state),
    outsiders: outsidersOf(state, nowMs),
  };
}

/**
 * What those said last that are outside the view: what is newer may be on its way. A beat that was sent before its sender was switched
 * off proves nothing.
 */
function outsidersOf(state: NodeState, nowMs: Ms): ReadonlyMap<NodeId, Outsider> {
  const outsiders = new Map<NodeId, Outsider>();
  if (state.outside.size === 0) return outsiders;
  const heard = alivePeers(state, nowMs);
  for (const node of state.outside.keys()) {
    const record = state.records.get(node);
    const peer = state.peers.get(node);
    if (record === undefined || peer === undefined) continue;
    outsiders.set(node, {
      record: record.boot === peer.boot ? record : ofFormerLife(record),
      silentSinceMs: heard.includes(node) ? null : peer.heardAtMs,
    });
  }
  return outsiders;
}

/** Records are never changed: the same one has the same answer. */
const former = new WeakMap<NodeRecord, NodeRecord>();

/** What a former life ran this one looks for, and says so in a moment: nobody is switched off for that. */
function ofFormerLife(record: NodeRecord): NodeRecord {
  const known = former.get(record);
  if (known !== undefined) return known;
  const services = Object.entries(record.services).map(
    ([id, service]) => [id, mayRunBy(service) ? ({ ...service, state: 'probing' } as const) : service] as const,
  );
  const looking = { ...record, services: Object.fromEntries(services) };
  former.set(record, looking);
  return looking;
}

export function inputOf(state: NodeState, nowMs: number): ScheduleInput | null {
  const view = state.installed;
  if (view === null) return null;
  const records = new Map<NodeId, NodeRecord>();
  for (const member of view.members) {
    const record = state.records.get(member);
    if (record !== undefined) records.set(member, record);
  }
  for (const sent of inFlight(state)) {
    const record = records.get(sent.to);
    if (record !== undefined) records.set(sent.to, asUnderWay(record, sent));
  }
  for (const { node, service } of unheardOf(state)) {
    const record = records.get(node);
    if (record !== undefined) records.set(node, asUnheard(record, service));
  }
  const { cluster } = state.doc;
  const isSure = isMajority(view.members, state.doc.voters) && !actsApart(state.doc);
  const admin = isSure ? state.doc.admin : withKnownOff(state);
  const held = remember(state.held, cluster, records, nowMs);
  const provable = isProvable(state.doc);
  const dateMs = dateMsOf(state, nowMs);
  return {
    cluster,
    admin,
    view,
    records,
    lost: state.lost,
    outsiders: outsidersOf(state, nowMs),
    provable,
    watched: watchedOf(state),
    doomed: doomedOf(state),
    held,
    nowMs,
    ...(dateMs === undefined ? {} : { dateMs }),
  };
}

/** On a side without a majority the document may be older than what others did meanwhile: see `isKnownOff`. */
function withKnownOff(state: NodeState): Admin {
  const { admin } = state.doc;
  const noted = Object.entries(admin.off).filter(([node]) => isKnownOff(state, node));
  const known = [...state.off].map(([node, { because }]) => [node, { because }] as const);
  return { ...admin, off: Object.fromEntries([...noted, ...known]) };
}

/** From the first call that switches off to the answer that it is off: what such a node still says proves nothing. */
const doomedOf = (state: NodeState): ReadonlySet<NodeId> =>
  new Set(
    [...state.fencing.values()]
      .filter(({ phase }) => phase === 'off' || phase === 'status')
      .map(({ target }) => target),
  );

/** As the document notes it, and nobody has said anything else since. */
function watchedOf(state: NodeState): ReadonlySet<NodeId> {
  const { watched } = state.doc.admin;
  const isMember = (node: NodeId): boolean => state.installed?.members.includes(node) === true;
  return new Set(watched.filter((node) => !isMember(node) && state.records.get(node)?.watchdog === 'armed'));
}

/** Orders that no record shows yet. */
const inFlight = (state: NodeState): OrderSent[] => [...state.ordered.values()].filter((sent) => !sent.seen);

/** A cleanup alone changes nothing that anybody counts on. */
function replacedIn(before: OrderSent | undefined): Order | null {
  if (before === undefined || before.seen) return null;
  return before.replaces ?? (before.order.verb === 'forget' ? null : before.order);
}

/**
 * An order that was given may be carried out at any moment: it counts as under way, or the next plan could contradict it. One to expect
 * counts as a look: until a record shows it nobody knows whether it is expected there, and nothing may be given away. A cleanup counts
 * where it puts in doubt what it is about; else what it took the place of does.
 */
function asUnderWay(record: NodeRecord, { order: given, replaces }: OrderSent): NodeRecord {
  const service = record.services[given.serviceId];
  const due = given.verb === 'forget' && service !== undefined && !isInDoubt(service.state) ? replaces : given;
  if (service === undefined || due === null) return record;
  const state = stateUnder[due.verb];
  const role = due.verb === 'promote' || replaces?.verb === 'promote' ? 'unknown' : service.role;
  const peer = due.peer ?? service.peer;
  return { ...record, services: { ...record.services, [given.serviceId]: { ...service, state, role, peer } } };
}

const stateUnder: Record<Order['verb'], ServiceState> = {
  probe: 'probing',
  start: 'starting',
  stop: 'stopping',
  reload: 'reloading',
  tune: 'reloading',
  promote: 'promoting',
  demote: 'demoting',
  expect: 'probing',
  migrateTo: 'migrating',
  migrateFrom: 'migrating',
  notify: 'notifying',
  // It makes unknown what is in doubt.
  forget: 'probing',
};

function isSame(a: PlanBasis | null, b: PlanBasis): boolean {
  if (
    a === null ||
    a.dateAheadMs !== b.dateAheadMs ||
    a.off !== b.off ||
    a.fencing !== b.fencing ||
    a.view !== b.view ||
    a.doc !== b.doc
  )
    return false;
  if (!isSameList(a.records, b.records) || !isSameList(a.inFlight, b.inFlight)) return false;
  if (!areSameOutsiders(a.outsiders, b.outsiders)) return false;
  return isSameUnheard(a.unheard, b.unheard);
}

const isSameList = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);

const areSameOutsiders = (a: PlanBasis['outsiders'], b: PlanBasis['outsiders']): boolean =>
  a.size === b.size &&
  [...a].every(([node, { record, silentSinceMs }]) => {
    const other = b.get(node);
    return record === other?.record && silentSinceMs === other.silentSinceMs;
  });

const isSameUnheard = (a: readonly Unheard[], b: readonly Unheard[]): boolean =>
  a.length === b.length &&
  a.every(({ node, service }, i) => {
    const other = b[i];
    return node === other?.node && service === other.service;
  });

function orderReady(turn: Turn): void {
  for (const action of turn.state.plan?.actions ?? []) {
    if (action.blocked !== null || action.after.length > 0) continue;
    if (isActing(turn.state, action.on) && hasContent(turn.state, action.on) && mayOrder(turn, action))
      order(turn, action);
  }
}

/** The node knows the services as we do: it looks definitions up by name. */
function hasContent(state: NodeState, node: NodeId): boolean {
  if (node === state.self) return true;
  const theirs = state.peers.get(node)?.beat?.docContent;
  return theirs !== undefined && compareVersions(theirs, state.doc.content) === 0;
}

function mayOrder({ state, nowMs }: Turn, action: PlannedAction): boolean {
  const sent = state.ordered.get(keyOf(action.on, action.service));
  if (sent === undefined) return true;
  // A node that was told so and did not do it would be told again in each step.
  const repeatMs = isSameOrder(sent.order, action) ? heartbeat(state).intervalMs : 0;
  return sent.seen && nowMs >= sent.sentAtMs + Math.max(repeatMs, paceMs(state, action));
}

const isSameOrder = (order: Order, { verb, notice = null }: PlannedAction): boolean =>
  order.verb === verb && (notice === null || isSameNotice(order.notice, notice));

/** Start at once the first time; what failed or met another holder is tried again ever more slowly. */
function paceMs(state: NodeState, action: PlannedAction): number {
  const record = state.records.get(action.on)?.services[action.service];
  if (record === undefined) return 0;
  const tries = Math.max(record.conflicts, record.failures - 1);
  return Math.min(state.limits.retryPaceMsMax, state.limits.retryPaceMs * tries);
}

function order(turn: Turn, action: PlannedAction): void {
  const last = turn.state.ordered.get(keyOf(action.on, action.service))?.order.id;
  const view = turn.state.installed?.number ?? 0;
  // The same plan may ask again for what was tried before: only a new number makes it a new order.
  const isRepeat =
    last !== undefined && compareOrders({ view, plan: turn.state.planNumber, action: action.id }, last) <= 0;
  if (isRepeat) put(turn, { planNumber: turn.state.planNumber + 1 });
  const id: OrderId = { view, plan: turn.state.planNumber, action: action.id };
  const { verb, service: serviceId, handFrom, handTo, drained, because, peer = null, notice = null } = action;
  deliver(turn, { id, verb, serviceId, handFrom, handTo, drained, peer, notice, because }, action.on);
}

const keyOf = (node: NodeId, serviceId: string): string => `${node}/${serviceId}`;

/** Sends an order, to be repeated until the node's record shows it. */
export function deliver(turn: Turn, given: Order, to: NodeId): void {
  const { state, nowMs } = turn;
  const key = keyOf(to, given.serviceId);
  const before = state.ordered.get(key);
  const again = before !== undefined && compareOrders(before.order.id, given.id) === 0 ? before : null;
  const replaces = again === null ? replacedIn(before) : again.replaces;
  const sent: OrderSent = { order: given, to, sentAtMs: nowMs, tries: (again?.tries ?? 0) + 1, seen: false, replaces };
  put(turn, { ordered: new Map(state.ordered).set(key, sent) });
  if (to === state.self) takeOrder(turn, state.self, given);
  else emit(turn, { kind: 'send', to, message: { kind: 'order', from: state.self, boot: state.boot, order: given } });
}

function repeatUnseen(turn: Turn): void {
  for (const sent of turn.state.ordered.values()) {
    // Soon at first: in the first moments of a view an order may overtake the news of it.
    const waitMs = Math.min(
      heartbeat(turn.state).intervalMs,
      turn.state.limits.firstRepeatMs * 2 ** Math.min(sent.tries, 10),
    );
    if (sent.seen || turn.nowMs - sent.sentAtMs < waitMs || !isActing(turn.state, sent.to)) continue;
    deliver(turn, sent.order, sent.to);
  }
}

/** Nothing to do and nothing under way. */
export function isSettled(state: NodeState): boolean {
  if (state.plan === null || state.plan.actions.length > 0 || state.pending !== null) return false;
  for (const record of inputOf(state, 0)?.records.values() ?? [])
    for (const service of Object.values(record.services)) if (underWay(service.state) !== null) return false;
  return true;
}

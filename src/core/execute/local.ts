/**
 * Carries out orders on this node, and decides what an agent's answer means.
 *
 * Invariants:
 * - an order is taken only from the coordinator of the installed view, only while this node has quorum, and only once;
 * - one operation at a time on a service (a check may be overtaken, and without quorum most others by a stop; the answer of what
 *   was overtaken is ignored);
 * - an agent that gave no answer leaves the service `failed`, which means that it may run: it is stopped before it starts;
 * - what is unknown is never believed to be unpromoted: only an agent's clear answer makes a role `unpromoted`;
 * - a promote, a demote or a migration that failed leaves it `failed`, on either side: it is stopped before anything else;
 * - a stop that failed leaves it `blocked`: nobody touches it until an operator has.
 */

import { hasQuorum } from '../membership/lease.ts';
import type { ServiceId } from '../model.ts';
import { isSameProgram, mayOverlap } from '../model.ts';
import { allChecksLater, nextCheck } from '../monitor/recurring.ts';
import { failedCheck } from '../onFail.ts';
import { type AgentOp, inMaintenance, type OpResult, type Order, type OrderId, type ServiceRecord } from '../ports.ts';
import type { NodeState, Turn } from '../state.ts';
import { sameView } from '../state.ts';
import { counted, hasFailed, heeded, onFailHere } from './failures.ts';
import {
  beginMigrateFrom,
  beginMigrateTo,
  expectArrival,
  mayComeUnknown,
  migrateFromDone,
  migrateToDone,
} from './migrate.ts';
import { beginDemote, beginNotify, beginPromote, demoteDone, notifyDone, promoteDone, seenRole } from './promote.ts';
import { isInDoubt, launch, localOf, pardon, runningAs, serviceOf, setLocal, setRecord } from './services.ts';

export const compareOrders = (a: OrderId, b: OrderId): number =>
  a.view - b.view || a.plan - b.plan || a.action - b.action;

export function takeOrder(turn: Turn, from: string, order: Order): void {
  const { state, nowMs } = turn;
  const view = state.installed;
  if (view === null || view.coordinator !== from || view.number !== order.id.view) return;
  if (!sameView(view, state.promised) || !hasQuorum(state, nowMs)) return;
  const local = state.local.get(order.serviceId);
  if (local === undefined) return;
  if (local.record.order !== null && compareOrders(order.id, local.record.order) <= 0) return;
  // Noted even when it no longer fits: the coordinator sees that it arrived and what state it met, and plans again.
  setRecord(turn, order.serviceId, { order: order.id }, order.because);
  if (local.op === null && !inMaintenance(state.doc.admin, state.self, order.serviceId)) begin(turn, order);
}

function begin(turn: Turn, order: Order): void {
  const { record } = localOf(turn.state, order.serviceId);
  switch (order.verb) {
    case 'probe':
      if (record.state === 'unknown') beginProbe(turn, order.serviceId, order.because);
      return;
    case 'start':
      if (record.state === 'stopped' && isTrusted(turn.state, order.serviceId)) beginStart(turn, order);
      return;
    case 'stop':
      if (record.state !== 'stopped' && record.state !== 'blocked')
        beginStop(turn, order.serviceId, order.because, order.handTo);
      return;
    case 'reload':
      if (record.state === 'running') beginReload(turn, order);
      return;
    case 'tune':
      if (record.state === 'running') beginTune(turn, order);
      return;
    case 'promote':
      if (record.state === 'running' && record.role !== 'promoted' && isTrusted(turn.state, order.serviceId))
        beginPromote(turn, order);
      return;
    case 'demote':
      if (record.state === 'running' || record.state === 'failed') beginDemote(turn, order);
      return;
    case 'notify':
      if (record.state === 'running') beginNotify(turn, order);
      return;
    case 'expect':
      if (record.state === 'stopped' && isTrusted(turn.state, order.serviceId)) expectArrival(turn, order);
      return;
    case 'migrateTo':
      if (record.state === 'running' && record.role === 'unpromoted') beginMigrateTo(turn, order);
      return;
    case 'migrateFrom':
      if (isFree(record) && isTrusted(turn.state, order.serviceId)) beginMigrateFrom(turn, order);
      return;
    case 'forget':
      return forget(turn, order.serviceId);
  }
}

/** Nothing may begin to run here while everything is being stopped, or while what runs here may run elsewhere. */
const isTrusted = (state: NodeState, id: ServiceId): boolean => !state.purging && !state.distrusted.has(id);

const isFree = ({ state }: ServiceRecord): boolean => state === 'arriving' || state === 'stopped';

/** What runs here already? Harmless, so it needs no quorum. */
export function beginProbe(turn: Turn, id: ServiceId, because: string): void {
  const service = localOf(turn.state, id).running ?? serviceOf(turn.state, id);
  if (service === undefined) return;
  setLocal(turn, id, { op: launch(turn, 'probe', service), before: localOf(turn.state, id).record.state });
  setRecord(turn, id, { state: 'probing' }, because);
}

function beginStart(turn: Turn, order: Order): void {
  const service = serviceOf(turn.state, order.serviceId, order.dateS);
  if (service === undefined) return;
  const op = launch(turn, 'start', service, { handFrom: order.handFrom });
  setLocal(turn, service.id, { op, running: service, retryStopMs: 0 });
  const fresh = { digest: service.digest, drained: [], peer: null, notice: null } as const;
  setRecord(turn, service.id, { state: 'starting', ...fresh }, order.because);
}

export function beginStop(turn: Turn, id: ServiceId, because: string, handTo: string | null = null): void {
  const service = localOf(turn.state, id).running ?? serviceOf(turn.state, id);
  if (service === undefined) return;
  const { state: before } = localOf(turn.state, id).record;
  setLocal(turn, id, { op: launch(turn, 'stop', service, { handTo }), checkOpId: null, before });
  setRecord(turn, id, { state: 'stopping' }, because);
}

function beginReload(turn: Turn, order: Order): void {
  const service = serviceOf(turn.state, order.serviceId, order.dateS);
  if (service === undefined) return;
  const { running } = localOf(turn.state, service.id);
  // Another program cannot take over by a reload: the old one stops, and the next plan starts the new one.
  if (running !== null && !isSameProgram(running, service))
    return beginStop(turn, service.id, 'another program is to run it');
  setLocal(turn, service.id, { op: launch(turn, 'reload', service) });
  setRecord(turn, service.id, { state: 'reloading' }, order.because);
}

function beginTune(turn: Turn, order: Order): void {
  const service = localOf(turn.state, order.serviceId).running;
  if (service === null) return;
  setLocal(turn, service.id, { op: launch(turn, 'tune', service, { drained: order.drained }) });
  setRecord(turn, service.id, { state: 'reloading' }, order.because);
}

function forget(turn: Turn, id: ServiceId): void {
  pardon(turn, id);
  // Somebody says that it was put right: look again rather than believe it, nor an agent that once said that it had stopped.
  const { record } = localOf(turn.state, id);
  if (isInDoubt(record.state)) setRecord(turn, id, { state: 'unknown' }, 'cleaned up by an operator');
}

// ---------------------------------------------------------------- answers

export function opDone(turn: Turn, opId: number, result: OpResult): void {
  for (const [id, local] of turn.state.local) {
    if (local.checkOpId === opId) {
      notePromotion(turn, id, result);
      return checkDone(turn, id, result);
    }
    if (local.op?.opId !== opId) continue;
    setLocal(turn, id, { op: null, ...allChecksLater(runningAs(turn.state, local), turn.nowMs) });
    notePromotion(turn, id, result);
    return answered(turn, id, local.op, result);
  }
}

function notePromotion(turn: Turn, id: ServiceId, { promotion }: OpResult): void {
  if (promotion === undefined || promotion === localOf(turn.state, id).record.promotion) return;
  setRecord(turn, id, { promotion }, 'its agent says so');
}

function answered(turn: Turn, id: ServiceId, op: AgentOp, result: OpResult): void {
  switch (op.verb) {
    case 'probe':
      return probeDone(turn, id, result);
    case 'start':
      return startDone(turn, id, result);
    case 'stop':
      return stopDone(turn, id, result);
    case 'reload':
      return reloadDone(turn, id, result);
    case 'tune':
      return tuneDone(turn, id, result, op.drained);
    case 'promote':
      return promoteDone(turn, id, result);
    case 'demote':
      return demoteDone(turn, id, result);
    case 'notify':
      return notifyDone(turn, id, result, op.notice);
    case 'migrateTo':
      return migrateToDone(turn, id, result);
    case 'migrateFrom':
      return migrateFromDone(turn, id, result);
    case 'check':
      return;
  }
}

function probeDone(turn: Turn, id: ServiceId, result: OpResult): void {
  if (result.outcome === 'running') return foundRunning(turn, id, result);
  if (result.outcome !== 'failed' && localOf(turn.state, id).before === 'arriving')
    return setRecord(turn, id, { state: 'unknown' }, 'it may have come after it was looked for');
  if (result.outcome !== 'failed')
    return nowStopped(turn, id, { peer: mayStillRunAt(turn.state, id) }, 'found stopped');
  if (result.unknown) {
    setLocal(turn, id, { nextCheckMs: turn.nowMs + 1000 });
    return setRecord(turn, id, { state: 'unknown', lastFailure: result.because }, result.because);
  }
  // An agent that cannot work here cannot have started anything here either.
  if (result.scope !== 'soft')
    return nowStopped(turn, id, { banned: result.scope, lastFailure: result.because }, result.because);
  const { running, isFound } = localOf(turn.state, id);
  setLocal(turn, id, { running: serviceOf(turn.state, id) ?? running, isFound: isFound || running === null });
  const role = result.promoted === true ? 'promoted' : 'unknown';
  setRecord(
    turn,
    id,
    { state: 'failed', role, ...counted(turn, id, 'check', result) },
    `found broken: ${result.because}`,
  );
}

type Running = Extract<OpResult, { outcome: 'running' }>;

function foundRunning(turn: Turn, id: ServiceId, { digest, promoted }: Running): void {
  const local = localOf(turn.state, id);
  const service = local.running ?? serviceOf(turn.state, id) ?? null;
  // Of what it found once, this node does not know more when it finds it again.
  const known = digest ?? (local.isFound ? null : (local.running?.digest ?? null));
  setLocal(turn, id, { running: service, isFound: known === null });
  const role = promoted === true ? 'promoted' : 'unpromoted';
  setRecord(turn, id, { state: 'running', role, digest: known }, 'found running');
}

function nowStopped(turn: Turn, id: ServiceId, patch: Partial<ServiceRecord>, because: string): void {
  setLocal(turn, id, { running: null });
  const nothing = { digest: null, drained: [], role: 'unpromoted', peer: null, notice: null } as const;
  if (!mayComeUnknown(turn.state, id, turn.nowMs))
    return setRecord(turn, id, { state: 'stopped', ...nothing, ...patch }, because);
  setLocal(turn, id, { lookAgainMs: turn.nowMs + 1000 });
  setRecord(turn, id, { state: 'probing', ...nothing, ...patch }, `${because}, but it may have been on its way here`);
}

/** Looks again at what may have been on its way when this daemon began. */
export function lookForArrival(turn: Turn, id: ServiceId): void {
  const { lookAgainMs } = localOf(turn.state, id);
  if (turn.nowMs >= lookAgainMs || !mayComeUnknown(turn.state, id, turn.nowMs))
    beginProbe(turn, id, 'it may have been on its way when the daemon started');
}

function startDone(turn: Turn, id: ServiceId, result: OpResult): void {
  if (result.outcome === 'conflict') {
    const { conflicts } = localOf(turn.state, id).record;
    return nowStopped(turn, id, { conflicts: conflicts + 1, lastFailure: result.because }, result.because);
  }
  const failed = result.outcome === 'failed' ? heeded(turn, id, 'start', result) : null;
  if (failed !== null) {
    const patch = { state: 'failed', role: 'unknown', ...counted(turn, id, 'start', failed) } as const;
    return setRecord(turn, id, patch, `start failed: ${failed.because}`);
  }
  setRecord(turn, id, { state: 'running', role: 'unpromoted', conflicts: 0, failed: null }, 'started');
}

function stopDone(turn: Turn, id: ServiceId, result: OpResult): void {
  // Cut off from the source, nobody here knows when it may still arrive: it is stopped again and again.
  if (result.outcome !== 'failed' && localOf(turn.state, id).before === 'arriving' && mayStillArrive(turn.state, id)) {
    setLocal(turn, id, { retryStopMs: turn.nowMs + 1000 });
    return setRecord(turn, id, { state: 'arriving' }, 'stopped, but it may still arrive');
  }
  const failed = result.outcome === 'failed' ? heeded(turn, id, 'stop', result) : null;
  if (failed === null) return nowStopped(turn, id, { peer: givenTo(turn.state, id) }, 'stopped');
  // Two of a service that may overlap do no harm: try again instead of blocking it for good.
  const isTriedAgain = isOverlapping(turn.state, id) && onFailHere(turn.state, id, 'stop') !== 'block';
  setLocal(turn, id, { retryStopMs: turn.nowMs + 1000 });
  const patch = { state: isTriedAgain ? 'failed' : 'blocked', ...counted(turn, id, 'stop', failed) } as const;
  setRecord(turn, id, patch, `stop failed: ${failed.because}`);
}

/** In a view the coordinator stops it when the source has ended; what this node stops by itself may come until it hears that. */
function mayStillArrive(state: NodeState, id: ServiceId): boolean {
  if (state.installed === null) return true;
  const { peer } = localOf(state, id).record;
  if ((!state.purging && !state.distrusted.has(id)) || peer === null) return false;
  const there = state.installed.members.includes(peer) ? state.records.get(peer)?.services[id]?.state : undefined;
  return there === undefined || there === 'migrating' || there === 'unknown' || there === 'probing';
}

/** The other end of a migration that a former life of the daemon knew of, until that says that it runs nothing. */
function mayStillRunAt({ local, records }: NodeState, id: ServiceId): ServiceRecord['peer'] {
  const peer = local.get(id)?.record.peer ?? null;
  return peer !== null && records.get(peer)?.services[id]?.state === 'stopped' ? null : peer;
}

/** Where it may run, though it has stopped here, and nobody there says so; until it is started here again. */
function givenTo(state: NodeState, id: ServiceId): ServiceRecord['peer'] {
  const { before, record } = localOf(state, id);
  if (record.peer === null || (before !== 'moved' && before !== 'migrating' && before !== 'failed')) return null;
  const there = state.records.get(record.peer)?.services[id];
  return there?.state === 'running' && there.peer === state.self ? null : record.peer;
}

function isOverlapping(state: NodeState, id: ServiceId): boolean {
  const service = localOf(state, id).running ?? serviceOf(state, id);
  return service !== undefined && mayOverlap(service);
}

function reloadDone(turn: Turn, id: ServiceId, result: OpResult): void {
  const service = serviceOf(turn.state, id);
  if (result.outcome === 'failed') {
    // The last good definition goes on working; the new one counts as tried, so that it is not tried for ever.
    const patch = { state: 'running', digest: service?.digest ?? null, ...counted(turn, id, null, result) } as const;
    return setRecord(turn, id, patch, `reload failed, the former definition stays: ${result.because}`);
  }
  if (service !== undefined) setLocal(turn, id, { running: service });
  setRecord(turn, id, { state: 'running', digest: service?.digest ?? null }, 'reloaded');
}

function tuneDone(turn: Turn, id: ServiceId, result: OpResult, drained: readonly string[]): void {
  if (result.outcome === 'failed')
    return setRecord(
      turn,
      id,
      { state: 'failed', ...counted(turn, id, null, result) },
      `drain failed: ${result.because}`,
    );
  setRecord(
    turn,
    id,
    { state: 'running', drained },
    drained.length > 0 ? `${drained.join(', ')} drained` : 'no server drained',
  );
}

function checkDone(turn: Turn, id: ServiceId, result: OpResult): void {
  const local = localOf(turn.state, id);
  const which = failedCheck(local.checking);
  setLocal(turn, id, { checkOpId: null, ...nextCheck(runningAs(turn.state, local), local, turn.nowMs) });
  if (local.record.state !== 'running') return;
  if (result.outcome === 'running') return seenRole(turn, id, which, result.promoted === true);
  if (result.outcome === 'ok' || result.outcome === 'conflict') return;
  if (result.outcome === 'stopped') return hasFailed(turn, id, which, 'it ended by itself', 'unpromoted');
  hasFailed(turn, id, which, result.because, result.promoted === true ? 'promoted' : local.record.role);
}

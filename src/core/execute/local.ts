/**
 * Carries out orders on this node, and decides what an agent's answer means.
 *
 * Invariants:
 * - an order is taken only from the coordinator of the installed view, only while this node has quorum, and only once;
 * - one operation at a time on a service (a stop may overtake a check, whose answer is then ignored);
 * - an agent that gave no answer leaves the service `failed`, which means that it may run: it is stopped before it starts;
 * - a stop that failed leaves it `blocked`: nobody touches it until an operator has.
 */

import { hasQuorum } from '../membership/lease.ts';
import type { ServiceId } from '../model.ts';
import { isSameProgram, mayOverlap } from '../model.ts';
import { inMaintenance, type OpResult, type Order, type OrderId, type ServiceRecord } from '../ports.ts';
import type { NodeState, Turn } from '../state.ts';
import { sameView } from '../state.ts';
import { launch, localOf, pardon, serviceOf, setLocal, setRecord } from './services.ts';

type Failed = Extract<OpResult, { outcome: 'failed' }>;

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
      if (record.state === 'stopped' && !turn.state.purging && !turn.state.distrusted.has(order.serviceId))
        beginStart(turn, order);
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
    case 'forget':
      return forget(turn, order.serviceId);
  }
}

/** What runs here already? Harmless, so it needs no quorum. */
export function beginProbe(turn: Turn, id: ServiceId, because: string): void {
  const service = localOf(turn.state, id).running ?? serviceOf(turn.state, id);
  if (service === undefined) return;
  setLocal(turn, id, { op: launch(turn, 'probe', service) });
  setRecord(turn, id, { state: 'probing' }, because);
}

function beginStart(turn: Turn, order: Order): void {
  const service = serviceOf(turn.state, order.serviceId);
  if (service === undefined) return;
  const op = launch(turn, 'start', service, { handFrom: order.handFrom });
  setLocal(turn, service.id, { op, running: service, retryStopMs: 0 });
  setRecord(turn, service.id, { state: 'starting', digest: service.digest, drained: [] }, order.because);
}

export function beginStop(turn: Turn, id: ServiceId, because: string, handTo: string | null = null): void {
  const service = localOf(turn.state, id).running ?? serviceOf(turn.state, id);
  if (service === undefined) return;
  setLocal(turn, id, { op: launch(turn, 'stop', service, { handTo }), checkOpId: null });
  setRecord(turn, id, { state: 'stopping' }, because);
}

function beginReload(turn: Turn, order: Order): void {
  const service = serviceOf(turn.state, order.serviceId);
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
  if (record.state === 'blocked' || record.state === 'failed' || record.state === 'stopped')
    setRecord(turn, id, { state: 'unknown' }, 'cleaned up by an operator');
}

// ---------------------------------------------------------------- answers

export function opDone(turn: Turn, opId: number, result: OpResult): void {
  for (const [id, local] of turn.state.local) {
    if (local.checkOpId === opId) return checkDone(turn, id, result);
    if (local.op?.opId !== opId) continue;
    const { verb, drained } = local.op;
    setLocal(turn, id, { op: null, nextCheckMs: turn.nowMs + (local.running?.check.everyMs ?? 0) });
    switch (verb) {
      case 'probe':
        return probeDone(turn, id, result);
      case 'start':
        return startDone(turn, id, result);
      case 'stop':
        return stopDone(turn, id, result);
      case 'reload':
        return reloadDone(turn, id, result);
      case 'tune':
        return tuneDone(turn, id, result, drained);
      case 'check':
        return;
    }
  }
}

function probeDone(turn: Turn, id: ServiceId, result: OpResult): void {
  if (result.outcome === 'running') return foundRunning(turn, id, result.digest);
  if (result.outcome !== 'failed') return nowStopped(turn, id, {}, 'found stopped');
  if (result.unknown) {
    setLocal(turn, id, { nextCheckMs: turn.nowMs + 1000 });
    return setRecord(turn, id, { state: 'unknown', lastFailure: result.because }, result.because);
  }
  // An agent that cannot work here cannot have started anything here either.
  if (result.scope !== 'soft')
    return nowStopped(turn, id, { banned: result.scope, lastFailure: result.because }, result.because);
  setLocal(turn, id, { running: serviceOf(turn.state, id) ?? localOf(turn.state, id).running });
  setRecord(turn, id, { state: 'failed', ...counted(turn, id, result) }, `found broken: ${result.because}`);
}

function foundRunning(turn: Turn, id: ServiceId, digest: string | null): void {
  const local = localOf(turn.state, id);
  const service = local.running ?? serviceOf(turn.state, id) ?? null;
  setLocal(turn, id, { running: service });
  setRecord(turn, id, { state: 'running', digest: digest ?? local.running?.digest ?? null }, 'found running');
}

function nowStopped(turn: Turn, id: ServiceId, patch: Partial<ServiceRecord>, because: string): void {
  setLocal(turn, id, { running: null });
  setRecord(turn, id, { state: 'stopped', digest: null, drained: [], ...patch }, because);
}

function startDone(turn: Turn, id: ServiceId, result: OpResult): void {
  if (result.outcome === 'conflict') {
    const { conflicts } = localOf(turn.state, id).record;
    return nowStopped(turn, id, { conflicts: conflicts + 1, lastFailure: result.because }, result.because);
  }
  if (result.outcome === 'failed') {
    return setRecord(turn, id, { state: 'failed', ...counted(turn, id, result) }, `start failed: ${result.because}`);
  }
  setRecord(turn, id, { state: 'running', conflicts: 0 }, 'started');
}

function stopDone(turn: Turn, id: ServiceId, result: OpResult): void {
  if (result.outcome !== 'failed') return nowStopped(turn, id, {}, 'stopped');
  // Two of a service that may overlap do no harm: try again instead of blocking it for good.
  const state = isOverlapping(turn.state, id) ? 'failed' : 'blocked';
  setLocal(turn, id, { retryStopMs: turn.nowMs + 1000 });
  setRecord(turn, id, { state, ...counted(turn, id, result) }, `stop failed: ${result.because}`);
}

function isOverlapping(state: NodeState, id: ServiceId): boolean {
  const service = localOf(state, id).running ?? serviceOf(state, id);
  return service !== undefined && mayOverlap(service);
}

function reloadDone(turn: Turn, id: ServiceId, result: OpResult): void {
  const service = serviceOf(turn.state, id);
  if (result.outcome === 'failed') {
    // The last good definition goes on working; the new one counts as tried, so that it is not tried for ever.
    const patch = { state: 'running', digest: service?.digest ?? null, ...counted(turn, id, result) } as const;
    return setRecord(turn, id, patch, `reload failed, the former definition stays: ${result.because}`);
  }
  if (service !== undefined) setLocal(turn, id, { running: service });
  setRecord(turn, id, { state: 'running', digest: service?.digest ?? null }, 'reloaded');
}

function tuneDone(turn: Turn, id: ServiceId, result: OpResult, drained: readonly string[]): void {
  if (result.outcome === 'failed')
    return setRecord(turn, id, { state: 'failed', ...counted(turn, id, result) }, `drain failed: ${result.because}`);
  setRecord(
    turn,
    id,
    { state: 'running', drained },
    drained.length > 0 ? `${drained.join(', ')} drained` : 'no server drained',
  );
}

function checkDone(turn: Turn, id: ServiceId, result: OpResult): void {
  const local = localOf(turn.state, id);
  setLocal(turn, id, { checkOpId: null, nextCheckMs: turn.nowMs + (local.running?.check.everyMs ?? 1000) });
  if (local.record.state !== 'running') return;
  if (result.outcome === 'running' || result.outcome === 'ok') return;
  const because = result.outcome === 'stopped' ? 'it ended by itself' : result.because;
  hasFailed(turn, id, because);
}

/** A running service turned out not to work. */
export function hasFailed(turn: Turn, id: ServiceId, because: string): void {
  const failed: Failed = { outcome: 'failed', because, scope: 'soft', unknown: false };
  setRecord(turn, id, { state: 'failed', ...counted(turn, id, failed) }, because);
}

function counted(turn: Turn, id: ServiceId, result: Failed): Partial<ServiceRecord> {
  const { record } = localOf(turn.state, id);
  setLocal(turn, id, { lastFailureMs: turn.nowMs });
  const banned = result.scope === 'soft' ? record.banned : result.scope;
  return { failures: record.failures + 1, lastFailure: result.because, banned };
}

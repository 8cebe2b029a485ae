/** Roles of what runs on this node, and what its agent is told of the other copies. See docs/internals/roles.md. */
import type { FailedOperation, ServiceId } from '../model.ts';
import { leadsTo } from '../onFail.ts';
import type { OpResult, Order } from '../ports.ts';
import type { Notice } from '../roles.ts';
import type { Turn } from '../state.ts';
import { counted, failureOf, heeded } from './failures.ts';
import { launch, localOf, setLocal, setRecord } from './services.ts';

/** From its first moment on it may be promoted. */
export function beginPromote(turn: Turn, { serviceId, because }: Order): void {
  const { running } = localOf(turn.state, serviceId);
  if (running === null || running.promotable === null) return;
  setLocal(turn, serviceId, { op: launch(turn, 'promote', running), checkOpId: null });
  setRecord(turn, serviceId, { state: 'promoting', role: 'unknown' }, because);
}

/** Also of what failed, so that dependents see it demoted before it is stopped. */
export function beginDemote(turn: Turn, { serviceId, because }: Order): void {
  const { running, record } = localOf(turn.state, serviceId);
  if (running === null || running.promotable === null || record.role === 'unpromoted') return;
  setLocal(turn, serviceId, { op: launch(turn, 'demote', running), checkOpId: null, before: record.state });
  setRecord(turn, serviceId, { state: 'demoting' }, because);
}

export function beginNotify(turn: Turn, { serviceId, notice, because }: Order): void {
  const { running } = localOf(turn.state, serviceId);
  if (running === null || notice === null) return;
  setLocal(turn, serviceId, { op: launch(turn, 'notify', running, { notice }), checkOpId: null });
  setRecord(turn, serviceId, { state: 'notifying' }, because);
}

export function promoteDone(turn: Turn, id: ServiceId, result: OpResult): void {
  const failed = heeded(turn, id, 'promote', failureOf(result));
  if (failed === null) {
    setLocal(turn, id, { hasPromoted: true });
    return setRecord(turn, id, { state: 'running', role: 'promoted' }, 'promoted');
  }
  const patch = { state: 'failed', role: 'unknown', ...counted(turn, id, 'promote', failed) } as const;
  setRecord(turn, id, patch, `promote failed: ${failed.because}`);
}

export function demoteDone(turn: Turn, id: ServiceId, result: OpResult): void {
  const failed = heeded(turn, id, 'demote', failureOf(result));
  if (failed !== null) {
    const patch = { state: 'failed', role: 'unknown', ...counted(turn, id, 'demote', failed) } as const;
    return setRecord(turn, id, patch, `demote failed: ${failed.because}`);
  }
  const { before, running, record } = localOf(turn.state, id);
  // Where the file says that a demotion mends it, it is well again.
  const isMended = before !== 'failed' || (running !== null && leadsTo(running, record) === 'demote');
  setRecord(turn, id, { state: isMended ? 'running' : 'failed', role: 'unpromoted' }, 'demoted');
}

/** The agent has had its chance: what it makes of the news is its own affair, and nobody waits for it twice. */
export function notifyDone(turn: Turn, id: ServiceId, result: OpResult, notice: Notice | null): void {
  const failed = failureOf(result);
  const because = failed === null ? 'its agent was told' : `its agent did not take the news: ${failed.because}`;
  setRecord(turn, id, { state: 'running', notice }, because);
}

/** A check saw it run, in a role that may not be the one that it was given. */
export function seenRole(turn: Turn, id: ServiceId, check: FailedOperation, promoted: boolean): void {
  const { role } = localOf(turn.state, id).record;
  if (promoted && role !== 'promoted') return setRecord(turn, id, { role: 'promoted' }, 'found promoted');
  if (promoted || role === 'unpromoted') return;
  const because = 'it is no longer promoted';
  const lost = { outcome: 'failed', because, scope: 'soft', unknown: false } as const;
  setRecord(turn, id, { role: 'unpromoted', ...counted(turn, id, check, lost) }, because);
}

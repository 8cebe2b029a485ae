/**
 * A node without quorum stops what it runs, by itself, dependents first: peers count on that after the lease. Once begun, it
 * goes on to the end, also when quorum returns: what was not stopped yet may have been started elsewhere meanwhile.
 *
 * A daemon that has just started leaves what it finds running alone for a short grace: its former life held a lease a
 * moment ago, and joining takes a few beats.
 */
import type { ServiceId } from '../model.ts';
import { type NodeState, put, type Turn } from '../state.ts';
import { beginStop } from './local.ts';
import { serviceOf } from './services.ts';

export function stopWithoutQuorum(turn: Turn, quorum: boolean, because: string): void {
  const { state, nowMs } = turn;
  if (quorum && !state.hadQuorum) put(turn, { hadQuorum: true });
  const isGrace = !state.hadQuorum && nowMs < state.graceUntilMs;
  if (!quorum && !state.purging && !isGrace) put(turn, { purging: true });
  if (!turn.state.purging) return;
  for (const [id, local] of state.local) {
    if (local.op !== null || !mustStop(local.record.state) || isNeeded(turn.state, id)) continue;
    if (nowMs >= local.retryStopMs) beginStop(turn, id, because);
  }
  if (quorum && hasStopped(turn.state)) put(turn, { purging: false });
}

/** Nothing is left that could be stopped: what is blocked waits for an operator. */
function hasStopped(state: NodeState): boolean {
  return [...state.local.values()].every(({ record }) => record.state === 'stopped' || record.state === 'blocked');
}

const mustStop = (state: string): boolean => state === 'running' || state === 'failed';

/** Something on this node that needs it has not stopped yet. A blocked dependent is not waited for. */
function isNeeded(state: NodeState, id: ServiceId): boolean {
  for (const [other, local] of state.local) {
    if (local.record.state === 'stopped' || local.record.state === 'blocked') continue;
    const service = local.running ?? serviceOf(state, other);
    if (local.running !== null && service?.needs.includes(id) === true) return true;
  }
  return false;
}

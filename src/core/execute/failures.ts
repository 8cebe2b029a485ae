/** What a failure on this node counts for. */
import type { FailedOperation, OnFail, ServiceId } from '../model.ts';
import { failedWords, onFailOf } from '../onFail.ts';
import type { OpResult, ServiceRecord } from '../ports.ts';
import type { Role } from '../roles.ts';
import type { NodeState, Turn } from '../state.ts';
import { localOf, serviceOf, setLocal, setRecord } from './services.ts';

export type Failed = Extract<OpResult, { outcome: 'failed' }>;

/** A running service turned out not to work, by this check; `role`: what is known of it now. */
export function hasFailed(turn: Turn, id: ServiceId, check: FailedOperation, because: string, role: Role): void {
  const failed = heeded(turn, id, check, { outcome: 'failed', because, scope: 'soft', unknown: false });
  if (failed === null) return;
  // That it came from elsewhere says nothing any more; only what was given away has a peer when it failed.
  setRecord(turn, id, { state: 'failed', role, peer: null, ...counted(turn, id, check, failed) }, because);
}

/** What the file says about a failure of this operation; null: the usual follows. */
export function onFailHere(state: NodeState, id: ServiceId, operation: FailedOperation): OnFail | null {
  const service = serviceOf(state, id) ?? localOf(state, id).running;
  return service === null ? null : onFailOf(service, operation);
}

/** Null: it did not fail, or nothing is to follow from it. It is told then, and not counted. */
export function heeded(turn: Turn, id: ServiceId, operation: FailedOperation, failed: Failed | null): Failed | null {
  if (failed === null || onFailHere(turn.state, id, operation) !== 'ignore') return failed;
  setLocal(turn, id, { lastFailureMs: turn.nowMs });
  setRecord(
    turn,
    id,
    { lastFailure: failed.because },
    `the failed ${failedWords(operation)} is ignored: ${failed.because}`,
  );
  return null;
}

/** One more failure on this node, for its record. `operation`: null if the file cannot speak of it. */
export function counted(
  turn: Turn,
  id: ServiceId,
  operation: FailedOperation | null,
  result: Failed,
): Partial<ServiceRecord> {
  const { record } = localOf(turn.state, id);
  setLocal(turn, id, { lastFailureMs: turn.nowMs });
  const banned = result.scope === 'soft' ? record.banned : result.scope;
  return { failures: record.failures + 1, lastFailure: result.because, failed: operation, banned };
}

/** An answer that says that it did not work; one of a kind that the verb does not have says nothing at all. */
export const failureOf = (result: OpResult): Failed | null => {
  if (result.outcome === 'ok') return null;
  if (result.outcome === 'failed') return result;
  return { outcome: 'failed', because: `an answer out of place: ${result.outcome}`, scope: 'soft', unknown: true };
};

/** What a failure on this node counts for. */
import type { ServiceId } from '../model.ts';
import type { OpResult, ServiceRecord } from '../ports.ts';
import type { Role } from '../roles.ts';
import type { Turn } from '../state.ts';
import { localOf, setLocal, setRecord } from './services.ts';

export type Failed = Extract<OpResult, { outcome: 'failed' }>;

/** A running service turned out not to work; `role`: what is known of it now. */
export function hasFailed(turn: Turn, id: ServiceId, because: string, role: Role): void {
  const failed: Failed = { outcome: 'failed', because, scope: 'soft', unknown: false };
  // That it came from elsewhere says nothing any more; only what was given away has a peer when it failed.
  setRecord(turn, id, { state: 'failed', role, peer: null, ...counted(turn, id, failed) }, because);
}

/** One more failure on this node, for its record. */
export function counted(turn: Turn, id: ServiceId, result: Failed): Partial<ServiceRecord> {
  const { record } = localOf(turn.state, id);
  setLocal(turn, id, { lastFailureMs: turn.nowMs });
  const banned = result.scope === 'soft' ? record.banned : result.scope;
  return { failures: record.failures + 1, lastFailure: result.because, banned };
}

/** An answer that says that it did not work; one of a kind that the verb does not have says nothing at all. */
export const failureOf = (result: OpResult): Failed | null => {
  if (result.outcome === 'ok') return null;
  if (result.outcome === 'failed') return result;
  return { outcome: 'failed', because: `an answer out of place: ${result.outcome}`, scope: 'soft', unknown: true };
};

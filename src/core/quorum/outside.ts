/** Asks the addresses outside of the cluster whether they are there. */
import type { Ms } from '../model.ts';
import { changed, emit, put, type Turn } from '../state.ts';
import { pingEveryMs, pingHoldsMs } from './standing.ts';

export function pingOutside(turn: Turn): void {
  const { state, nowMs } = turn;
  const { ping } = state.doc.cluster.quorum;
  if (ping.length === 0 || nowMs - state.pingedAtMs < pingEveryMs(state)) return;
  put(turn, { pingedAtMs: nowMs });
  emit(turn, { kind: 'ping', addresses: ping });
}

export function onPinged(turn: Turn, sentAtMs: Ms, reached: readonly string[]): void {
  const { state, nowMs } = turn;
  if (reached.length === 0 || sentAtMs > nowMs || sentAtMs <= (state.reachedAtMs ?? Number.NEGATIVE_INFINITY)) return;
  if (state.reachedAtMs === null || sentAtMs - state.reachedAtMs > pingHoldsMs(state))
    changed(turn, 'outside', 'unreachable', 'reachable', `${reached.join(', ')} answers`);
  put(turn, { reachedAtMs: sentAtMs });
}

/** A node that fabric devices shut out has itself let in again when its machine boots, before it joins anything. */
import type { FenceCall, FenceResult } from '../ports.ts';
import { changed, emit, type FenceProgress, type NodeState, put, type Turn } from '../state.ts';
import { plugsOf } from './run.ts';

const againAfterMs = 5000;

export function unfence(turn: Turn): void {
  const { unfenced } = turn.state;
  if (unfenced.done || unfenced.calls.size > 0 || turn.nowMs < unfenced.againAtMs) return;
  const calls = callsFor(turn.state);
  if (calls.length === 0) return put(turn, { unfenced: { ...unfenced, done: true }, beatNow: true });
  const progress = new Map(calls.map((call): [number, FenceProgress] => [call.callId, { call, result: null }]));
  put(turn, { unfenced: { ...unfenced, calls: progress }, nextCallId: turn.state.nextCallId + calls.length });
  for (const call of calls) emit(turn, { kind: 'fence', call });
}

function callsFor(state: NodeState): FenceCall[] {
  const { nodes, fencing } = state.doc.cluster;
  const names = new Set(nodes.find(({ id }) => id === state.self)?.fence.flat());
  const devices = fencing.devices.filter(({ id, unfence }) => unfence && names.has(id));
  return devices
    .flatMap((device) => plugsOf(device, state.self).map((plug) => ({ device, plug })))
    .map(({ device, plug }, i) => ({
      callId: state.nextCallId + i,
      action: 'on',
      device,
      target: state.self,
      plug,
      timeoutMs: device.timeoutMs,
    }));
}

/** Whether the answer belonged to it. */
export function unfenceDone(turn: Turn, callId: number, result: FenceResult): boolean {
  const { unfenced } = turn.state;
  const progress = unfenced.calls.get(callId);
  if (progress === undefined) return false;
  const calls = new Map(unfenced.calls).set(callId, { ...progress, result });
  const results = [...calls.values()].map((each) => each.result);
  if (results.includes(null)) {
    put(turn, { unfenced: { ...unfenced, calls } });
    return true;
  }
  const failed = results.find((each) => each?.ok === false);
  const done = failed === undefined;
  const because = failed?.ok === false ? failed.because : 'fabric devices let this node in';
  changed(turn, 'access', 'shut out', done ? 'let in' : 'shut out', because);
  put(turn, { unfenced: { done, againAtMs: turn.nowMs + againAfterMs, calls: new Map() }, beatNow: true });
  return true;
}

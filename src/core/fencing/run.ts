/**
 * Switches a node off: levels in order, all plugs of all devices of a level together, asked afterwards whether it is off.
 *
 * Invariants:
 * - a node counts as off only when every call of one level succeeded, and every device of it that can be asked said «off» after all
 *   of them were done. An answer that is missing, late or «on» is a failure;
 * - answers count only for the calls that are under way: what was asked for in another view, or given up, proves nothing;
 * - nothing is begun while the cluster is disarmed.
 */
import { assert, must } from '../../lib/assert.ts';
import type { FenceDevice, Ms, NodeId } from '../model.ts';
import type { FenceCall, FenceResult, FencingRecord } from '../ports.ts';
import { isDisarmed } from '../quorum/standing.ts';
import { changed, emit, type FenceProgress, type Fencing, type NodeState, put, type Turn } from '../state.ts';
import { knowOff } from './off.ts';
import { addFencing } from './record.ts';

export const canFence = (state: NodeState, target: NodeId): boolean => levelsOf(state, target).length > 0;

const levelsOf = (state: NodeState, target: NodeId): readonly (readonly string[])[] =>
  state.doc.cluster.nodes.find(({ id }) => id === target)?.fence ?? [];

/** Begins, unless it is under way; `afterMs`: a head start that others get. */
export function beginFencing(turn: Turn, target: NodeId, because: string, afterMs: Ms): void {
  const { state, nowMs } = turn;
  if (state.fencing.has(target) || !canFence(state, target) || isDisarmed(state, nowMs)) return;
  const boot = state.peers.get(target)?.boot ?? null;
  const fencing: Fencing = {
    target,
    because,
    boot,
    askedAtMs: nowMs,
    phase: 'waiting',
    dueMs: nowMs + afterMs + delayOf(state, target, 0),
    level: 0,
    rounds: 0,
    calls: new Map(),
    failure: null,
  };
  setFencing(turn, fencing);
  changed(turn, `fencing of ${target}`, 'none', afterMs > 0 ? 'waiting' : 'under way', because);
}

/** Takes it back, where nothing was switched yet. */
export function cancelFencing(turn: Turn, target: NodeId, because: string): void {
  const fencing = turn.state.fencing.get(target);
  if (fencing === undefined || fencing.phase !== 'waiting') return;
  dropFencing(turn, target);
  changed(turn, `fencing of ${target}`, 'waiting', 'none', because);
}

/** Goes on with what is due. Called with every tick. */
export function pursueFencing(turn: Turn): void {
  for (const fencing of turn.state.fencing.values())
    if (fencing.phase === 'waiting' && turn.nowMs >= fencing.dueMs) switchOff(turn, fencing);
}

function switchOff(turn: Turn, fencing: Fencing): void {
  const devices = devicesOf(turn.state, fencing);
  if (devices.length === 0) return levelFailed(turn, fencing, 'the cluster file no longer names a device for it');
  launchCalls(turn, { ...fencing, phase: 'off' }, devices, 'off');
}

function devicesOf(state: NodeState, { target, level }: Fencing): readonly FenceDevice[] {
  const names = levelsOf(state, target)[level] ?? [];
  return names.flatMap((name) => state.doc.cluster.fencing.devices.filter(({ id }) => id === name));
}

const namesOf = (state: NodeState, fencing: Fencing): string =>
  devicesOf(state, fencing)
    .map(({ id }) => id)
    .join('+');

function delayOf(state: NodeState, target: NodeId, level: number): Ms {
  const names = levelsOf(state, target)[level] ?? [];
  return state.doc.cluster.fencing.devices.reduce(
    (ms, { id, delayMs }) => (names.includes(id) ? Math.max(ms, delayMs) : ms),
    0,
  );
}

/** One call for each plug; they run at the same time, so that redundant supplies are off together. */
function launchCalls(turn: Turn, fencing: Fencing, devices: readonly FenceDevice[], action: FenceCall['action']): void {
  const calls = new Map<number, FenceProgress>();
  let callId = turn.state.nextCallId;
  for (const device of devices) {
    for (const plug of plugsOf(device, fencing.target)) {
      const call: FenceCall = { callId, action, device, target: fencing.target, plug, timeoutMs: device.timeoutMs };
      calls.set(callId++, { call, result: null });
    }
  }
  put(turn, { nextCallId: callId });
  setFencing(turn, { ...fencing, calls });
  for (const { call } of calls.values()) emit(turn, { kind: 'fence', call });
}

export function plugsOf(device: FenceDevice, target: NodeId): readonly (string | null)[] {
  const plugs = Object.hasOwn(device.plugs, target) ? (device.plugs[target] ?? []) : [];
  return plugs.length === 0 ? [null] : plugs;
}

// ---------------------------------------------------------------- answers

export function fenceDone(turn: Turn, callId: number, result: FenceResult): void {
  for (const fencing of turn.state.fencing.values()) {
    const progress = fencing.calls.get(callId);
    if (progress === undefined || progress.result !== null) continue;
    const calls = new Map(fencing.calls).set(callId, { ...progress, result });
    const after = { ...fencing, calls };
    setFencing(turn, after);
    if ([...calls.values()].every((each) => each.result !== null)) phaseDone(turn, after);
    return;
  }
}

function phaseDone(turn: Turn, fencing: Fencing): void {
  const failure = failureOf(fencing);
  switch (fencing.phase) {
    case 'off': {
      if (failure !== null) return levelFailed(turn, fencing, failure);
      // Those that were called, whatever the file says by now.
      const called = new Set([...fencing.calls.values()].map(({ call }) => call.device));
      const asked = [...called].filter(({ verify }) => verify);
      if (asked.length === 0) return isOff(turn, fencing, false);
      return launchCalls(turn, { ...fencing, phase: 'status' }, asked, 'status');
    }
    case 'status':
      if (failure !== null) return levelFailed(turn, fencing, failure);
      return isOff(turn, fencing, true);
    case 'on':
      dropFencing(turn, fencing.target);
      if (failure !== null)
        changed(turn, `power of ${fencing.target}`, 'off', 'off', `it could not be switched on: ${failure}`);
      return;
    case 'waiting':
      assert(false, 'no call is under way while fencing waits');
  }
}

/** The first thing that went wrong, in words; null: nothing did. */
function failureOf({ phase, calls }: Fencing): string | null {
  for (const { call, result } of calls.values()) {
    const where = `${call.device.id}${call.plug === null ? '' : ` plug ${call.plug}`}`;
    const answer = must(result, 'an answer to each call');
    if (!answer.ok) return `${where}: ${answer.because}`;
    if (phase !== 'status' || answer.power === 'off') continue;
    return answer.power === 'on'
      ? `${where} still reports the node on`
      : `${where} cannot tell whether the node is off`;
  }
  return null;
}

function levelFailed(turn: Turn, fencing: Fencing, failure: string): void {
  const { state, nowMs } = turn;
  const { target, level, rounds } = fencing;
  changed(turn, `fencing of ${target}`, `level ${level + 1}`, 'failed', failure);
  const { fenceRoundMs, fenceAgainMs } = state.limits;
  const calls = new Map<number, FenceProgress>();
  const next = level + 1;
  if (next < levelsOf(state, target).length)
    return setFencing(turn, {
      ...fencing,
      phase: 'waiting',
      level: next,
      dueMs: nowMs + delayOf(state, target, next),
      calls,
      failure,
    });
  const isLast = (rounds + 1) % state.doc.cluster.fencing.tries === 0;
  if (isLast) {
    addFencing(turn, recordOf(turn, fencing, 'failed', false, failure));
    changed(turn, `fencing of ${target}`, 'under way', 'failed', `${failure}; tried again in ${fenceAgainMs / 1000} s`);
  }
  const dueMs = nowMs + (isLast ? fenceAgainMs : fenceRoundMs) + delayOf(state, target, 0);
  setFencing(turn, { ...fencing, phase: 'waiting', level: 0, rounds: rounds + 1, dueMs, calls, failure });
}

function isOff(turn: Turn, fencing: Fencing, verified: boolean): void {
  const { state, nowMs } = turn;
  const { target, because, boot } = fencing;
  const record = recordOf(turn, fencing, 'off', verified, null);
  addFencing(turn, record);
  const how = `by ${record.device} in ${Math.round(record.tookMs)} ms, ${verified ? 'verified' : 'not verified'}: ${because}`;
  changed(turn, `fencing of ${target}`, 'under way', 'off', how);
  knowOff(turn, target, { because: `fenced ${how}`, boot, atMs: nowMs });
  const asked = new Map(state.fenceAsked);
  if (asked.delete(target)) put(turn, { fenceAsked: asked });
  const devices = devicesOf(state, fencing);
  // Without a call no answer would ever end it.
  if (!state.doc.cluster.fencing.powerOn || devices.length === 0) return dropFencing(turn, target);
  launchCalls(turn, { ...fencing, phase: 'on' }, devices, 'on');
}

function recordOf(
  turn: Turn,
  fencing: Fencing,
  outcome: FencingRecord['outcome'],
  verified: boolean,
  failure: string | null,
): FencingRecord {
  const { target, because, askedAtMs } = fencing;
  const device = namesOf(turn.state, fencing);
  return { target, because, device, outcome, verified, tookMs: Math.round(turn.nowMs - askedAtMs), failure };
}

function setFencing(turn: Turn, fencing: Fencing): void {
  put(turn, { fencing: new Map(turn.state.fencing).set(fencing.target, fencing) });
}

function dropFencing(turn: Turn, target: NodeId): void {
  const fencing = new Map(turn.state.fencing);
  fencing.delete(target);
  put(turn, { fencing });
}

/** As it stands now, for status. */
export const underWayRecords = (state: NodeState, nowMs: Ms): readonly FencingRecord[] =>
  [...state.fencing.values()]
    .filter(({ phase }) => phase !== 'on')
    .map((fencing) => ({
      target: fencing.target,
      because: fencing.because,
      device: namesOf(state, fencing),
      outcome: 'under way',
      verified: false,
      tookMs: Math.round(nowMs - fencing.askedAtMs),
      failure: fencing.failure,
    }));

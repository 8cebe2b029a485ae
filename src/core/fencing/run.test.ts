import { expect, test } from 'vitest';
import { type Cluster, type FenceDevice, plainCluster } from '../model.ts';
import { boot } from '../node.ts';
import { type FenceCall, type FenceResult, firstDoc } from '../ports.ts';
import type { NodeState, Turn } from '../state.ts';
import { beginFencing, cancelFencing, fenceDone, pursueFencing } from './run.ts';

const heartbeat = { intervalMs: 200, deadMs: 1000, port: 7354 };

const device = (id: string, more: Partial<FenceDevice> = {}): FenceDevice => ({
  id,
  agent: 'fence_dummy',
  params: {},
  plugs: {},
  delayMs: 0,
  timeoutMs: 5000,
  verify: true,
  unfence: false,
  ...more,
});

/** Two nodes; `b` has a board, and behind it two supplies. */
function clusterOf(devices: readonly FenceDevice[], levels: readonly (readonly string[])[]): Cluster {
  const places = ['a', 'b'].map((id, i) => ({ id, links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }] }));
  const plain = plainCluster('test', heartbeat, places, []);
  return {
    ...plain,
    nodes: plain.nodes.map((node) => (node.id === 'b' ? { ...node, fence: levels } : node)),
    fencing: { devices, powerOn: true, tries: 2 },
  };
}

const board = device('board');
const supplies = [device('left', { plugs: { b: ['1'] } }), device('right', { plugs: { b: ['4', '5'] } })];
const both = clusterOf([board, ...supplies], [['board'], ['left', 'right']]);

interface Bench {
  state: NodeState;
  nowMs: number;
}

const benchOf = (cluster: Cluster): Bench => ({
  state: boot({ self: 'a', boot: 1, doc: firstDoc('', cluster), reserved: 0, noted: null, ledger: [] }, 0),
  nowMs: 0,
});

/** What the devices were asked, and what was said. */
function act(bench: Bench, change: (turn: Turn) => void): { calls: FenceCall[]; said: string[] } {
  const turn: Turn = { nowMs: bench.nowMs, state: bench.state, effects: [] };
  change(turn);
  bench.state = turn.state;
  const calls = turn.effects.flatMap((effect) => (effect.kind === 'fence' ? [effect.call] : []));
  const said = turn.effects.flatMap((effect) =>
    effect.kind === 'change' ? [`${effect.change.to}: ${effect.change.because}`] : [],
  );
  return { calls, said };
}

const begin = (bench: Bench, afterMs = 0) =>
  act(bench, (turn) => {
    beginFencing(turn, 'b', 'a test', afterMs);
    pursueFencing(turn);
  });

const later = (bench: Bench, ms: number) => {
  bench.nowMs += ms;
  return act(bench, pursueFencing);
};

const answer = (bench: Bench, calls: readonly FenceCall[], ...results: readonly FenceResult[]) =>
  act(bench, (turn) => {
    for (const [i, { callId }] of calls.entries())
      fenceDone(turn, callId, results[i] ?? { ok: false, because: 'lost' });
  });

const done: FenceResult = { ok: true, power: null };
const off: FenceResult = { ok: true, power: 'off' };
const on: FenceResult = { ok: true, power: 'on' };
const names = (calls: readonly FenceCall[]): string[] =>
  calls.map(({ action, device: { id }, plug }) => `${action} ${id}${plug === null ? '' : `/${plug}`}`);

test('off, verified, known, and switched on again', () => {
  const bench = benchOf(both);
  const first = begin(bench);
  expect(names(first.calls)).toEqual(['off board']);
  const second = answer(bench, first.calls, done);
  expect(names(second.calls)).toEqual(['status board']);
  expect(bench.state.off.has('b')).toBe(false);
  const third = answer(bench, second.calls, off);
  expect(names(third.calls)).toEqual(['on board']);
  expect(bench.state.off.has('b')).toBe(true);
  expect(bench.state.records.get('a')?.fencings).toMatchObject([
    { target: 'b', device: 'board', outcome: 'off', verified: true, because: 'a test' },
  ]);
  answer(bench, third.calls, done);
  expect(bench.state.fencing.size).toBe(0);
});

test('a device that says ok and still reports the node on is not believed; the next level is all of its devices', () => {
  const bench = benchOf(both);
  const status = answer(bench, begin(bench).calls, done);
  const failed = answer(bench, status.calls, on);
  expect(failed.said).toEqual(['failed: board still reports the node on']);
  const supply = later(bench, 0);
  expect(names(supply.calls)).toEqual(['off left/1', 'off right/4', 'off right/5']);
  const asked = answer(bench, supply.calls, done, done, done);
  expect(names(asked.calls)).toEqual(['status left/1', 'status right/4', 'status right/5']);
  const one = answer(bench, asked.calls, off, off, on);
  expect(one.said[0]).toBe('failed: right plug 5 still reports the node on');
  expect(bench.state.off.has('b')).toBe(false);
});

test('one plug that fails fails its level', () => {
  const bench = benchOf(clusterOf(supplies, [['left', 'right']]));
  const { calls } = begin(bench);
  const failed = answer(bench, calls, done, { ok: false, because: 'refused' }, done);
  expect(failed.said).toEqual(['failed: right plug 4: refused']);
  expect(failed.calls).toEqual([]);
});

test('a status that cannot tell is no proof', () => {
  const bench = benchOf(clusterOf([board], [['board']]));
  const status = answer(bench, begin(bench).calls, done);
  expect(answer(bench, status.calls, done).said).toEqual(['failed: board cannot tell whether the node is off']);
});

test('without `verify` the agent is believed, and the record says so', () => {
  const bench = benchOf(clusterOf([device('board', { verify: false })], [['board']]));
  answer(bench, begin(bench).calls, done);
  expect(bench.state.records.get('a')?.fencings[0]?.verified).toBe(false);
  expect(bench.state.off.get('b')?.because).toContain('not verified');
});

test('after the last try it is said and tried again much later', () => {
  const bench = benchOf(clusterOf([board], [['board']]));
  answer(bench, begin(bench).calls);
  const again = later(bench, 2000);
  expect(names(again.calls)).toEqual(['off board']);
  const last = answer(bench, again.calls);
  expect(last.said.at(-1)).toContain('tried again in 30 s');
  expect(bench.state.records.get('a')?.fencings).toMatchObject([{ outcome: 'failed', failure: 'board: lost' }]);
  expect(later(bench, 29_000).calls).toEqual([]);
  expect(names(later(bench, 1000).calls)).toEqual(['off board']);
});

test('answers that nobody waits for any more change nothing', () => {
  const bench = benchOf(both);
  const { calls } = begin(bench);
  answer(bench, calls, done);
  expect(answer(bench, calls, done).calls).toEqual([]);
  answer(bench, [{ ...calls[0], callId: 99 } as FenceCall], off);
  expect(bench.state.off.has('b')).toBe(false);
});

test('a head start can be taken back, a call that is under way cannot', () => {
  const bench = benchOf(both);
  expect(begin(bench, 5000).calls).toEqual([]);
  act(bench, (turn) => cancelFencing(turn, 'b', 'heard again'));
  expect(bench.state.fencing.size).toBe(0);
  expect(begin(bench).calls.length).toBe(1);
  act(bench, (turn) => cancelFencing(turn, 'b', 'heard again'));
  expect(bench.state.fencing.size).toBe(1);
});

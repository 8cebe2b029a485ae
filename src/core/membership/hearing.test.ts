import { describe, expect, test } from 'vitest';
import { plainCluster } from '../model.ts';
import { boot, step } from '../node.ts';
import { type Beat, type Echo, type NodeEvent, noAdmin, votersOf } from '../ports.ts';
import { type NodeState, noVersion } from '../state.ts';
import { alivePeers } from './hearing.ts';

const cluster = plainCluster(
  'test',
  { intervalMs: 200, deadMs: 1000, port: 7354 },
  ['a', 'b', 'c'].map((id, i) => ({ id, links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }] })),
  [],
);

const doc = {
  version: noVersion,
  content: noVersion,
  source: '',
  cluster,
  admin: noAdmin,
  voters: votersOf(cluster),
  next: null,
};

const newcomer = (): NodeState => boot({ self: 'a', boot: 7, doc, reserved: 0, noted: null, ledger: [] }, 0);

function beat(seq: number, echo: Partial<Echo> | null, life = 20): Beat {
  const echoes = echo === null ? [] : [{ node: 'a', boot: 7, sentAtMs: 0, heldMs: 0, links: [0], ...echo }];
  return {
    kind: 'beat',
    from: 'b',
    boot: life,
    seq,
    sentAtMs: 5000 + seq,
    echoes,
    hears: [],
    promised: { number: 0, members: [], coordinator: '' },
    continuous: [],
    installed: null,
    recordVersion: 0,
    holds: [],
    docVersion: noVersion,
    docContent: noVersion,
    docOnDisk: noVersion,
  };
}

function after(state: NodeState, events: readonly (readonly [number, Beat])[]): NodeState {
  const deliver = (before: NodeState, [nowMs, message]: readonly [number, Beat]): NodeState => {
    const event: NodeEvent = { kind: 'message', link: 0, message };
    return step(before, event, nowMs).state;
  };
  return events.reduce(deliver, state);
}

describe('hearing', () => {
  test('a peer that does not echo us is not alive', () => {
    expect(alivePeers(after(newcomer(), [[100, beat(1, null)]]), 100)).toEqual([]);
  });

  test('a peer is alive for as long as what it echoed is fresh by our own clock', () => {
    const state = after(newcomer(), [[100, beat(1, { sentAtMs: 50 })]]);
    expect(alivePeers(state, 1049)).toEqual(['b']);
    expect(alivePeers(state, 1050)).toEqual([]);
  });

  test('a packet that arrives late proves nothing new', () => {
    const state = after(newcomer(), [
      [100, beat(1, { sentAtMs: 50 })],
      [900, beat(2, { sentAtMs: 60 })],
    ]);
    expect(alivePeers(state, 1070)).toEqual([]);
  });

  test('an echo of a former life of ours does not count', () => {
    expect(alivePeers(after(newcomer(), [[100, beat(1, { boot: 6, sentAtMs: 50 })]]), 100)).toEqual([]);
  });

  test('beats of a former life of the peer, played again, change nothing', () => {
    const state = after(newcomer(), [
      [100, beat(9, { sentAtMs: 50 }, 20)],
      [1500, beat(1, { sentAtMs: 1450 }, 21)],
      [1600, beat(10, { sentAtMs: 60 }, 20)],
    ]);
    expect(state.peers.get('b')?.boot).toBe(21);
    expect(alivePeers(state, 1600)).toEqual(['b']);
  });

  test('a node that was held up longer than the loss timeout hears nobody until they answer again', () => {
    const state = after(newcomer(), [[100, beat(1, { sentAtMs: 50 })]]);
    const held = step(step(state, { kind: 'tick' }, 120).state, { kind: 'tick' }, 1200).state;
    expect(held.peers.get('b')?.confirmedAtMs).toBeNull();
  });
});

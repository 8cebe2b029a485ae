import { expect, test } from 'vitest';
import { compareCase } from './compare.ts';
import type { PeerResult } from './result.ts';

const state = {
  nodes: { a: { kind: 'member', state: 'online' }, g: { kind: 'guest', state: 'online' } },
  resources: { ip: { on: [['a', 'Started']], flags: { a: ['failed'] } }, off: { on: [], flags: {} } },
} as const;

const result: PeerResult = {
  format: 'pcmk-placement/1',
  case: 'one',
  initial: state,
  final: state,
  actions: [{ action: 'move', resource: 'ip', from: ['a', null], to: ['b', null], blocked: false, reason: 'x' }],
  ops: {
    core: ['stop ip a', 'start ip b'],
    other: [],
    order: [
      ['stop ip a', 'start ip b'],
      ['start ip b', 'start db b'],
    ],
  },
};

test('agrees with itself, reasons and guests apart', () => {
  const other: PeerResult = {
    ...result,
    final: { ...state, nodes: { a: state.nodes.a } },
    actions: [{ action: 'move', resource: 'ip', from: ['a', null], to: ['b', null], blocked: false }],
  };
  expect(Object.values(compareCase(result, other)).flat()).toEqual([]);
});

test('tells every difference in words', () => {
  const other: PeerResult = {
    ...result,
    final: {
      nodes: { a: { kind: 'member', state: 'offline' } },
      resources: { ip: { on: [['b', 'Started']], flags: {} } },
    },
    actions: [],
    ops: { core: ['stop ip a', 'stop ip a'], other: [], order: [['start db b', 'stop ip a']] },
  };
  expect(compareCase(result, other)).toEqual({
    initial: [],
    placement: ['ip: expected Started a, got Started b'],
    nodes: ['a: expected online, got offline'],
    flags: ['ip@a: expected failed, got nothing'],
    actions: ['missing: move ip: a -> b'],
    ops: ['extra: stop ip a', 'missing: start ip b'],
    order: [
      'missing: start ip b before start db b',
      'missing: stop ip a before start db b',
      'missing: stop ip a before start ip b',
    ],
  });
});

test('more order than expected is allowed, and it counts through others', () => {
  const expected = { ...result, ops: { ...result.ops, order: [['stop ip a', 'start db b']] } } as PeerResult;
  expect(compareCase(expected, result).order).toEqual([]);
});

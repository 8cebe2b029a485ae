import { describe, expect, it } from 'vitest';
import type { NodeState } from '../input.ts';
import { situate } from './index.ts';
import { input, node, set, state, up } from './inputs.testing.ts';

const words = ['online', 'unclean', 'pending', 'standby', 'shuttingDown'] as const;

/** What is true of node `b` while `a` is up. */
function stateOf(parts: Partial<NodeState> | null, isFenced: boolean): string {
  const nodeStates = [up('a'), ...(parts === null ? [] : [state('b', parts)])];
  const settings = { 'stonith-enabled': String(isFenced) };
  const { nodes } = situate(input({ settings, nodes: [node('a'), node('b')], nodeStates }));
  return words.filter((word) => nodes[1]![word]).join(' ');
}

const member = { inMembership: 'true', peer: 'online', join: 'member', expected: 'member' };

describe('a node is, with fencing and without', () => {
  it.each<[string, Partial<NodeState> | null, string, string]>([
    ['never seen', null, 'unclean', ''],
    ['a member', member, 'online', 'online'],
    ['told of without an id', { ...member, id: '' }, 'unclean', ''],
    ['lost', { ...member, inMembership: 'false', peer: 'offline' }, 'unclean', ''],
    ['without its daemon', { ...member, peer: 'offline' }, 'online unclean', 'unclean'],
    ['cleanly down', { inMembership: 'false', peer: 'offline', join: 'down', expected: 'down' }, '', ''],
    [
      'on its way in',
      { inMembership: 'true', peer: 'online', join: 'down', expected: 'down' },
      'online pending standby',
      '',
    ],
    ['joining', { ...member, join: 'pending' }, 'online pending standby', ''],
    ['refused', { ...member, join: 'banned' }, 'online unclean', ''],
    ['leaving', { ...member, transient: set({ shutdown: '1234' }) }, 'online shuttingDown', 'online shuttingDown'],
    ['to be terminated', { ...member, transient: set({ terminate: 'true' }) }, 'online unclean', 'online'],
    ['in standby', { ...member, transient: set({ standby: 'on' }) }, 'online standby', 'online standby'],
  ])('%s', (_, parts, fenced, unfenced) => {
    expect([stateOf(parts, true), stateOf(parts, false)]).toEqual([fenced, unfenced]);
  });
});

it('without quorum a partition fences itself, if it ever had any', () => {
  const settings = { 'no-quorum-policy': 'suicide' };
  const fenced = situate(input({ settings, quorate: false, noQuorumPanic: true })).fences.length;
  expect([fenced, situate(input({ settings, quorate: false })).fences.length]).toEqual([3, 0]);
});

it('nodes stand in the order of their names, numbers as numbers', () => {
  const situation = situate(input({ nodes: ['n10', 'N9', 'm'].map((name) => node(name)), nodeStates: [] }));
  expect(situation.nodes.map(({ name }) => name)).toEqual(['m', 'N9', 'n10']);
});

it('values that last until the node leaves go before those of the configuration', () => {
  const nodes = [node('a', { rack: '1', site: 'x', 'site-name': 'north' })];
  const { attributes } = situate(input({ nodes, nodeStates: [up('a', [], { rack: '2' })] })).nodes[0]!;
  expect(['rack', 'site', '#uname', '#is_dc', '#site-name'].map((name) => attributes.get(name))).toEqual([
    '2',
    'x',
    'a',
    'true',
    'north',
  ]);
});

it('health adds up by the strategy', () => {
  const nodeStates = [up('a', [], { '#health-disk': 'red', '#health-fan': '5' })];
  const health = (strategy: string): number =>
    situate(
      input({
        nodeStates,
        settings: { 'node-health-strategy': strategy, 'node-health-base': '7', 'node-health-red': '-10' },
      }),
    ).nodes[0]!.health;
  expect(['none', 'progressive', 'custom', 'only-green'].map(health)).toEqual([0, 2, -5, -1_000_000]);
});

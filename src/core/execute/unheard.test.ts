import { describe, expect, test } from 'vitest';
import { plainCluster } from '../model.ts';
import { boot } from '../node.ts';
import { type Beat, firstDoc, type NodeRecord, type ServiceState, type View } from '../ports.ts';
import type { NodeState } from '../state.ts';
import { blankRecord } from './services.ts';
import { asUnheard, unheardOf } from './unheard.ts';

const view: View = { number: 7, members: ['a', 'b', 'c'], coordinator: 'a' };

const recordOf = (node: string, state: ServiceState, peer: string | null, version: number): NodeRecord => ({
  node,
  boot: 1,
  version,
  services: { vm: { ...blankRecord, state, peer, changed: version } },
  watchdog: 'none',
  fencings: [],
});

/** As `a` sees it: `b` is the source of a migration to `c`, which holds this version of the record of `b`. */
function seen(state: ServiceState, held: number): NodeState {
  const places = view.members.map((id, i) => ({ id, links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }] }));
  const cluster = plainCluster('test', { intervalMs: 200, deadMs: 1000, port: 7354 }, places, []);
  const state_ = boot({ self: 'a', boot: 1, doc: firstDoc('', cluster), reserved: 0, noted: null, ledger: [] }, 0);
  const records = new Map([recordOf('b', state, 'c', 4), recordOf('c', 'stopped', null, 2)].map((r) => [r.node, r]));
  const beat = { holds: [{ node: 'b', boot: 1, version: held }] } as unknown as Beat;
  const peer = { node: 'c', beat } as unknown as NonNullable<ReturnType<NodeState['peers']['get']>>;
  return { ...state_, installed: view, records, peers: new Map([['c', peer]]) };
}

describe('a target that has stopped', () => {
  test.each(['moved', 'failed', 'stopping', 'stopped'] as const)('has not heard that its source has %s', (state) => {
    expect(unheardOf(seen(state, 3))).toEqual([{ node: 'c', service: 'vm' }]);
    expect(unheardOf(seen(state, 4))).toEqual([]);
  });

  test('is not told of what its source still gives away: that counts by itself', () => {
    expect(unheardOf(seen('migrating', 3))).toEqual([]);
  });

  test('counts as being looked at until then', () => {
    expect(asUnheard(recordOf('c', 'stopped', null, 2), 'vm').services['vm']?.state).toBe('probing');
    const runs = recordOf('c', 'running', null, 2);
    expect(asUnheard(runs, 'vm')).toBe(runs);
  });
});

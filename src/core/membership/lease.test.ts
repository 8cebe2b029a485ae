import { describe, expect, test } from 'vitest';
import { takeOrder } from '../execute/local.ts';
import { plainOrder } from '../execute/plainOrder.ts';
import { stopWithoutQuorum } from '../execute/withoutQuorum.ts';
import { type Cluster, plainCluster, plainQuorum, type QuorumRules, type Service } from '../model.ts';
import { boot } from '../node.ts';
import { firstDoc, type NodeEffect, type View } from '../ports.ts';
import { plainService } from '../schedule/cases/arbitrary.ts';
import type { NodeState, Peer, Turn } from '../state.ts';
import { unheard } from './hearing.ts';
import { continuity, hasQuorum, leaseEndMs } from './lease.ts';

const deadMs = 1000;

function clusterOf(
  names: readonly string[],
  rules: Partial<QuorumRules> = {},
  services: readonly Service[] = [],
): Cluster {
  const places = names.map((id, i) => ({ id, links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }] }));
  const plain = plainCluster('test', { intervalMs: 200, deadMs, port: 7354 }, places, services);
  return { ...plain, quorum: { ...plainQuorum, ...rules } };
}

const viewOf = (number: number, ...members: string[]): View => ({ number, members, coordinator: members[0] ?? '' });

interface Grants {
  readonly view: View;
  readonly since: number;
  readonly atMs: number;
}

/** Node `a` in a view, with what others have granted it. */
function nodeIn(cluster: Cluster, installed: View | null, grants: Readonly<Record<string, Grants>>): NodeState {
  const state = boot({ self: 'a', boot: 1, doc: firstDoc('', cluster), reserved: 0, noted: null, ledger: [] }, 0);
  const peers = new Map<string, Peer>(
    Object.entries(grants).map(([node, grant]) => [
      node,
      { ...unheard(node), boot: 2, confirmedAtMs: grant.atMs, grant },
    ]),
  );
  return { ...state, installed, promised: installed ?? state.promised, peers };
}

const three = clusterOf(['a', 'b', 'c']);
const five = clusterOf(['a', 'b', 'c', 'd', 'e']);
const view7 = viewOf(7, 'a', 'b', 'c');

describe('a lease', () => {
  test('lasts from our own send time of what a majority granted', () => {
    const state = nodeIn(three, view7, {
      b: { view: view7, since: 7, atMs: 400 },
      c: { view: view7, since: 7, atMs: 300 },
    });
    expect(leaseEndMs(state, 900)).toBe(400 + deadMs);
    expect(hasQuorum(state, 1399)).toBe(true);
    expect(hasQuorum(state, 1400)).toBe(false);
  });

  test('goes on while its voters promise later views with us in them', () => {
    const later = viewOf(9, 'a', 'b');
    expect(leaseEndMs(nodeIn(three, view7, { b: { view: later, since: 6, atMs: 400 } }), 900)).toBe(1400);
  });

  test('does not count a voter that promised a view without us in between', () => {
    const later = viewOf(9, 'a', 'b');
    expect(leaseEndMs(nodeIn(three, view7, { b: { view: later, since: 9, atMs: 400 } }), 900)).toBeNull();
  });
});

describe('continuity', () => {
  const [from, to] = [viewOf(4, 'a', 'b', 'c', 'd'), viewOf(9, 'a', 'b', 'c', 'd')];
  const granted = (since: number): Grants => ({ view: to, since, atMs: 100 });

  test('is kept where a majority has had us in all that it promised', () => {
    expect(continuity(nodeIn(five, from, { b: granted(4), c: granted(2), d: granted(9) }), from, to)).toBe('kept');
  });

  test('is broken where a view without us may have had a majority', () => {
    expect(continuity(nodeIn(five, from, { b: granted(4), c: granted(8), d: granted(9) }), from, to)).toBe('broken');
  });

  test('is open while those that could tell have not been heard', () => {
    expect(continuity(nodeIn(five, from, { b: granted(4), c: granted(8) }), from, to)).toBe('open');
  });

  test('is no question where time proves nothing', () => {
    const frozen = clusterOf(['a', 'b', 'c', 'd', 'e'], { noQuorum: 'freeze' });
    expect(continuity(nodeIn(frozen, from, {}), from, to)).toBe('kept');
  });
});

describe('in a pair', () => {
  const both = viewOf(4, 'a', 'b');

  test('nobody acts without us, so the lease goes on', () => {
    for (const tie of ['none', 'fence'] as const)
      expect(hasQuorum(nodeIn(clusterOf(['a', 'b'], { tie }), both, {}), 99_000)).toBe(true);
  });

  test('with ping it lasts while the outside answers', () => {
    const state = nodeIn(clusterOf(['a', 'b'], { tie: 'ping', ping: ['10.0.0.254'] }), viewOf(5, 'a'), {});
    expect(hasQuorum(state, 5000)).toBe(false);
    expect(hasQuorum({ ...state, reachedAtMs: 4000 }, 5000)).toBe(true);
    expect(hasQuorum({ ...state, reachedAtMs: 4000 }, 4000 + 2 * deadMs)).toBe(false);
  });
});

describe('without a lease', () => {
  const served = clusterOf(['a', 'b', 'c'], {}, [plainService('db', ['a', 'b'])]);
  const granted: Grants = { view: view7, since: 7, atMs: 400 };
  const state = nodeIn(served, view7, { b: granted });

  function turnAt(nowMs: number, before = state): Turn & { readonly effects: NodeEffect[] } {
    return { nowMs, state: before, effects: [] };
  }

  test('no order is carried out', () => {
    const order = {
      id: { view: 7, plan: 1, action: 0 },
      verb: 'probe',
      serviceId: 'db',
      ...plainOrder,
    } as const;
    const late = turnAt(1400);
    takeOrder(late, 'a', { ...order, because: 'a test' });
    expect(late.effects).toEqual([]);
    const early = turnAt(1399);
    takeOrder(early, 'a', { ...order, because: 'a test' });
    expect(early.effects.some(({ kind }) => kind === 'run')).toBe(true);
  });

  test('nor one of another view, or of somebody who does not lead ours', () => {
    const order = {
      verb: 'probe',
      serviceId: 'db',
      ...plainOrder,
      because: 'a test',
    } as const;
    for (const [from, view] of [
      ['a', 6],
      ['a', 8],
      ['b', 7],
    ] as const) {
      const turn = turnAt(1000);
      takeOrder(turn, from, { ...order, id: { view, plan: 1, action: 0 } });
      expect(turn.effects).toEqual([]);
    }
  });

  test('what is being stopped goes on being stopped when it is back', () => {
    const db = plainService('db', ['a', 'b']);
    const local = state.local.get('db');
    if (local === undefined) throw new Error('db is not known here');
    const running = { ...local, running: db, record: { ...local.record, state: 'running' as const } };
    const lost = turnAt(5000, { ...state, hadQuorum: true, local: new Map([['db', running]]) });
    stopWithoutQuorum(lost, false);
    expect(lost.state.purging).toBe(true);
    const back = turnAt(5001, lost.state);
    stopWithoutQuorum(back, true);
    expect(back.state.purging).toBe(true);
  });
});

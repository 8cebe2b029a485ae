import { describe, expect, it } from 'vitest';
import type { HistoryOperation } from '../input.ts';
import type { Resource, Situation } from '../situation.ts';
import { situate } from './index.ts';
import {
  down,
  entry,
  input,
  known,
  namesOf,
  operation,
  primitive,
  probe,
  resourceIn,
  set,
  up,
} from './inputs.testing.ts';

type Results = readonly (readonly [string, Partial<HistoryOperation>?])[];

/** Role, where it runs, and what else is true of it. */
function summary({ situation, resource }: { situation: Situation; resource: Resource }): string {
  const flags = (['failed', 'blocked', 'failureIgnored', 'startPending'] as const).filter((flag) => resource[flag]);
  return [resource.role, ...namesOf(situation, resource.runningOn), ...flags].join(' ');
}

describe('what a resource is after results', () => {
  it.each<[string, Results, string]>([
    ['a start', [['start']], 'started a'],
    ['a stop', [['start'], ['stop']], 'stopped'],
    ['a probe that finds nothing', [probe(7)], 'stopped'],
    ['a probe that finds it', [probe(0)], 'started a'],
    ['a probe that finds it promoted', [probe(8)], 'promoted a'],
    ['a probe without the software', [probe(5)], 'stopped'],
    ['a probe that fails', [probe(1)], 'started a failed'],
    ['a monitor that fails', [['start'], ['monitor/10', { rc: 1 }]], 'started a failed'],
    ['a monitor that fails and the stop after it', [['start'], ['monitor/10', { rc: 7 }], ['stop']], 'stopped'],
    ['a degraded result', [['start'], ['monitor/10', { rc: 190 }]], 'started a'],
    ['a time-out', [['start', { status: 2, rc: 1 }]], 'started a failed'],
    ['a start under way', [['start', { status: -1, rc: -1, callId: -1 }]], 'started a startPending'],
    ['a promotion', [['start'], ['promote']], 'promoted a'],
    ['a demotion', [['start'], ['promote'], ['demote']], 'unpromoted a'],
    ['a demotion that fails', [['promote'], ['demote', { rc: 1 }]], 'unpromoted a failed'],
    ['results without a known status', [['start', { status: -2 }]], 'stopped'],
  ])('%s', (_, results, expected) => {
    expect(summary(known(results))).toBe(expected);
  });

  it('counts by call, not by the order of the document', () => {
    expect(
      summary(
        known([
          ['stop', { callId: 9 }],
          ['start', { callId: 4 }],
        ]),
      ),
    ).toBe('stopped');
  });
});

describe('what follows from a failure', () => {
  const failed: Results = [['start'], ['monitor/10', { rc: 1 }]];
  const answered = (onFail: string, settings = { 'stonith-enabled': 'true' }) =>
    known(failed, {}, [operation('monitor', { interval: '10s', 'on-fail': onFail })], { settings });

  it.each<[string, (known: ReturnType<typeof answered>) => unknown, unknown]>([
    ['ignore', ({ resource }) => [resource.failed, resource.failureIgnored], [false, true]],
    ['block', ({ resource }) => [resource.blocked, resource.managed, resource.stopsToRecover], [true, false, false]],
    ['stop', ({ resource, situation }) => [resource.forcedRole, situation.bans[0]?.node], ['stopped', null]],
    ['restart', ({ resource }) => [resource.stopsToRecover, resource.mustStopOn], [true, [0]]],
    ['standby', ({ situation }) => [situation.nodes[0]?.standbyOnFail, situation.nodes[0]?.standby], [true, true]],
    ['fence', ({ situation }) => [situation.nodes[0]?.unclean, situation.fences.length], [true, 1]],
    ['migrate', ({ situation }) => situation.bans.map(({ node }) => node), [0]],
    ['demote', ({ resource }) => [resource.failed, resource.stopsToRecover], [true, true]],
  ])('on-fail=%s', (onFail, view, expected) => {
    expect(view(answered(onFail))).toEqual(expected);
  });

  it('on-fail=fence is stop where nothing can be fenced', () => {
    expect(answered('fence', { 'stonith-enabled': 'false' }).resource.forcedRole).toBe('stopped');
  });

  it('of a stop is fencing, or a resource that nobody touches', () => {
    const results: Results = [['start'], ['stop', { rc: 1 }]];
    expect(known(results).resource.blocked).toBe(true);
    const { situation } = known(results, {}, [], { settings: {} });
    expect(situation.nodes.map(({ unclean }) => unclean)).toEqual([true, false, false]);
  });

  it('of a promotion is that it may be no more than unpromoted', () => {
    expect(known([['start'], ['promote', { rc: 1 }]]).resource.forcedRole).toBe('unpromoted');
  });

  it('of a wrong configuration is that it runs nowhere', () => {
    expect(known([['start', { rc: 6 }]]).situation.bans.map(({ node }) => node)).toEqual([null]);
  });

  it('can be said for all operations', () => {
    const { resource } = known(failed, {}, [], { operationDefaults: set({ 'on-fail': 'block' }) });
    expect(resource.blocked).toBe(true);
  });
});

describe('failures that are old', () => {
  const counted = (lastS: number) => ({
    nodeStates: [
      up('a', [entry('r', ['start', { rc: 1, lastChangeS: lastS }])], {
        'fail-count-r#start_0': '1',
        'fail-count-r#monitor_10000': 'INFINITY',
        'last-failure-r#start_0': String(lastS),
      }),
    ],
  });

  it('expire after the time-out, and are to be cleared then', () => {
    const { resource } = known([], { 'failure-timeout': '60s' }, [], counted(9_000));
    expect([resource.role, resource.failed]).toEqual(['stopped', false]);
    expect(resource.failures).toEqual([{ node: 0, count: 0, lastS: 9_000, expired: true }]);
  });

  it('count until then, summed over operations', () => {
    const { resource } = known([], { 'failure-timeout': '60s' }, [], counted(9_990));
    expect(resource.failures).toEqual([{ node: 0, count: 1_000_000, lastS: 9_990, expired: false }]);
  });

  it('never expire if they block', () => {
    const operations = [operation('start', { 'on-fail': 'block' })];
    const { resource } = known([], { 'failure-timeout': '60s' }, operations, counted(9_000));
    expect([resource.blocked, resource.meta.failureTimeoutMs]).toEqual([true, 0]);
  });

  it('were counted by resource in old clusters', () => {
    const nodeStates = [up('a', [], { 'fail-count-r': '3' })];
    expect(known([], {}, [], { nodeStates, featureSet: '3.0.12' }).resource.failures[0]?.count).toBe(3);
  });
});

describe('a resource on several nodes', () => {
  const twice = (multipleActive: string) => {
    const nodeStates = [up('a', [entry('r', ['start'])]), up('b', [entry('r', probe(0))])];
    const situation = situate(
      input({ nodeStates, resources: [primitive('r', { 'multiple-active': multipleActive })] }),
    );
    return { situation, resource: resourceIn(situation, 'r') };
  };

  it('is there on both, and what then is said by multiple-active', () => {
    expect(namesOf(twice('stop_start').situation, twice('stop_start').resource.runningOn)).toEqual(['a', 'b']);
    expect(twice('block').resource.blocked).toBe(true);
    expect(twice('stop_only').situation.bans.map(({ node }) => node)).toEqual([null]);
  });
});

describe('a node that is down', () => {
  const lost = (settings: Record<string, string>) =>
    situate(
      input({ settings, resources: [primitive('r')], nodeStates: [down('a', [entry('r', ['start'])]), up('b')] }),
    );

  it('is fenced if something ran there', () => {
    expect(lost({}).nodes[0]?.unclean).toBe(true);
  });

  it('ran nothing, if nothing can be fenced', () => {
    expect(resourceIn(lost({ 'stonith-enabled': 'false' }), 'r').runningOn).toEqual([]);
  });
});

describe('what is not managed', () => {
  it('stays where it is', () => {
    const { situation, resource } = known([['start']], { 'is-managed': 'false' });
    expect([resource.managed, situation.pins.map(({ node }) => node)]).toEqual([false, [0]]);
  });

  it('is so also on a node in maintenance', () => {
    const nodeStates = [up('a', [entry('r', ['start'])], { maintenance: 'true' })];
    expect(known([], {}, [], { nodeStates }).resource.managed).toBe(false);
  });
});

describe('shutdown locks', () => {
  const locked = (limit: string) => {
    const lock = { ...entry('r', ['start'], ['stop']), shutdownLockS: 9_000 };
    const settings = { 'stonith-enabled': 'false', 'shutdown-lock': 'true', 'shutdown-lock-limit': limit };
    return known([], {}, [], { settings, nodeStates: [down('a', [lock]), up('b')] }).resource;
  };

  it('hold until they expire', () => {
    expect(locked('0').lock).toEqual({ node: 0, sinceS: 9_000 });
    expect([locked('5min').lock, locked('5min').unlockedOn]).toEqual([null, [0]]);
  });
});

import { describe, expect, it } from 'vitest';
import type { CloneConfig, GroupConfig, NodeState } from '../input.ts';
import type { Situation } from '../situation.ts';
import { situate } from './index.ts';
import { entry, input, namesOf, primitive, probe, resourceIn, set, up } from './inputs.testing.ts';

const clone = (meta: Record<string, string>, child: CloneConfig['child'] = primitive('r')): CloneConfig => ({
  kind: 'clone',
  id: 'k',
  meta: set(meta),
  parameters: [],
  child,
});

const group: GroupConfig = {
  kind: 'group',
  id: 'g',
  meta: [],
  parameters: [],
  members: [primitive('r'), primitive('s')],
};

function placesOf(situation: Situation, id: string): string[] {
  const { children } = resourceIn(situation, id);
  return children.map((index) => {
    const { id: child, runningOn, orphan } = situation.resources[index]!;
    return [child, ...namesOf(situation, runningOn), ...(orphan ? ['orphan'] : [])].join(' ');
  });
}

const cloned = (meta: Record<string, string>, nodeStates: readonly NodeState[], child?: CloneConfig['child']) =>
  situate(input({ resources: [clone(meta, child)], nodeStates }));

describe('anonymous instances', () => {
  it('get numbers as they are found, whatever numbers the history has', () => {
    const states = [
      up('a', [entry('r:2', ['start'])]),
      up('b', [entry('r', probe(7))]),
      up('c', [entry('r:0', ['start'])]),
    ];
    expect(placesOf(cloned({}, states), 'k')).toEqual(['r:0 a', 'r:1 c', 'r:2']);
  });

  it('beyond those that there may be are orphans', () => {
    const states = ['a', 'b', 'c'].map((name) => up(name, [entry('r', ['start'])]));
    expect(placesOf(cloned({ 'clone-max': '1' }, states), 'k')).toEqual(['r:0 a', 'r:1 b orphan', 'r:2 c orphan']);
    expect(placesOf(cloned({ 'clone-max': '0' }, states.slice(1)), 'k')).toEqual(['r:0 b orphan', 'r:1 c orphan']);
  });

  it('of groups are one on a node', () => {
    const states = [up('a', [entry('s', probe(7))]), up('b', [entry('r', ['start']), entry('s', ['start'])])];
    const situation = cloned({}, states, group);
    expect(placesOf(situation, 'k')).toEqual(['g:0 b', 'g:1', 'g:2']);
    expect(placesOf(situation, 'g:0')).toEqual(['r:0 b', 's:0 b']);
  });
});

describe('unique instances', () => {
  it('are who they are', () => {
    const states = [up('a', [entry('r:2', ['start'])]), up('b'), up('c', [entry('r:0', ['start'])])];
    const situation = cloned({ 'globally-unique': 'true' }, states);
    expect(placesOf(situation, 'k')).toEqual(['r:0 c', 'r:1', 'r:2 a']);
  });

  it('need agents that can tell them apart', () => {
    const agent = { standard: 'systemd', provider: '', type: 'web' };
    const situation = cloned({ 'globally-unique': 'true', 'clone-node-max': '2' }, [], { ...primitive('r'), agent });
    expect(resourceIn(situation, 'k').meta).toMatchObject({ isUnique: false, cloneNodeMax: 1 });
    expect(resourceIn(situation, 'r:1').historyId).toBe('r');
  });
});

describe('what is not configured', () => {
  const orphaned = (settings: Record<string, string>) =>
    situate(
      input({ settings, nodeStates: [up('a', [entry('gone', ['start'])]), up('b', [entry('gone', ['start'])])] }),
    );

  it('is stopped', () => {
    const situation = orphaned({ 'stonith-enabled': 'false' });
    expect(resourceIn(situation, 'gone')).toMatchObject({
      orphan: true,
      managed: true,
      runningOn: [0, 1],
      config: null,
    });
    expect(situation.bans.map(({ node }) => node)).toEqual([null]);
  });

  it('is left alone if the cluster says so', () => {
    const situation = orphaned({ 'stonith-enabled': 'false', 'stop-orphan-resources': 'false' });
    expect([resourceIn(situation, 'gone').managed, situation.bans]).toEqual([false, []]);
  });
});

describe('meta attributes', () => {
  it('come from the resource, its parents, the defaults, in this order', () => {
    const member = primitive('r', { priority: '1' });
    const parents: GroupConfig = { ...group, meta: set({ priority: '2', 'failure-timeout': '5s' }), members: [member] };
    const resourceDefaults = set({ 'failure-timeout': '9s', 'migration-threshold': '3' });
    const { meta } = resourceIn(situate(input({ resources: [parents], resourceDefaults })), 'r');
    expect(meta).toMatchObject({ priority: 1, failureTimeoutMs: 5000, migrationThreshold: 3 });
  });

  it('make instances stick a little, unless anything is said', () => {
    const stickiness = (defaults: Record<string, string>): number =>
      resourceIn(situate(input({ resources: [clone({})], resourceDefaults: set(defaults) })), 'r:0').meta.stickiness;
    expect([stickiness({}), stickiness({ 'resource-stickiness': '0' })]).toEqual([1, 0]);
  });

  it('know what is needed before a start', () => {
    const needs = (settings: Record<string, string>): string =>
      resourceIn(situate(input({ settings, resources: [primitive('r')] })), 'r').meta.requires;
    expect(
      [{}, { 'stonith-enabled': 'false' }, { 'stonith-enabled': 'false', 'no-quorum-policy': 'ignore' }].map(needs),
    ).toEqual(['fencing', 'quorum', 'nothing']);
  });
});

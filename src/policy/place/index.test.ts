import { describe, expect, it } from 'vitest';
import { infinity } from '../values.ts';
import {
  type Cluster,
  clone,
  group,
  location,
  needs,
  placed,
  places,
  primitive,
  scores,
  together,
} from './clusters.testing.ts';

const cases: Readonly<Record<string, readonly [cluster: Cluster, expected: readonly string[]]>> = {
  'resources are spread: the fewer were placed there so far, then the name': [
    { resources: ['p', 'q', 'r', 's'].map((id) => primitive(id)).join('') },
    ['p a', 'q b', 'r c', 's a'],
  ],
  'priority decides whose turn it is, not where it stands': [
    { resources: primitive('p') + primitive('q', { priority: '5' }) },
    ['p b', 'q a'],
  ],
  'at score zero what runs is spread anew': [
    { resources: primitive('p') + primitive('q'), running: { c: ['p', 'q'] } },
    ['p c', 'q a'],
  ],
  'above zero the present node wins over the load of nodes that are as good': [
    {
      resources: primitive('p') + primitive('q'),
      constraints: ['a', 'b', 'c'].map((node) => location('p', node, '1') + location('q', node, '1')).join(''),
      running: { c: ['p', 'q'] },
    },
    ['p c', 'q c'],
  ],
  'stickiness holds against a smaller preference': [
    {
      resources: primitive('p', { 'resource-stickiness': '10' }),
      constraints: location('p', 'a', '9'),
      running: { b: ['p'] },
    },
    ['p b'],
  ],
  'what runs in several places does not stick': [
    {
      resources: primitive('p', { 'resource-stickiness': '10' }),
      constraints: location('p', 'a', '9'),
      running: { b: ['p'], c: ['p'] },
    },
    ['p a'],
  ],
  'a score below zero forbids': [
    { resources: primitive('p'), constraints: ['a', 'b', 'c'].map((node) => location('p', node, '-1')).join('') },
    [],
  ],
  'in an opt-in cluster only named nodes are candidates': [
    {
      resources: primitive('p') + primitive('q'),
      constraints: location('p', 'b', '0'),
      options: { 'symmetric-cluster': 'false' },
    },
    ['p b'],
  ],
  'what others are with has its turn first, and loops end where they close': [
    {
      resources: primitive('p') + primitive('q'),
      constraints: together('p', 'q', 'INFINITY') + together('q', 'p', 'INFINITY'),
    },
    ['p a', 'q a'],
  ],
  'mandatory: without a place for the one there is none for the other': [
    {
      resources: primitive('p') + primitive('q', { 'target-role': 'Stopped' }),
      constraints: together('p', 'q', 'INFINITY'),
    },
    [],
  ],
  'optional: what would leave no node is taken back': [
    {
      resources: primitive('p') + primitive('q'),
      constraints:
        together('p', 'q', '-5') +
        location('q', 'a', 'INFINITY') +
        location('p', 'b', '-INFINITY') +
        location('p', 'c', '-INFINITY'),
    },
    ['p a', 'q a'],
  ],
  apart: [
    {
      resources: primitive('p') + primitive('q'),
      constraints: together('q', 'p', '-INFINITY') + location('q', 'a', '100'),
    },
    ['p b', 'q a'],
  ],
  'by node attribute: any node with the same value will do': [
    {
      resources: primitive('p') + primitive('q') + primitive('r'),
      constraints:
        together('q', 'p', 'INFINITY', 'node-attribute="rack"') + location('p', 'a', '1') + location('r', 'a', '1'),
      attributes: { a: { rack: '1' }, b: { rack: '2' }, c: { rack: '1' } },
    },
    ['p a', 'q c', 'r a'],
  ],
  'a group is where all its members may be': [
    { resources: group('g', [primitive('p'), primitive('q')]), constraints: location('q', 'a', '-INFINITY') },
    ['p b', 'q b'],
  ],
  'members after one that has no place stop, those before stay': [
    { resources: group('g', [primitive('p'), primitive('q', { 'target-role': 'Stopped' }), primitive('r')]) },
    ['p a'],
  ],
  'a clone has one instance a node unless told otherwise': [
    { resources: clone('k', primitive('p'), { 'clone-max': '2' }) },
    ['p:0 a', 'p:1 b'],
  ],
  'instances keep their nodes': [
    { resources: clone('k', primitive('p'), { 'clone-max': '2' }), running: { b: ['p'], c: ['p'] } },
    ['p:0 b', 'p:1 c'],
  ],
  'interleaved instances follow those on the same node': [
    {
      resources: clone('k', primitive('p'), { 'clone-max': '1' }) + clone('l', primitive('q'), { interleave: 'true' }),
      constraints: together('l', 'k', 'INFINITY') + location('k', 'c', '7'),
    },
    ['p:0 c', 'q:0 c'],
  ],
  'without a score and without a location nobody is promoted': [
    { resources: clone('k', primitive('p'), { promotable: 'true', 'clone-max': '1' }) },
    ['p:0 a'],
  ],
  'the highest promotion score is promoted, where the resource is known': [
    {
      resources: clone('k', primitive('p'), { promotable: 'true' }),
      running: { a: ['p'], b: ['p'], c: ['p'] },
      attributes: { a: { 'master-p': '5' }, b: { 'master-p': '10' } },
    },
    ['p:0 a', 'p:1! b', 'p:2 c'],
  ],
  'who wants to be with the promoted one has a say': [
    {
      resources: primitive('q') + clone('k', primitive('p'), { promotable: 'true' }),
      constraints: together('q', 'k', 'INFINITY', 'with-rsc-role="Promoted"') + location('q', 'c', '50'),
      running: { a: ['p'], b: ['p'], c: ['p'] },
      attributes: { a: { 'master-p': '10' }, b: { 'master-p': '10' }, c: { 'master-p': '10' } },
    },
    ['q c', 'p:0 a', 'p:1 b', 'p:2! c'],
  ],
  'failures up to the threshold forbid the node to the whole anonymous clone': [
    {
      resources: clone('k', primitive('p', { 'migration-threshold': '2' }), { 'clone-max': '3' }),
      attributes: { b: { 'fail-count-p#start_0': '2' } },
    },
    ['p:0 a', 'p:1 c'],
  ],
  'without room there is no place; what must be together counts together': [
    {
      resources: primitive('p', {}, needs('p', 2)) + primitive('q', {}, needs('q', 2)),
      constraints: together('q', 'p', 'INFINITY'),
      options: { 'placement-strategy': 'utilization' },
      room: { a: 3, b: 4, c: 1 },
    },
    ['p b', 'q b'],
  ],
  'balanced: the most room wins': [
    {
      resources: primitive('p', {}, needs('p', 1)),
      options: { 'placement-strategy': 'balanced' },
      room: { a: 3, b: 9, c: 4 },
    },
    ['p b'],
  ],
  'without a ticket there is no start, and none of the promoted role': [
    {
      resources: primitive('p') + clone('k', primitive('q'), { promotable: 'true', 'clone-max': '1' }),
      constraints: `<rsc_ticket id="t1" rsc="p" ticket="t"/><rsc_ticket id="t2" rsc="k" rsc-role="Promoted" ticket="t"/>`,
      running: { a: ['q!'] },
      attributes: { a: { 'master-q': '10' } },
    },
    ['q:0 a'],
  ],
  'frozen without quorum: nothing is promoted that was not': [
    {
      resources: clone('k', primitive('p'), { promotable: 'true', 'clone-max': '1' }),
      options: { 'no-quorum-policy': 'freeze' },
      quorate: false,
      running: { a: ['p'] },
      attributes: { a: { 'master-p': '10' } },
    },
    ['p:0 a'],
  ],
  'everything is stopped': [
    { resources: primitive('p'), options: { 'stop-all-resources': 'true' }, running: { a: ['p'] } },
    [],
  ],
  'what is not managed stays, and others follow it': [
    {
      resources: primitive('p', { 'is-managed': 'false' }) + primitive('q'),
      constraints: together('q', 'p', 'INFINITY') + location('p', 'a', 'INFINITY'),
      running: { c: ['p'] },
    },
    ['p c', 'q c'],
  ],
};

describe('places', () => {
  it.each(Object.entries(cases))('%s', (_, [cluster, expected]) => {
    expect(places(placed(cluster))).toEqual(expected);
  });
});

describe('scores', () => {
  it('flow back scaled, rounded half away from zero, and what would fade to nothing is one, a small dislike too', () => {
    const result = placed({
      resources: primitive('p') + primitive('q'),
      constraints:
        together('q', 'p', '500') + location('q', 'a', '1') + location('q', 'b', '-3') + location('q', 'c', '5000'),
    });
    expect(scores(result, 'p')).toEqual([1, 1, 3]);
  });

  it('of a clone stay possible whatever others wish', () => {
    const result = placed({
      resources: clone('k', primitive('p')) + primitive('q'),
      constraints: together('q', 'k', 'INFINITY') + location('q', 'a', '-INFINITY') + location('k', 'a', '7'),
    });
    expect(scores(result, 'k')).toEqual([1, 0, 0]);
  });

  it('say what they are made of', () => {
    const result = placed({
      resources: primitive('p', { 'resource-stickiness': '3' }),
      constraints: location('p', 'a', '5'),
      running: { a: ['p'] },
    });
    expect(result.placement.terms.get(0)).toEqual([
      { node: 0, points: 5, because: 'location p-a' },
      { node: 0, points: 3, because: 'stickiness' },
    ]);
  });

  it('are null for nodes that are no candidates', () => {
    const options = { 'symmetric-cluster': 'false' };
    const result = placed({ resources: primitive('p'), constraints: location('p', 'b', '4'), options });
    expect(scores(result, 'p')).toEqual([null, 4, null]);
  });

  it('let exclusive discovery forbid all other nodes, and probe none of them', () => {
    const exclusive = '<rsc_location id="l" rsc="p" node="b" score="0" resource-discovery="exclusive"/>';
    const result = placed({ resources: primitive('p'), constraints: exclusive });
    expect(scores(result, 'p')).toEqual([-infinity, 0, -infinity]);
    expect([0, 1, 2].map((node) => result.placement.discoversOn(0, node))).toEqual([false, true, false]);
  });

  it('keep the connection of a bundle off remote nodes even while it is not managed', () => {
    const far = '<primitive id="far" class="ocf" provider="pacemaker" type="remote"/>';
    const image = '<docker image="i" replicas="1"/><network control-port="3121"/>';
    const result = placed({
      resources: `${far}<bundle id="k">${image}${primitive('p')}</bundle>`,
      attributes: { a: { maintenance: 'true' } },
      running: { a: ['k-0'] },
    });
    const { nodes, resourceById, resources } = result.situation;
    expect(resources[resourceById.get('k-0')!]!.managed).toBe(false);
    expect(nodes[3]!.name).toBe('far');
    expect(scores(result, 'k-0').slice(0, 4)).toEqual([infinity, 0, 0, -infinity]);
  });
});

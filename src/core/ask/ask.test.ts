import { describe, expect, test } from 'vitest';
import { withAllCopies } from '../copies.ts';
import { noRules, type Rules } from '../model.ts';
import { clusterOf, orderOf, plainService } from '../schedule/cases/arbitrary.ts';
import { datesChangeS, decideOn, type Present, type Question, resourceIdOf } from './index.ts';

const cluster = clusterOf(
  ['a', 'b', 'c'],
  [
    { ...plainService('disk', ['a', 'b']), failures: { max: 3, forgetMs: null } },
    { ...plainService('db', ['a', 'b']), with: ['disk'] },
    { ...plainService('web', ['c', 'b', 'a']), clone: true, instances: 2 },
  ],
);

const question: Question = {
  cluster,
  nowS: 0,
  members: new Set(['a', 'b', 'c']),
  standby: new Set(),
  stopped: new Set(),
  leftAlone: new Set(),
  scattered: new Set(),
  mute: new Set(),
  preferences: [],
  present: new Map(),
};

/** Where the engine would have each service run. */
function placesOf(more: Partial<Question>): Record<string, readonly string[]> {
  const { situation, placement } = decideOn({ ...question, ...more });
  const { nodeOf } = placement;
  const places = cluster.services.map(({ id }) => {
    const index = situation.resourceById.get(id) ?? -1;
    const { children } = situation.resources[index] ?? { children: [] };
    const nodes = [index, ...children].flatMap((each) => situation.nodes[nodeOf[each] ?? -1]?.name ?? []);
    return [id, nodes.sort((x, y) => (x < y ? -1 : 1))] as const;
  });
  return Object.fromEntries(places);
}

test('each service runs on the first nodes of its list', () => {
  expect(placesOf({})).toEqual({ disk: ['a'], db: ['a'], web: ['b', 'c'] });
});

test('nodes that are lost or in standby run nothing', () => {
  expect(placesOf({ members: new Set(['b', 'c']) })).toEqual({ disk: ['b'], db: ['b'], web: ['b', 'c'] });
  expect(placesOf({ standby: new Set(['c']) })).toEqual({ disk: ['a'], db: ['a'], web: ['a', 'b'] });
});

test('a preference outweighs places, and what forbids outweighs preferences', () => {
  const prefer = (points: number | null) => [{ service: 'db', node: 'a', points, because: 'test' }];
  expect(placesOf({ preferences: prefer(null) })).toMatchObject({ disk: ['b'], db: ['b'] });
  const toB = [{ service: 'disk', node: 'b', points: 500, because: 'test' }];
  expect(placesOf({ preferences: toB })).toMatchObject({ disk: ['b'], db: ['b'] });
  expect(
    placesOf({ preferences: [...toB, { service: 'disk', node: 'b', points: null, because: 'test' }] }),
  ).toMatchObject({ disk: ['a'], db: ['a'] });
});

test('as many failures as it may have send it away, and what it runs with too', () => {
  const failed = (failures: number): Partial<Question> => ({
    present: new Map([
      [
        'db',
        [
          {
            node: 'a',
            state: 'failed',
            failures,
            definition: 'current',
            mending: null,
            promoted: false,
            promotion: null,
          },
        ],
      ],
    ]),
  });
  expect(placesOf(failed(2))).toMatchObject({ disk: ['a'], db: ['a'] });
  expect(placesOf(failed(3))).toMatchObject({ disk: ['b'], db: ['b'] });
});

test('what is stopped has no place and no wishes', () => {
  const preferences = [{ service: 'db', node: 'a', points: null, because: 'test' }];
  expect(placesOf({ stopped: new Set(['db']), preferences })).toMatchObject({ disk: ['a'], db: [] });
});

test('what is left alone stays, even where it may not be', () => {
  const leftAlone = new Set(['disk']);
  const present: Question['present'] = new Map([
    [
      'disk',
      [
        {
          node: 'b',
          state: 'running',
          failures: 0,
          definition: 'current',
          mending: null,
          promoted: false,
          promotion: null,
        },
      ],
    ],
  ]);
  expect(placesOf({ leftAlone, present, standby: new Set(['b']) })).toMatchObject({ disk: ['b'] });
});

test.each([
  ['current', []],
  ['changed', ['stop a', 'start a']],
  ['reloadable', ['reload-agent a']],
] as const)('a definition that is %s asks for %j', (definition, steps) => {
  const present: Question['present'] = new Map([
    [
      'disk',
      [{ node: 'a', state: 'running', failures: 0, definition, mending: null, promoted: false, promotion: null }],
    ],
  ]);
  const { situation, plan } = decideOn({ ...question, present });
  const disk = situation.resourceById.get('disk');
  const found = plan.actions.filter(({ resource }) => resource === disk);
  expect(found.map(({ task, node }) => `${task} ${situation.nodes[node ?? -1]?.name}`).sort()).toEqual(
    [...steps].sort(),
  );
});

test('the order of services that have nothing to do with each other changes nothing', () => {
  const turned = clusterOf(['a', 'b', 'c'], cluster.services.toReversed());
  expect(placesOf({ cluster: turned })).toEqual(placesOf({}));
});

const location = { role: null, discovery: null, rules: [], lifetime: [] } as const;

/** The cluster above with rules of its own. */
const ruled = (rules: Partial<Rules>, services = cluster.services): Partial<Question> => ({
  cluster: { ...cluster, services, rules: { ...noRules, ...rules } },
});

describe('rules of the cluster file', () => {
  test('a location outweighs places, but opens no node that «on» does not name', () => {
    const onNode = (node: string) =>
      ruled({ locations: [{ ...location, id: 'far', subject: { kind: 'one', id: 'disk' }, node, score: 500 }] });
    expect(placesOf(onNode('b'))).toMatchObject({ disk: ['b'], db: ['b'] });
    expect(placesOf(onNode('c'))).toMatchObject({ disk: ['a'], db: ['a'] });
  });

  test('a group can be named: a location counts once for it, an order and a colocation for all of its members', () => {
    const together = cluster.services.map((each) =>
      each.id === 'web' ? { ...each, clone: false, instances: 1 } : each,
    );
    const groups = [{ id: 'g', members: ['disk', 'db'], clone: false, meta: {} }];
    const asked = (more: Partial<Rules>) => ruled({ groups, ...more }, together);
    const onB = (score: number) => [
      { ...location, id: 'l', subject: { kind: 'one', id: 'g' } as const, node: 'b', score },
    ];
    // Each of the two members has 100 points for a, by its place in the list.
    expect(placesOf(asked({ locations: onB(150) }))).toMatchObject({ disk: ['a'], db: ['a'] });
    expect(placesOf(asked({ locations: onB(250) }))).toMatchObject({ disk: ['b'], db: ['b'] });
    const sides = { dependent: 'web', dependentRole: null, dependentInstance: null } as const;
    const link = { kind: 'pair', ...sides, primary: 'g', primaryRole: null, primaryInstance: null } as const;
    const tie = { id: 'c', score: 1_000_000, nodeAttribute: null, influence: null, lifetime: [], link };
    expect(placesOf(asked({ locations: onB(250), colocations: [tie] }))).toMatchObject({ disk: ['b'], web: ['b'] });
    const order = orderOf('o', 'g', 'web', 'Mandatory', false);
    const { situation, constraints } = decideOn({ ...question, ...asked({ orders: [order] }) });
    const names = constraints.orders.filter(({ id }) => id === 'o').map(({ first }) => situation.resources[first]?.id);
    expect(names).toEqual(expect.arrayContaining(['disk', 'db']));
  });

  test('a location counts while its date is', () => {
    const expression = { kind: 'date', operation: 'gt', end: null, duration: null, spec: null } as const;
    const rule = { id: 'r', join: 'and', score: null, scoreAttribute: null, role: null } as const;
    const lifetime = [{ ...rule, expressions: [{ ...expression, start: '2026-12-24' }] }];
    const subject = { kind: 'one', id: 'disk' } as const;
    const dated = ruled({ locations: [{ ...location, id: 'feast', subject, node: 'b', score: 500, lifetime }] });
    const feastS = Date.UTC(2026, 11, 24) / 1000;
    expect(placesOf({ ...dated, nowS: feastS - 60 })).toMatchObject({ disk: ['a'] });
    expect(placesOf({ ...dated, nowS: feastS + 60 })).toMatchObject({ disk: ['b'] });
    const changes = (nowS: number) => datesChangeS(dated.cluster ?? cluster, nowS);
    expect([changes(feastS - 60), changes(feastS), changes(feastS + 1)]).toEqual([feastS, feastS + 1, null]);
  });

  test('a colocation of negative score keeps apart', () => {
    const link = { kind: 'pair', dependent: 'web', dependentRole: null, dependentInstance: null } as const;
    const apart = {
      id: 'apart',
      score: -1_000_000,
      nodeAttribute: null,
      influence: null,
      lifetime: [],
      link: { ...link, primary: 'disk', primaryRole: null, primaryInstance: null },
    };
    expect(placesOf(ruled({ colocations: [apart] }))).toMatchObject({ disk: ['a'], web: ['b', 'c'] });
    const two = cluster.services.map((service) => ({ ...service, instances: service.clone ? 3 : 1 }));
    expect(placesOf(ruled({ colocations: [apart] }, two))).toMatchObject({ disk: ['a'], web: ['b', 'c'] });
  });

  test('what needs a ticket does not run without it', () => {
    const ticket = { id: 'needs', ticket: 'east', lossPolicy: null, lifetime: [] };
    const tickets = [{ ...ticket, subject: { kind: 'one', id: 'db', role: null } as const }];
    expect(placesOf(ruled({ tickets }))).toMatchObject({ db: [] });
    expect(placesOf(ruled({ tickets, ticketStates: { east: 'granted' } }))).toMatchObject({ db: ['a'] });
  });

  test('where there is no room for both, the more important one has it', () => {
    const services = ['low', 'high'].map((id) => ({
      ...plainService(id, ['a', 'b']),
      utilization: { cpu: 2 },
      meta: { priority: id === 'high' ? '10' : '1' },
    }));
    const full = clusterOf(['a', 'b'], services);
    const nodes = full.nodes.map((node) => ({ ...node, utilization: { cpu: node.id === 'a' ? 3 : 1 } }));
    const rules: Rules = { ...noRules, options: { 'placement-strategy': 'utilization' } };
    const { situation, placement } = decideOn({ ...question, cluster: { ...full, nodes, rules } });
    const nodeOf = (id: string) => placement.nodeOf[situation.resourceById.get(id) ?? -1] ?? -1;
    expect([situation.nodes[nodeOf('high')]?.name, nodeOf('low')]).toEqual(['a', -1]);
  });
});

describe('groups', () => {
  const services = [
    plainService('disk', ['a', 'b', 'c']),
    { ...plainService('db', ['a', 'b', 'c']), with: ['disk'] },
    { ...plainService('web', ['a', 'b', 'c']), onScore: 0 },
  ];
  const groups = [{ id: 'store', members: ['disk', 'db'], clone: false, meta: {} }];

  test('points for a group count once', () => {
    const locations = [
      { ...location, id: 'far', subject: { kind: 'one', id: 'store' }, node: 'c', score: 150 } as const,
    ];
    expect(placesOf(ruled({ groups, locations }, services))).toMatchObject({ disk: ['a'], db: ['a'] });
    const more = locations.map((each) => ({ ...each, score: 500 }));
    expect(placesOf(ruled({ groups, locations: more }, services))).toMatchObject({ disk: ['c'], db: ['c'] });
  });

  test('who follows a group runs where all of it does, who keeps away from it where nothing of it does', () => {
    const link = { kind: 'pair', dependentRole: null, dependentInstance: null, primaryRole: null } as const;
    const follows = {
      id: 'follows',
      score: 1_000_000,
      nodeAttribute: null,
      influence: null,
      lifetime: [],
      link: { ...link, dependent: 'web', primary: 'store', primaryInstance: null },
    };
    expect(placesOf(ruled({ groups, colocations: [follows] }, services))).toMatchObject({ db: ['a'], web: ['a'] });
    expect(
      placesOf({ ...ruled({ groups, colocations: [follows] }, services), stopped: new Set(['db']) }),
    ).toMatchObject({
      disk: ['a'],
      web: [],
    });
    const apart = { ...follows, score: -1_000_000 };
    expect(placesOf({ ...ruled({ groups, colocations: [apart] }, services), stopped: new Set(['db']) })).toMatchObject({
      disk: ['a'],
      web: ['b'],
    });
  });
});

describe('the answer before', () => {
  const copy = { node: 'a', state: 'running', failures: 0, definition: 'current', mending: null } as const;
  const asked: Question = {
    ...question,
    present: new Map([['db', [{ ...copy, promoted: false, promotion: null }]]]),
    preferences: [{ service: 'db', node: 'a', points: 5, because: 'test' }],
  };

  test('is given again to the same question', () => {
    const before = decideOn(asked);
    expect(decideOn({ ...asked, nowS: 7, members: new Set(['c', 'b', 'a']), present: new Map(asked.present) })).toBe(
      before,
    );
  });

  test.each<[string, Partial<Question>]>([
    ['members', { members: new Set(['a', 'b']) }],
    ['standby', { standby: new Set(['a']) }],
    ['stopped', { stopped: new Set(['db']) }],
    ['what is left alone', { leftAlone: new Set(['db']) }],
    ['fewer preferences', { preferences: [] }],
    ['other points', { preferences: [{ service: 'db', node: 'a', points: 6, because: 'test' }] }],
    ['nothing there', { present: new Map() }],
    ...Object.entries({
      node: 'b',
      state: 'failed',
      failures: 1,
      definition: 'changed',
      mending: 'check',
      promoted: true,
      promotion: 5,
    }).map(([name, value]): [string, Partial<Question>] => [
      name,
      { present: new Map([['db', [{ ...copy, promoted: false, promotion: null, [name]: value }]]]) },
    ]),
  ])('is not, if it is another one: %s', (_, more) => {
    const before = decideOn(asked);
    expect(decideOn({ ...asked, ...more })).not.toBe(before);
  });

  test('is not, once the date has changed what a rule says', () => {
    const expression = { kind: 'date', operation: 'gt', end: null, duration: null, spec: null } as const;
    const rule = { id: 'r', join: 'and', score: null, scoreAttribute: null, role: null } as const;
    const lifetime = [{ ...rule, expressions: [{ ...expression, start: '1970-01-01 00:01' }] }];
    const dated = ruled({
      locations: [{ ...location, id: 'd', subject: { kind: 'one', id: 'db' }, node: 'b', score: 500, lifetime }],
    });
    const at = (nowS: number) => decideOn({ ...asked, ...dated, nowS });
    const before = at(10);
    expect(at(59)).toBe(before);
    expect(at(5)).not.toBe(before);
    at(10);
    expect(at(61)).not.toBe(before);
  });
});

describe('copies that differ', () => {
  const web = { ...plainService('web', ['a', 'b', 'c']), onScore: 0 };
  const unique = withAllCopies(
    clusterOf(
      ['a', 'b', 'c'],
      [
        { ...web, copyOf: { service: 'web', number: 0, max: 4, perNode: 2 } },
        { ...plainService('front', ['a', 'b', 'c']), needs: ['web'], with: ['web'] },
      ],
    ),
    (service) => service,
  );
  const where = (more: Partial<Question>): Record<string, string> => {
    const { situation, placement } = decideOn({ ...question, cluster: unique, ...more });
    return Object.fromEntries(
      unique.services.map((service) => {
        const index = situation.resourceById.get(resourceIdOf(service)) ?? -1;
        return [service.id, situation.nodes[placement.nodeOf[index] ?? -1]?.name ?? 'nowhere'] as const;
      }),
    );
  };
  const running = (node: string): readonly Present[] => [
    { node, state: 'running', failures: 0, definition: 'current', mending: null, promoted: false, promotion: null },
  ];

  test('are spread, as many on a node as may be', () => {
    expect(where({})).toMatchObject({ 'web:0': 'a', 'web:1': 'b', 'web:2': 'c', 'web:3': 'a' });
    const two = where({ members: new Set(['a', 'b']) });
    expect(two).toMatchObject({ 'web:0': 'a', 'web:1': 'b', 'web:2': 'a', 'web:3': 'b' });
    expect(where({ members: new Set(['c']) })).toMatchObject({ 'web:0': 'c', 'web:1': 'c', 'web:2': 'nowhere' });
  });

  test('each has its own history, and is stopped, left alone or preferred on a node by itself', () => {
    const present = new Map([
      ['web:3', running('c')],
      ['web:1', running('a')],
    ]);
    expect(where({ present })).toMatchObject({ 'web:3': 'c', 'web:1': 'a' });
    expect(where({ present, stopped: new Set(['web:3']) })).toMatchObject({ 'web:3': 'nowhere', 'web:1': 'a' });
    const away = [{ service: 'web:3', node: 'c', points: null, because: 'test' }];
    expect(where({ present, preferences: away })['web:3']).not.toBe('c');
    const kept = where({ present, preferences: away, leftAlone: new Set(['web:3']) });
    expect(kept).toMatchObject({ 'web:3': 'c', 'web:1': 'a' });
    expect(
      where({ preferences: [{ ...away[0], service: 'web:2', node: 'b', points: 5, because: 'test' }] }),
    ).toMatchObject({
      'web:2': 'b',
    });
  });

  test('a copy that failed too often leaves its node, and the others do not', () => {
    const failed = running('a').map((copy): Present => ({ ...copy, state: 'failed', failures: 3 }));
    const present = new Map([
      ['web:0', failed],
      ['web:1', running('a')],
    ]);
    expect(where({ present })).toMatchObject({ 'web:0': 'b', 'web:1': 'a' });
  });

  test('what runs with them runs where one of them does', () => {
    const onlyC = ['web:0', 'web:1', 'web:2', 'web:3'].flatMap((service) =>
      ['a', 'b'].map((node) => ({ service, node, points: null, because: 'test' })),
    );
    expect(where({ preferences: onlyC })).toMatchObject({ 'web:0': 'c', 'web:1': 'c', front: 'c' });
    const nowhere = onlyC.map(({ service }) => service);
    expect(where({ stopped: new Set(nowhere) })).toMatchObject({ 'web:0': 'nowhere', front: 'nowhere' });
  });
});

import { describe, expect, test } from 'vitest';
import { type Cluster, noRules, plainTraits, type Service } from '../../core/model.ts';
import { must } from '../../lib/assert.ts';
import { parseClusterFile } from '../parse.ts';
import { renderRule } from '../rule/render.ts';
import { constraintsInWords, traitsInWords } from './words.ts';

const nodes = `cluster: c
watchdog: /dev/watchdog
nodes:
  n1: {addresses: [10.0.0.1, 10.1.0.1], attributes: {site: east, room: 5}, utilization: {memory: 64}}
  n2: [10.0.0.2, 10.1.0.2]
  n3: [10.0.0.3, 10.1.0.3]
`;

function read(text: string): Cluster {
  const { cluster, problems } = parseClusterFile(nodes + text, 'f');
  if (cluster === null) throw new Error(JSON.stringify(problems, null, 1));
  return cluster;
}

const service = (cluster: Cluster, id: string): Service =>
  must(
    cluster.services.find((each) => each.id === id),
    id,
  );

test('a file that says nothing of policies has none', () => {
  const cluster = read('services: {s: {command: a}, t: {address: 10.0.0.9}}\n');
  expect(cluster.rules).toEqual(noRules);
  for (const each of cluster.services) expect(each).toMatchObject(plainTraits);
  expect(cluster.nodes[1]).toMatchObject({ attributes: {}, utilization: {} });
});

test('a node has attributes and room', () => {
  expect(read('').nodes[0]).toMatchObject({ attributes: { site: 'east', room: '5' }, utilization: { memory: 64 } });
});

describe('a service', () => {
  const traits = (text: string): Service => service(read(`services: {s: {agent: "ocf:a:b", ${text}}}\n`), 's');

  test.each<[string, Partial<Service>]>([
    [
      'promotable: true',
      { promotable: { max: 1, perNode: 1 }, clone: true, instances: 3, takeover: 'fencing', onScore: 1 },
    ],
    ['promotable: true, on-score: 10', { onScore: 10 }],
    ['promotable: {max: 2}, instances: 2', { promotable: { max: 2, perNode: 1 }, instances: 2 }],
    ['promotable: false', { promotable: null, clone: false, instances: 1 }],
    ['migrate: true', { migrates: true }],
    ['instances: all, notify: true, interleave: true', { notify: true, interleave: true, ordered: false }],
    ['on-fail: {stop: block, check: standby}', { onFail: { stop: 'block', check: 'standby' } }],
    ['priority: inf', { meta: { priority: '1000000' } }],
    ['priority: 5, meta: {critical: false}', { meta: { priority: '5', critical: 'false' } }],
    ['on-score: 0', { onScore: 0 }],
    ['promotable: true', { timeouts: {} }],
    [
      'promotable: true, notify: true, promote-timeout: 2m, demote-timeout: 40s, notify-timeout: 5s',
      { timeouts: { promote: 120_000, demote: 40_000, notify: 5000 } },
    ],
    [
      'migrate: true, migrate-to-timeout: 10m, migrate-from-timeout: 1m',
      { timeouts: { migrateTo: 600_000, migrateFrom: 60_000 } },
    ],
    ['check: {every: 5s}', { check: { everyMs: 5000, timeoutMs: 20_000 }, checks: [] }],
    ['check: [{every: 5s, timeout: 3s}]', { check: { everyMs: 5000, timeoutMs: 3000 }, checks: [] }],
    [
      'check: {level: 10}',
      {
        check: { everyMs: 10_000, timeoutMs: 20_000 },
        checks: [{ everyMs: 10_000, timeoutMs: 20_000, role: null, level: 10, onFail: null }],
      },
    ],
    [
      'promotable: true, check: [{every: 20s, role: unpromoted}, {every: 9s, timeout: 4s, role: promoted, on-fail: demote}]',
      {
        check: { everyMs: 9000, timeoutMs: 4000 },
        checks: [
          { everyMs: 20_000, timeoutMs: 20_000, role: 'unpromoted', level: 0, onFail: null },
          { everyMs: 9000, timeoutMs: 4000, role: 'promoted', level: 0, onFail: 'demote' },
        ],
      },
    ],
    ['failures: {max: never}', { failures: { max: 1_000_000, forgetMs: 600_000 } }],
  ])('%s', (text, expected) => {
    expect(traits(text)).toMatchObject(expected);
  });

  test('takes over times of operations that it has, and of no others', () => {
    const cluster = read(
      [
        'defaults: {promote-timeout: 2m, notify-timeout: 3s}',
        'groups: {g: {notify: true, instances: 2, migrate-to-timeout: 9m, notify-timeout: 4s}}',
        'services:',
        '  db: {agent: "ocf:a:b", promotable: true, demote-timeout: 40s}',
        '  vm: {agent: "ocf:a:b", migrate: true, group: g}',
        '  web: {command: /bin/true, group: g}',
      ].join('\n'),
    );
    expect(cluster.services.map(({ id, timeouts }) => [id, timeouts])).toEqual([
      ['db', { promote: 120_000, demote: 40_000 }],
      ['vm', { migrateTo: 540_000, notify: 4000 }],
      ['web', {}],
    ]);
  });

  test('has locations whose rules are about a role', () => {
    const cluster = read(
      'services: {s: {agent: "ocf:a:b", promotable: true, location: [{where: site eq east, score: 5, role: promoted}]}}\n',
    );
    expect(cluster.rules.locations[0]?.rules[0]).toMatchObject({ role: 'promoted', score: 5 });
  });

  test('has meta attributes that a rule switches on', () => {
    const { metaRules } = traits('rules: [{where: hours 9-17, meta: {resource-stickiness: inf}}]');
    expect(metaRules.map(({ rule, meta }) => [rule.id, renderRule(rule), meta])).toEqual([
      ['s-rule-1', 'hours 9-17', { 'resource-stickiness': 'INFINITY' }],
    ]);
  });

  test('has parameters that are otherwise on some nodes', () => {
    const { resource, metaRules } = traits(
      'params: {a: 1, b: 2}, on: [n1, n2], rules: [{where: site eq east, params: {a: 5}}, {where: "#uname ne n2", params: {a: 6, c: 7}}, {where: "#uname eq n3", params: {a: 8}}, {where: hours 5, meta: {critical: false}}]',
    );
    expect(resource).toMatchObject({ params: { a: '1', b: '2' }, paramsOn: { n1: { a: '6', c: '7' } } });
    expect(metaRules).toHaveLength(1);
  });

  test('starts anew for parameters on some nodes, and not for there being none', () => {
    const digestOf = (text: string) => traits(text).digest;
    const plain = digestOf('params: {a: 1}');
    expect(digestOf('params: {a: 1}, rules: [{where: "#uname eq n1", params: {a: 2}}]')).not.toBe(plain);
    expect(digestOf('params: {a: 1}, rules: [{where: never, params: {a: 2}}]')).toBe(plain);
  });

  test('says itself what its template says by a rule', () => {
    const { services } = read(`templates: {t: {agent: "ocf:a:b", rules: [{where: site eq east, params: {a: 1, b: 2}}]}}
services: {s: {template: t}, u: {template: t, params: {a: 5}}}
`);
    const own = services.map(({ resource }) => (resource.kind === 'ocf' ? resource.paramsOn : null));
    expect(own).toEqual([{ n1: { a: '1', b: '2' } }, { n1: { b: '2' } }]);
  });

  test('is known by its agent', () => {
    const { services } = read(`defaults: {rules: [{where: agent ocf:a:b and hours 5, meta: {critical: false}}]}
services: {s: {agent: "ocf:a:b"}, t: {agent: "ocf:a:c"}, u: {command: c}}
`);
    const rules = services.map(({ metaRules }) => metaRules.map(({ rule }) => renderRule(rule)));
    expect(rules).toEqual([['always and hours 5'], ['never and hours 5'], ['never and hours 5']]);
  });

  test('says its policies in words', () => {
    const { clone: _, ...one } = traits(
      'check: [{every: 5s}, {every: 1m, level: 10, on-fail: block}], on-fail: {stop: block}, migrate: true, migrate-to-timeout: 10m, meta: {critical: false}, rules: [{where: "#uname eq n1", params: {a: 1, b: 2}}]',
    );
    expect(traitsInWords({ ...one, clone: false })).toEqual([
      'migrates',
      'checked every 5s, within 20s',
      'checked every 1m at level 10, within 20s, and if that fails: block',
      'migrate-to-timeout 10m',
      'after a failed stop: block',
      'critical false',
      'on n1 with its own a, b',
    ]);
  });
});

describe('what is not said is taken over', () => {
  const cluster =
    read(`defaults: {stickiness: 7, check: {every: 7s}, failures: {max: 5}, meta: {critical: false, is-managed: true}}
templates:
  vm: {agent: "ocf:a:vm", params: {a: 1, b: 2}, stickiness: 8, takeover: nothing}
groups:
  g: {stickiness: 9, on: [n2, n3], meta: {is-managed: false}}
services:
  plain: {command: a}
  made: {template: vm, params: {b: 3}, failures: {forget: 1h}}
  own: {template: vm, stickiness: 1, meta: {critical: true}}
  in-group: {template: vm, group: g}
  too: {command: a, group: g}
`);

  test('from the defaults of the file', () => {
    expect(service(cluster, 'plain')).toMatchObject({
      stickiness: 7,
      failures: { max: 5, forgetMs: 600_000 },
      check: { everyMs: 7000, timeoutMs: 5000 },
      meta: { critical: 'false', 'is-managed': 'true' },
    });
  });

  test('from a template, mappings key by key', () => {
    expect(service(cluster, 'made')).toMatchObject({
      resource: { kind: 'ocf', type: 'vm', params: { a: '1', b: '3' } },
      stickiness: 8,
      failures: { max: 5, forgetMs: 3_600_000 },
    });
  });

  test('of several checks by each of them, and by none from several', () => {
    const { services } = read(`defaults: {check: {timeout: 7s}}
templates: {t: {agent: "ocf:a:b", check: [{every: 5s}, {every: 6s, timeout: 1s}]}}
services: {s: {template: t}, u: {template: t, check: {every: 9s}}}
`);
    expect(
      services.map(({ check, checks }) => [check, checks.map(({ everyMs, timeoutMs }) => [everyMs, timeoutMs])]),
    ).toEqual([
      [
        { everyMs: 5000, timeoutMs: 7000 },
        [
          [5000, 7000],
          [6000, 1000],
        ],
      ],
      [{ everyMs: 9000, timeoutMs: 20_000 }, []],
    ]);
  });

  test('from the nearest one that says it', () => {
    expect(service(cluster, 'own')).toMatchObject({ stickiness: 1, meta: { critical: 'true', 'is-managed': 'true' } });
    expect(service(cluster, 'in-group')).toMatchObject({
      stickiness: 8,
      on: ['n2', 'n3'],
      meta: { 'is-managed': 'false' },
    });
    expect(service(cluster, 'too')).toMatchObject({ stickiness: 9, on: ['n2', 'n3'] });
  });

  test('and a template can be named in constraints', () => {
    expect(cluster.rules.tags).toEqual({ vm: ['made', 'own', 'in-group'] });
  });

  test('a rule from further away leaves alone what is said nearer by', () => {
    const { services } = read(`defaults: {rules: [{where: hours 1, meta: {resource-stickiness: 5, critical: false}}]}
services: {s: {command: a, stickiness: 1}, t: {command: a, rules: [{where: hours 2, meta: {critical: true}}]}}
`);
    const rules = services.map(({ metaRules }) => metaRules.map(({ rule, meta }) => [renderRule(rule), meta]));
    expect(rules).toEqual([
      [['hours 1', { critical: 'false' }]],
      [
        ['hours 1', { 'resource-stickiness': '5', critical: 'false' }],
        ['hours 2', { critical: 'true' }],
      ],
    ]);
  });
});

test('a group may run in copies', () => {
  const { services, rules } = read(`groups: {g: {instances: 2, interleave: true, meta: {critical: false}}}
services: {s: {command: a, group: g}, t: {command: a, group: g}}
`);
  expect(services).toMatchObject([
    { clone: true, instances: 2, interleave: true, with: [] },
    { clone: true, instances: 2, interleave: true, with: ['s'], needs: ['s'] },
  ]);
  expect(rules.groups).toEqual([{ id: 'g', members: ['s', 't'], clone: true, meta: { critical: 'false' } }]);
});

test('what is optional inside of a set makes no circle', () => {
  const { rules } = read(`services: {s: {command: a}, t: {command: b}, u: {command: c}}
constraints: {order: [{first: s, then: t}, {sets: [{services: [t, s], kind: optional}, [u]]}]}
`);
  expect(rules.orders).toHaveLength(2);
});

test('constraints, in words', () => {
  const { rules } = read(`services:
  a: {agent: "ocf:a:b", promotable: true, location: [{where: site eq east, score: 5}]}
  b: {command: b, location: [{node: n1, score: -inf, while: date before 2027-01-01}]}
  c: {command: c}
  d: {command: d}
groups: {}
tags: {all: [b, c]}
tickets: {t: granted}
constraints:
  location:
    - {service: all, where: defined disk, score-attribute: points}
    - {services: [b, c], node: n2, score: 7}
    - {pattern: ^a, node: n2, score: inf, discovery: never}
    - {pattern: "!^a", node: n2, score: -3}
  colocation:
    - {service: b, with: a, with-role: promoted, influence: false}
    - {id: near, service: c, with: d, score: -20, node-attribute: site}
    - {sets: [[b, c], {services: [d], sequential: false}], score: 3}
    - {sets: [{services: [b, c], score: -inf}, [d]], score: 3}
  order:
    - {first: a, then: b, first-action: promote, then-action: start}
    - {first: c, then: d, kind: serialize, symmetrical: false}
    - {sets: [{services: [b, c], sequential: false, require-all: false}, [d]], kind: optional}
    - {sets: [{services: [b, c], kind: serialize}, {services: [d], kind: mandatory}]}
  ticket:
    - {ticket: t, service: a, role: promoted, loss-policy: demote}
`);
  expect(constraintsInWords(rules).map(({ id, text }) => `${id}: ${text}`)).toEqual([
    'a-location-1: a where site eq east: +5',
    'b-location-1: b on n1: -inf, while date before 2027-01-01',
    'location-1: all where defined disk: as many points as its points says',
    'location-2: b, c on n2: +7',
    'location-3: names like ^a on n2: inf',
    'location-4: names other than ^a on n2: -3',
    'colocation-1: b with a (promoted): inf',
    'near: c with d where site is the same: -20',
    'colocation-3: [b, c] with {d}: +3',
    'colocation-4: [b, c] (-inf inside) with [d]: +3',
    'order-1: promote a, then start b: mandatory',
    'order-2: start c, then start d: serialize, this way only',
    'order-3: one of {b, c}, then [d]: optional',
    'order-4: [b, c] (serialize inside), then [d] (mandatory inside): mandatory',
    'ticket-1: a (promoted) needs the ticket t; without it: demote',
  ]);
  expect(rules.locations[0]).toMatchObject({
    node: null,
    score: null,
    rules: [{ id: 'a-location-1', score: 5, expressions: [{ attribute: 'site', operation: 'eq', value: 'east' }] }],
  });
  expect(rules.locations[1]).toMatchObject({ node: 'n1', score: -1_000_000, lifetime: [{ id: 'b-location-1-while' }] });
  expect(rules.orders[3]).toMatchObject({
    kind: 'mandatory',
    link: { sets: [{ kind: 'serialize' }, { kind: 'mandatory' }] },
  });
  expect(rules).toMatchObject({ tags: { all: ['b', 'c'] }, ticketStates: { t: 'granted' } });
  expect(JSON.parse(JSON.stringify(rules))).toEqual(rules);
});

/** A case that is made smaller stays a case: nothing is left that names what went. */
import { expect, test } from 'vitest';
import { type LocationConfig, noRules, plainCluster, plainSet, type Rules } from '../src/core/model.ts';
import { orderOf, plainService } from '../src/core/schedule/cases/arbitrary.ts';
import { withoutNamed } from './constraints.ts';
import { runPlan } from './run.ts';
import { shrink } from './shrink.ts';
import { noQuirks } from './world/faults.ts';

const location = (id: string, subject: LocationConfig['subject'], score: number): LocationConfig => ({
  id,
  subject,
  node: 'n1',
  score,
  role: null,
  discovery: null,
  rules: [],
  lifetime: [],
});
const one = (id: string) => ({ kind: 'one', id }) as const;

test('a service takes along whatever names it, also by a group or a tag', () => {
  const rules: Rules = {
    ...noRules,
    locations: [
      location('of-db', one('db'), 1),
      location('of-web', one('web'), 1),
      location('of-pattern', { kind: 'pattern', pattern: '^d' }, 1),
      location('of-tag', one('tag'), 1),
    ],
    colocations: [
      {
        id: 'of-sets',
        score: 1,
        nodeAttribute: null,
        influence: null,
        lifetime: [],
        link: { kind: 'sets', sets: [plainSet('set', ['web', 'db'])] },
      },
    ],
    orders: [orderOf('o1', 'group', 'web', 'mandatory', false), orderOf('o2', 'ip', 'web', 'mandatory', false)],
    tickets: [{ id: 't1', ticket: 'here', lossPolicy: null, lifetime: [], subject: { ...one('db'), role: null } }],
    tags: { tag: ['group'], other: ['web'] },
    groups: [{ id: 'group', members: ['ip', 'db'], clone: false, meta: {} }],
  };
  const left = withoutNamed(rules, 'db');
  expect(left.locations.map(({ id }) => id)).toEqual(['of-web', 'of-pattern']);
  expect([left.colocations, left.tickets, left.groups]).toEqual([[], [], []]);
  expect(left.orders.map(({ id }) => id)).toEqual(['o2']);
  expect(left.tags).toEqual({ other: ['web'] });
});

test('what is left of a failing case is what makes it fail', () => {
  const nodes = ['n1', 'n2', 'n3'].map((id, i) => ({ id, links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }] }));
  const services = [plainService('ip', ['n1', 'n2']), plainService('db', ['n1']), plainService('web', ['n3', 'n1'])];
  const plain = plainCluster('test', { intervalMs: 100, deadMs: 600, port: 7354 }, nodes, services);
  const rules: Rules = {
    ...noRules,
    locations: [location('likes', one('ip'), 50), location('never', one('db'), -1_000_000)],
    orders: [orderOf('o1', 'ip', 'db', 'mandatory', false), orderOf('o2', 'ip', 'web', 'optional', false)],
  };
  const failing = {
    cluster: { ...plain, rules },
    plan: { seed: 1, healAtMs: 1000, quirks: noQuirks, faults: [] },
  };
  expect(runPlan(failing.cluster, failing.plan).verdict).toMatchObject({ ok: false, check: 'live' });
  const { cluster } = shrink(failing, 'live');
  expect(cluster.services.map(({ id }) => id)).toEqual(['db']);
  expect(cluster.nodes.map(({ id }) => id)).toEqual(['n1']);
  expect(cluster.rules).toEqual({ ...noRules, locations: [rules.locations[1]] });
});

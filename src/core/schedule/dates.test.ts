import { expect, test } from 'vitest';
import { type Cluster, noRules, type Rule } from '../model.ts';
import { noAdmin } from '../ports.ts';
import { clusterOf, plainService } from './cases/arbitrary.ts';
import { schedule } from './index.ts';

const minute = 60_000;
const nineMs = Date.UTC(2026, 10, 23, 9);
const byDay: Rule = {
  id: 'by-day',
  join: 'and',
  score: null,
  scoreAttribute: null,
  role: null,
  expressions: [
    { kind: 'date', operation: 'date_spec', start: null, end: null, duration: null, spec: { hours: '9-17' } },
  ],
};

/** By day the service would rather be on b. */
const plain: Cluster = clusterOf(['a', 'b'], [plainService('web', ['a', 'b'])]);
const cluster: Cluster = {
  ...plain,
  rules: {
    ...noRules,
    locations: [
      {
        id: 'day',
        subject: { kind: 'one', id: 'web' } as const,
        node: 'b',
        score: 500,
        role: null,
        discovery: null,
        rules: [],
        lifetime: [byDay],
      },
    ],
  },
};

const planAt = (dateMs: number | undefined, which = cluster) =>
  schedule({
    cluster: which,
    admin: noAdmin,
    view: { number: 1, members: ['a', 'b'], coordinator: 'a' },
    records: new Map(),
    lost: new Map(),
    provable: true,
    watched: new Set(),
    doomed: new Set(),
    nowMs: 5000,
    ...(dateMs === undefined ? {} : { dateMs }),
  });

test('what the rules say by the date, and when they say something else', () => {
  const before = planAt(nineMs - minute);
  expect(before.placements[0]?.nodes).toEqual(['a']);
  expect(before.againAtMs).toBe(5000 + minute);
  expect(planAt(nineMs).placements[0]?.nodes).toEqual(['b']);
});

test('nothing waits for the date where no rule asks for it, or nobody knows it', () => {
  expect(planAt(nineMs, { ...cluster, rules: noRules }).againAtMs).toBeNull();
  expect(planAt(undefined).againAtMs).toBeNull();
});

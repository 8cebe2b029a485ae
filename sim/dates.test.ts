/** Parameters that change at a moment: who is started anew when, and by whose clock. */
import { expect, test } from 'vitest';
import { digestOf } from '../src/core/definition.ts';
import type { OcfResource, Rule, Service } from '../src/core/model.ts';
import { must } from '../src/lib/assert.ts';
import { exclusive } from './checks/exclusive.ts';
import { generateCase } from './generate/index.ts';
import { runPlan } from './run.ts';
import { clusterOf, db, holders, leadOf, runUntil, stateOf, three } from './stage.testing.ts';
import { beginsAtMs } from './world/date.ts';
import { World } from './world/world.ts';

const resource: OcfResource = { kind: 'ocf', provider: 'test', type: 'db', params: { mood: 'calm' }, paramsOn: {} };
const other = digestOf({ ...resource, params: { mood: 'wild' } });
const atMs = 20_000;

const later: Rule = {
  id: 'later',
  join: 'and',
  score: null,
  scoreAttribute: null,
  role: null,
  expressions: [
    {
      kind: 'date',
      operation: 'in_range',
      start: new Date(beginsAtMs + atMs).toISOString(),
      end: null,
      duration: null,
      spec: null,
    },
  ],
};

const wild: Service = db({ resource, digest: digestOf(resource), ruled: [{ rule: later, params: { mood: 'wild' } }] });

const begun = (seed: number): World => {
  const world = new World(clusterOf(three, [wild]), seed, [exclusive()]);
  world.bootAll();
  world.run(10_000);
  return world;
};

/** With which definition the holder says that it runs. */
const digestIn = (world: World): string | null => {
  const [holder] = holders(world, 'db');
  return holder === undefined ? null : (stateOf(world, holder).records.get(holder)?.services['db']?.digest ?? null);
};

/** Tells a node that the date is another one than it believed. */
const setDate = (world: World, node: string, aheadMs: number): void => {
  const host = world.host(node);
  host.deliver({ kind: 'clock', aheadMs: beginsAtMs + Math.round(world.agenda.nowMs - host.nowMs()) + aheadMs });
};

test('it is started anew within a second of that moment, and once', () => {
  const world = begun(1);
  expect(digestIn(world)).toBe(digestOf(resource));
  world.run(atMs - 10_000 - 300);
  expect(digestIn(world)).toBe(digestOf(resource));
  expect(runUntil(world, () => digestIn(world) === other, 3000)).toBe(true);
  const before = holders(world, 'db');
  expect(runUntil(world, () => holders(world, 'db').length === 0, 10_000)).toBe(false);
  expect(holders(world, 'db')).toEqual(before);
});

test.each([-8000, 8000])(
  'the date of the coordinator counts, not that of the node that runs it (%i ms ahead)',
  (aheadMs) => {
    const world = begun(2);
    const [holder = ''] = holders(world, 'db');
    const lead = leadOf(world, holder).id;
    // Whoever runs it does not lead, or the test says nothing.
    const node =
      holder === lead
        ? must(
            three.find((id) => id !== lead),
            'another node',
          )
        : holder;
    if (holder === lead) {
      world.command(lead, { kind: 'move', service: 'db', to: node, because: 'test' });
      expect(runUntil(world, () => holders(world, 'db').includes(node))).toBe(true);
      world.run(2000);
    }
    setDate(world, node, aheadMs);
    world.run(atMs - world.agenda.nowMs - 300);
    expect(digestIn(world)).toBe(digestOf(resource));
    expect(runUntil(world, () => digestIn(world) === other, 3000)).toBe(true);
    expect(runUntil(world, () => holders(world, 'db').length === 0, 15_000)).toBe(false);
  },
);

test.each([1, 2, 3, 4, 5, 6])('a world whose values change by dates, seed %i', (seed) => {
  const { cluster, plan } = generateCase(seed, 'dated');
  expect(runPlan(cluster, plan).verdict).toMatchObject({ ok: true });
});

/** What is under way when a lease ends. */
import { expect, test } from 'vitest';
import { exclusive } from './checks/exclusive.ts';
import { takeover } from './checks/takeover.ts';
import { clusterOf, db, five, holders, isolate, runUntil } from './stage.testing.ts';
import { World } from './world/world.ts';

test.each([1, 2, 3, 4, 5, 6])('a start that takes long is ended, and what it has started stopped (seed %i)', (seed) => {
  const service = db({ on: ['n3', 'n2'], takeover: 'lease', startTimeoutMs: 20_000 });
  const world = new World(clusterOf(five, [service]), seed, [exclusive(), takeover()]);
  world.bootAll();
  world.begin({ kind: 'agent', node: 'n3', service: 'db', verb: 'start', how: 'hang', atMs: 0, forMs: 0 });
  const isStarting = () => world.host('n3').loop?.state.local.get('db')?.record.state === 'starting';
  expect(runUntil(world, isStarting, 10_000)).toBe(true);
  isolate(world, 'n3');
  expect(runUntil(world, () => holders(world, 'db').includes('n2'), 10_000)).toBe(true);
  world.run(25_000);
  expect(holders(world, 'db')).toEqual(['n2']);
});

/** Nodes in maintenance, where nothing is stopped, that are lost. */
import { expect, test } from 'vitest';
import { must } from '../src/lib/assert.ts';
import { promoted } from './checks/promoted.ts';
import { clusterOf, db, isolate, three } from './stage.testing.ts';
import { World } from './world/world.ts';

test('while a node in maintenance is cut off with a promoted copy, no other copy is promoted', () => {
  const service = db({
    clone: true,
    instances: 3,
    promotable: { max: 1, perNode: 1 },
    takeover: 'lease',
    onScore: 1,
    resource: { kind: 'ocf', provider: 'test', type: 'pg', params: {}, paramsOn: {} },
  });
  const world = new World(clusterOf(three, [service]), 1, [promoted()]);
  world.bootAll();
  world.run(8000);
  const where = () => [...world.hosts.values()].filter((host) => host.promoted.has('db')).map((host) => host.id);
  const node = must(where()[0], 'a promoted copy');
  world.command('n1', { kind: 'maintain', node, service: null, on: true, because: 'new disk' });
  world.run(2000);
  isolate(world, node);
  world.run(15_000);
  expect(where()).toEqual([node]);
});

/** A changed cluster file takes effect everywhere, also on the node that coordinates the change. */
import { expect, test } from 'vitest';
import { type Cluster, plainCluster, plainTraits, type Service } from '../src/core/model.ts';
import { allChecks } from './checks/index.ts';
import { World } from './world/world.ts';

const nodes = ['n1', 'n2', 'n3'];

const service = (id: string, on: readonly string[], digest = `${id}-1`): Service => ({
  id,
  resource: { kind: 'command', argv: [id], env: {}, directory: '/', stopSignal: 'SIGTERM', checkArgv: null },
  on,
  instances: on.length,
  clone: true,
  needs: [],
  with: [],
  stickiness: 0,
  check: { everyMs: 1000, timeoutMs: 1000 },
  startTimeoutMs: 1000,
  stopTimeoutMs: 1000,
  failures: { max: 3, forgetMs: null },
  takeover: 'nothing',
  ...plainTraits,
  digest,
});

const clusterOf = (services: readonly Service[]): Cluster =>
  plainCluster(
    'test',
    { intervalMs: 200, deadMs: 1000, port: 7354 },
    nodes.map((id, i) => ({ id, links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }] })),
    services,
  );

function worldWith(services: readonly Service[]): World {
  const world = new World(clusterOf(services), 1, allChecks());
  world.bootAll();
  world.run(5000);
  return world;
}

function apply(world: World, services: readonly Service[]): void {
  world.command('n1', {
    kind: 'apply',
    source: JSON.stringify(services),
    cluster: clusterOf(services),
    ifVersion: null,
  });
  world.run(5000);
}

const runningOn = (world: World, id: string): string[] =>
  [...world.hosts.values()].filter((host) => host.running.has(id)).map((host) => host.id);

test('a service that is new runs on all its nodes, one that is gone on none', () => {
  const world = worldWith([service('old', nodes)]);
  expect(runningOn(world, 'old')).toEqual(nodes);
  apply(world, [service('new', nodes)]);
  expect(runningOn(world, 'new')).toEqual(nodes);
  expect(runningOn(world, 'old')).toEqual([]);
});

test('a new definition pardons failures of the old one on every node', () => {
  const world = worldWith([service('web', nodes)]);
  for (const node of nodes)
    world.begin({ kind: 'agent', node, service: 'web', verb: 'start', how: 'fail', atMs: 0, forMs: 0 });
  const ends = nodes.map((node) =>
    world.begin({ kind: 'agent', node, service: 'web', verb: 'start', how: 'fail', atMs: 0, forMs: 0 }),
  );
  for (const node of nodes) world.begin({ kind: 'killService', node, service: 'web', atMs: 0, forMs: 0 });
  world.run(15_000);
  expect(runningOn(world, 'web')).toEqual([]);
  for (const end of ends) end?.();
  apply(world, [service('web', nodes, 'web-2')]);
  expect(runningOn(world, 'web')).toEqual(nodes);
});

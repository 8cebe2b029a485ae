/** Watchdogs on which the others count while the node that has one is cut off. */
import { expect, test } from 'vitest';
import type { Cluster, NodeId } from '../src/core/model.ts';
import { exclusive } from './checks/exclusive.ts';
import { takeover } from './checks/takeover.ts';
import { applyAsOnlyLeadAndOneHear, clusterOf, db, five, holders, isolate, split, three } from './stage.testing.ts';
import { type Check, World } from './world/world.ts';

function watched(plain: Cluster, timeoutMs: number, without: NodeId | null = null): Cluster {
  const watchdog = { device: '/dev/watchdog', timeoutMs };
  return { ...plain, nodes: plain.nodes.map((node) => ({ ...node, watchdog: node.id === without ? null : watchdog })) };
}

/** n3 is cut off from n1 and n2, runs a service whose stop hangs, and its daemon is dead. */
function withKilledDaemon(): World {
  const world = new World(watched(clusterOf(three, [db({ on: ['n3', 'n2'] })]), 10_000), 1, [exclusive(), takeover()]);
  world.bootAll();
  world.run(6000);
  expect(holders(world, 'db')).toEqual(['n3']);
  isolate(world, 'n3');
  world.begin({ kind: 'agent', node: 'n3', service: 'db', verb: 'stop', how: 'hang', atMs: 0, forMs: 0 });
  world.host('n3').killDaemon();
  return world;
}

test('a daemon that comes back after its lease was over does not arm its watchdog anew', () => {
  const world = withKilledDaemon();
  world.run(9000);
  world.host('n3').launchDaemon();
  world.run(20_000);
  expect(holders(world, 'db')).toEqual(['n2']);
});

test('a file that only a minority has seen takes no watchdog away', () => {
  const plain = clusterOf(five, [db({ on: ['n2', 'n3'] })]);
  const world = new World(watched(plain, 5000), 1, [exclusive(), takeover()]);
  world.bootAll();
  world.run(8000);
  expect(holders(world, 'db')).toEqual(['n2']);
  const others = applyAsOnlyLeadAndOneHear(world, 'n2', watched(plain, 5000, 'n2'));
  expect(world.host('n2').watchdog.isArmed).toBe(true);
  split(world, others);
  world.begin({ kind: 'agent', node: 'n2', service: 'db', verb: 'stop', how: 'fail', atMs: 0, forMs: 0 });
  world.run(30_000);
  expect(holders(world, 'db')).toEqual(['n3']);
});

test('a daemon that comes back without a note does not arm its watchdog anew', () => {
  const world = withKilledDaemon();
  world.host('n3').loseNote();
  world.run(8500);
  world.host('n3').launchDaemon();
  world.run(20_000);
  expect(holders(world, 'db')).toEqual(['n2']);
});

/** Only the coordinator and n2, which runs it, have this file, and are cut off. */
function onlyTwoHave(before: Cluster, after: Cluster, ...checks: Check[]): World {
  const world = new World(before, 1, [exclusive(), takeover(), ...checks]);
  world.bootAll();
  world.run(8000);
  expect(holders(world, 'db')).toEqual(['n2']);
  const others = applyAsOnlyLeadAndOneHear(world, 'n2', after);
  split(world, others);
  return world;
}

test('a daemon that starts anew arms no watchdog by a file that only a minority has seen', () => {
  const plain = clusterOf(five, [db({ on: ['n2', 'n3'] })]);
  const world = onlyTwoHave(watched(plain, 5000), watched(plain, 30_000));
  world.begin({ kind: 'agent', node: 'n2', service: 'db', verb: 'stop', how: 'hang', atMs: 0, forMs: 0 });
  world.run(100);
  world.host('n2').killDaemon();
  world.run(100);
  world.host('n2').launchDaemon();
  world.run(30_000);
  expect(holders(world, 'db')).toEqual(['n3']);
});

test.each([false, true])(
  'a file that only a minority has seen gives no stop more time (started anew: %s)',
  (isAnew) => {
    const slow = (stopTimeoutMs: number) =>
      clusterOf(five, [db({ on: ['n2', 'n3'], takeover: 'lease', stopTimeoutMs })]);
    const limits: number[] = [];
    const world = onlyTwoHave(slow(500), slow(8000), {
      name: 'limits',
      operationBegins: (_world, { id }, { verb, timeoutMs }) =>
        void (id === 'n2' && verb === 'stop' && limits.push(timeoutMs)),
    });
    world.run(100);
    if (isAnew) {
      world.host('n2').killDaemon();
      world.run(100);
      world.host('n2').launchDaemon();
    }
    world.run(20_000);
    expect(limits).toEqual([500]);
    expect(holders(world, 'db')).toEqual(['n3']);
  },
);

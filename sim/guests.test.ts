/** Guests: nodes whose machine is a service of the cluster. */
import { expect, test } from 'vitest';
import type { Cluster, Service } from '../src/core/model.ts';
import { exclusive } from './checks/exclusive.ts';
import { order } from './checks/order.ts';
import { takeover } from './checks/takeover.ts';
import { generateCase } from './generate/index.ts';
import { runPlan } from './run.ts';
import { clusterOf, cutBoth, db, device, holders, isolate, leadOf, runUntil, stateOf, three } from './stage.testing.ts';
import { World } from './world/world.ts';

const vm = (patch: Partial<Service> = {}): Service =>
  db({ id: 'vm', digest: 'vm-1', on: three, stopTimeoutMs: 2000, startTimeoutMs: 3000, ...patch });

/** n4 is the guest whose machine is vm. */
function guestCluster(services: readonly Service[], fence = false): Cluster {
  const plain = clusterOf([...three, 'n4'], services);
  return {
    ...plain,
    nodes: plain.nodes.map((node) =>
      node.id === 'n4' ? { ...node, votes: 0, guest: 'vm' } : { ...node, fence: fence ? [[device.id]] : [] },
    ),
    fencing: { ...plain.fencing, devices: fence ? [device] : [] },
  };
}

function begun(cluster: Cluster, forMs = 12_000): World {
  const world = new World(cluster, 1, [exclusive(), takeover(), order()]);
  world.bootAll();
  world.run(forMs);
  return world;
}

const runs = (world: World, id: string, node: string) => (): boolean => holders(world, id).join() === node;

test('a cluster that starts waits for no guest: it starts the machine, and then what the guest runs', () => {
  const world = new World(guestCluster([vm(), db({ on: ['n4'] })]), 1, [exclusive(), takeover(), order()]);
  world.bootAll();
  expect(runUntil(world, runs(world, 'vm', 'n1'), 3000)).toBe(true);
  expect(runUntil(world, runs(world, 'db', 'n4'), 8000)).toBe(true);
});

test('in a cluster that starts, what would rather run on a guest waits for it, though not for ever', () => {
  const world = new World(guestCluster([vm(), db({ on: ['n4', 'n3'] })]), 1, [exclusive(), takeover(), order()]);
  world.bootAll();
  expect(runUntil(world, () => holders(world, 'db').length > 0, 8000)).toBe(true);
  expect(holders(world, 'db')).toEqual(['n4']);
  const without = new World(guestCluster([vm(), db({ on: ['n4', 'n3'] })]), 1, [exclusive(), takeover(), order()]);
  without.begin({ kind: 'powerOff', node: 'n4', atMs: 0, forMs: 0 });
  without.bootAll();
  without.run(2000);
  expect(holders(without, 'db')).toEqual([]);
  expect(runUntil(without, runs(without, 'db', 'n3'), 6000)).toBe(true);
});

const either = db({ on: ['n4', 'n3'] });

/** vm runs on n1, and db on its guest. */
function onGuest(services: readonly Service[] = [vm(), either], fence = false): World {
  const world = begun(guestCluster(services, fence), 14_000);
  for (const [id, node] of [
    ['vm', 'n1'],
    ['db', 'n4'],
  ] as const)
    if (!runs(world, id, node)()) {
      world.command(leadOf(world, 'n1').id, { kind: 'move', service: id, to: node, because: 'test' });
      expect(runUntil(world, runs(world, id, node), 15_000)).toBe(true);
    }
  world.run(2000);
  return world;
}

const say = (world: World, command: Parameters<World['command']>[1]): string =>
  world.command(leadOf(world, 'n1').id, command);

test('before a machine moves with a stop its guest is drained, and what ran there comes back with it', () => {
  const world = onGuest([vm(), db({ on: ['n4'] })]);
  say(world, { kind: 'standby', node: 'n1', on: true, because: 'work' });
  expect(runUntil(world, runs(world, 'vm', ''), 5000)).toBe(true);
  expect(holders(world, 'db')).toEqual([]);
  expect(world.host('n4').stoppedAtMs.get('db')).toBeLessThan(world.host('n1').stoppedAtMs.get('vm') ?? 0);
  expect(runUntil(world, runs(world, 'vm', 'n2'), 5000)).toBe(true);
  expect(stateOf(world, leadOf(world, 'n2').id).doc.admin.off['n4']).toBeDefined();
  expect(runUntil(world, runs(world, 'db', 'n4'), 8000)).toBe(true);
});

test('a machine moves although another host is lost that nobody can fence: it was seen to run elsewhere', () => {
  const world = onGuest([vm(), db({ on: ['n4'] })]);
  world.host('n3').powerOff();
  world.run(3000);
  say(world, { kind: 'standby', node: 'n1', on: true, because: 'work' });
  expect(runUntil(world, runs(world, 'vm', 'n2'), 10_000)).toBe(true);
  expect(runUntil(world, runs(world, 'db', 'n4'), 8000)).toBe(true);
});

test('a live migration of the machine leaves its guest alone', () => {
  const world = onGuest([vm({ migrates: true, startTimeoutMs: 6000 }), db({ on: ['n4'] })]);
  const before = world.host('n4').poweredAtMs;
  say(world, { kind: 'standby', node: 'n1', on: true, because: 'work' });
  expect(runUntil(world, runs(world, 'vm', 'n2'), 8000)).toBe(true);
  world.run(3000);
  expect(world.host('n4').poweredAtMs).toBe(before);
  expect(world.host('n4').stoppedAtMs.get('db')).toBeUndefined();
});

test('a guest that has failed is fenced by stopping its machine; then its services are taken over, and it is started again', () => {
  const world = onGuest();
  const end = world.begin({ kind: 'powerOff', node: 'n4', atMs: 0, forMs: 0 });
  expect(runUntil(world, runs(world, 'vm', ''), 4000)).toBe(true);
  const stoppedAtMs = world.agenda.nowMs;
  expect(runUntil(world, runs(world, 'db', 'n3'), 4000)).toBe(true);
  expect(world.agenda.nowMs).toBeGreaterThan(stoppedAtMs);
  expect(stateOf(world, leadOf(world, 'n1').id).records.get(leadOf(world, 'n1').id)?.fencings).toMatchObject([
    { target: 'n4', device: 'its machine vm', outcome: 'off', verified: true },
  ]);
  expect(runUntil(world, runs(world, 'vm', 'n1'), 8000)).toBe(true);
  end?.();
  expect(runUntil(world, () => stateOf(world, 'n1').installed?.members.includes('n4') === true, 8000)).toBe(true);
});

test('a guest that is cut off goes on until its machine has stopped', () => {
  const world = onGuest([vm(), either]);
  const host = world.host('n4');
  host.pause();
  isolate(world, 'n4');
  let worst = 0;
  const done = runUntil(
    world,
    () => {
      worst = Math.max(worst, holders(world, 'db').length);
      return runs(world, 'db', 'n3')();
    },
    10_000,
  );
  expect(done).toBe(true);
  expect(worst).toBe(1);
});

test('a host that is lost with its guest is fenced, and both are known to be off by that', () => {
  const world = onGuest([vm(), either], true);
  const end = world.begin({ kind: 'powerOff', node: 'n1', atMs: 0, forMs: 0 });
  expect(runUntil(world, runs(world, 'db', 'n3'), 10_000)).toBe(true);
  expect(runUntil(world, runs(world, 'vm', 'n2'), 10_000)).toBe(true);
  end?.();
});

test('a host that nobody can fence keeps what its guest may run', () => {
  const world = onGuest();
  for (const node of ['n1', 'n4']) for (const other of ['n2', 'n3']) cutBoth(world, node, other);
  world.run(20_000);
  expect(holders(world, 'db').length).toBeLessThan(2);
  expect(holders(world, 'db')).not.toContain('n3');
  world.host('n1').powerOff();
  world.run(2000);
  world.command(leadOf(world, 'n2').id, { kind: 'confirmOff', node: 'n1', because: 'it is' });
  expect(runUntil(world, runs(world, 'db', 'n3'), 6000)).toBe(true);
});

test('a guest whose machine is stopped in order is off: nobody waits for it', () => {
  const world = onGuest();
  say(world, { kind: 'run', service: 'vm', wanted: 'stopped', because: 'work' });
  expect(runUntil(world, runs(world, 'vm', ''), 6000)).toBe(true);
  expect(holders(world, 'db')).not.toContain('n4');
  expect(runUntil(world, runs(world, 'db', 'n3'), 3000)).toBe(true);
  expect(runUntil(world, () => 'n4' in stateOf(world, leadOf(world, 'n1').id).doc.admin.off, 5000)).toBe(true);
});

test('a machine that ends by itself is started again, and its guest with it', () => {
  const world = onGuest([vm(), db({ on: ['n4'] })]);
  world.host('n1').endByItself('vm');
  expect(runUntil(world, runs(world, 'db', ''), 3000)).toBe(true);
  expect(runUntil(world, runs(world, 'db', 'n4'), 15_000)).toBe(true);
});

test('what cannot be stopped on a guest ends with its machine', () => {
  const world = onGuest();
  const end = world.begin({ kind: 'agent', node: 'n4', service: 'db', verb: 'stop', how: 'fail', atMs: 0, forMs: 0 });
  say(world, { kind: 'move', service: 'db', to: 'n3', because: 'test' });
  expect(runUntil(world, runs(world, 'db', 'n3'), 15_000)).toBe(true);
  end?.();
  world.run(15_000);
  expect(stateOf(world, 'n1').installed?.members).toContain('n4');
});

test('an operator fences a guest', () => {
  const world = onGuest();
  const before = world.host('n4').life;
  say(world, { kind: 'fence', node: 'n4', because: 'it hangs' });
  expect(runUntil(world, runs(world, 'db', 'n3'), 6000)).toBe(true);
  world.run(15_000);
  expect(world.host('n4').life).toBeGreaterThan(before);
  expect(stateOf(world, leadOf(world, 'n1').id).fenceAsked.size).toBe(0);
});

test('a guest of which the file says another machine meanwhile is not off because that one is', () => {
  const world = onGuest([vm(), vm({ id: 'vm2', on: ['n3', 'n2'] }), either]);
  say(world, { kind: 'run', service: 'vm2', wanted: 'stopped', because: 'not yet' });
  world.run(5000);
  world.host('n4').pause();
  isolate(world, 'n4');
  const { cluster } = world;
  const nodes = cluster.nodes.map((node) => (node.id === 'n4' ? { ...node, guest: 'vm2' } : node));
  say(world, { kind: 'apply', source: 'other', cluster: { ...cluster, nodes }, ifVersion: null });
  world.run(20_000);
  expect(holders(world, 'db')).toEqual(['n4']);
});

test('whoever coordinates next goes on with a fencing that another one began', () => {
  const world = onGuest();
  const lead = leadOf(world, 'n1').id;
  world.begin({ kind: 'powerOff', node: 'n4', atMs: 0, forMs: 0 });
  expect(runUntil(world, runs(world, 'vm', ''), 4000)).toBe(true);
  world.host(lead).killDaemon();
  world.run(5000);
  // The one that is lost now may have started the machine: nothing is certain without it.
  expect(holders(world, 'db')).toEqual([]);
  world.host(lead).launchDaemon();
  expect(runUntil(world, runs(world, 'db', 'n3'), 15_000)).toBe(true);
});

test('what needs its own machine stops before it and starts after it, with nothing in a circle', () => {
  const world = onGuest([vm(), db({ on: ['n4', 'n3'], needs: ['vm'] })]);
  say(world, { kind: 'standby', node: 'n1', on: true, because: 'work' });
  expect(runUntil(world, runs(world, 'vm', 'n2'), 10_000)).toBe(true);
  expect(world.host('n4').stoppedAtMs.get('db')).toBeLessThan(world.host('n1').stoppedAtMs.get('vm') ?? 0);
  expect(runUntil(world, () => holders(world, 'db').length === 1, 10_000)).toBe(true);
});

test('while the cluster is disarmed no machine is stopped to fence its guest', () => {
  const world = onGuest();
  say(world, { kind: 'disarm', forMs: 600_000, because: 'a new switch' });
  world.run(1000);
  world.host('n4').pause();
  isolate(world, 'n4');
  world.run(15_000);
  expect(holders(world, 'vm')).toEqual(['n1']);
  expect(holders(world, 'db')).toEqual(['n4']);
  say(world, { kind: 'arm', because: 'done' });
  expect(runUntil(world, runs(world, 'db', 'n3'), 10_000)).toBe(true);
});

test('a machine that cannot be stopped has its host fenced, and its guest is off with that', () => {
  const world = onGuest([vm(), either], true);
  world.begin({ kind: 'agent', node: 'n1', service: 'vm', verb: 'stop', how: 'fail', atMs: 0, forMs: 0 });
  world.begin({ kind: 'powerOff', node: 'n4', atMs: 0, forMs: 0 });
  const before = world.host('n1').poweredAtMs;
  expect(runUntil(world, runs(world, 'db', 'n3'), 15_000)).toBe(true);
  expect(world.host('n1').poweredAtMs).toBeGreaterThan(before);
});

test('a host in maintenance keeps its machine, and so what its guest may run', () => {
  const world = onGuest();
  say(world, { kind: 'maintain', node: 'n1', service: null, on: true, because: 'new firmware' });
  world.run(1000);
  world.host('n4').pause();
  isolate(world, 'n4');
  world.run(15_000);
  expect(holders(world, 'vm')).toEqual(['n1']);
  expect(holders(world, 'db')).toEqual(['n4']);
});

test.each([1, 2, 3, 4, 5, 6])('a world of guests, seed %i', (seed) => {
  const { cluster, plan } = generateCase(seed, 'guest');
  expect(cluster.nodes.some(({ guest }) => guest !== undefined)).toBe(true);
  expect(runPlan(cluster, plan).verdict).toMatchObject({ ok: true });
});

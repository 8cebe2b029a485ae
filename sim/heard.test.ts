/** Nodes that are heard, are in no view, and say what they run. */
import { expect, test } from 'vitest';
import type { Cluster, NodeId } from '../src/core/model.ts';
import type { FenceCall } from '../src/core/ports.ts';
import { clusterOf, cutBoth, db, device, five, holders, leadOf, runUntil, stateOf } from './stage.testing.ts';
import type { Fault } from './world/faults.ts';
import { type Check, World } from './world/world.ts';

const plain = (on: readonly NodeId[]): Cluster => clusterOf(five, [db({ on })]);

function withDevice(cluster: Cluster): Cluster {
  const nodes = cluster.nodes.map((node) => (node.id === 'n3' ? { ...node, fence: [[device.id]] } : node));
  return { ...cluster, fencing: { ...cluster.fencing, powerOn: true, devices: [device] }, nodes };
}

function begun(cluster: Cluster, seed = 1, checks: readonly Check[] = []): { world: World; lead: NodeId } {
  const world = new World(cluster, seed, checks);
  world.bootAll();
  world.run(8000);
  return { world, lead: leadOf(world, 'n1').id };
}

/** From now on only `lead` hears n3 and is heard by it: it can be in no view. */
function leaveTo(world: World, lead: NodeId): void {
  expect(lead).not.toBe('n3');
  for (const id of five) if (id !== 'n3' && id !== lead) cutBoth(world, 'n3', id);
}

function restartDaemon(world: World): void {
  world.host('n3').killDaemon();
  world.run(100);
  world.host('n3').launchDaemon();
}

const agent = (service: string, verb: 'stop' | 'probe', how: 'fail' | 'hang'): Fault => ({
  kind: 'agent',
  node: 'n3',
  service,
  verb,
  how,
  atMs: 0,
  forMs: 0,
});

const startByHand = (world: World) =>
  world.begin({ kind: 'meddle', node: 'n3', service: 'db', act: 'start', atMs: 0, forMs: 0 });

const endOnTwo = (world: World) => world.begin({ kind: 'killService', node: 'n2', service: 'db', atMs: 0, forMs: 0 });

const saysBlocked = (world: World): boolean => stateOf(world, 'n3').local.get('db')?.record.state === 'blocked';

test('one that was switched off, came back and may run it is fenced anew, whatever the document says', () => {
  const { world, lead } = begun(withDevice(plain(['n3', 'n2'])));
  expect(holders(world, 'db')).toEqual(['n3']);
  world.host('n3').killDaemon();
  leaveTo(world, lead);
  world.begin(agent('db', 'stop', 'fail'));
  expect(runUntil(world, () => holders(world, 'db').includes('n2'), 20_000)).toBe(true);
  expect(runUntil(world, () => world.host('n3').loop !== null, 20_000)).toBe(true);
  startByHand(world);
  expect(runUntil(world, () => saysBlocked(world), 20_000)).toBe(true);
  expect(stateOf(world, lead).doc.admin.off).toHaveProperty('n3');
  endOnTwo(world);
  world.run(15_000);
  expect(holders(world, 'db')).toEqual(['n2']);
});

test.each([2, 4])('what it said last counts while what is newer is on its way (seed %i)', (seed) => {
  // Tried again for ever, so that its record changes again and again.
  const web = db({ id: 'web', takeover: 'nothing', on: ['n3'], digest: 'web-1' });
  const cluster = plain(['n2', 'n3']);
  const { world, lead } = begun({ ...cluster, services: [...cluster.services, web] }, seed);
  for (const service of ['db', 'web']) world.begin(agent(service, 'stop', 'fail'));
  leaveTo(world, lead);
  startByHand(world);
  restartDaemon(world);
  expect(runUntil(world, () => saysBlocked(world), 20_000)).toBe(true);
  world.begin({
    kind: 'packets',
    from: 'n3',
    to: lead,
    link: null,
    how: 'lose',
    probability: 0.1,
    delayMs: 0,
    atMs: 0,
    forMs: 0,
  });
  world.run(1000);
  endOnTwo(world);
  world.run(20_000);
  expect(holders(world, 'db')).toEqual(['n3']);
});

test('one that only looks whether it runs is waited for, and not fenced', () => {
  const calls: FenceCall[] = [];
  const watch = {
    name: 'calls',
    fenceBegins: (_world: World, _host: unknown, call: FenceCall) => void calls.push(call),
  };
  const { world, lead } = begun(withDevice(plain(['n2', 'n3'])), 1, [watch]);
  world.begin(agent('db', 'probe', 'hang'));
  leaveTo(world, lead);
  restartDaemon(world);
  world.run(8000);
  const isLooking = () => stateOf(world, 'n3').local.get('db')?.record.state === 'probing';
  expect(runUntil(world, isLooking)).toBe(true);
  world.run(20);
  endOnTwo(world);
  world.run(5000);
  expect(calls).toEqual([]);
  expect(holders(world, 'db')).toEqual(['n2']);
});

test('one that was confirmed off, came back and was lost again counts by what it said last, until it is confirmed off anew', () => {
  const { world, lead } = begun(plain(['n3', 'n2']));
  const confirm = () => world.command(lead, { kind: 'confirmOff', node: 'n3', because: 'seen' });
  world.host('n3').powerOff();
  world.run(5000);
  confirm();
  expect(runUntil(world, () => holders(world, 'db').includes('n2'), 20_000)).toBe(true);
  leaveTo(world, lead);
  world.host('n3').powerOn();
  world.begin(agent('db', 'stop', 'fail'));
  expect(runUntil(world, () => world.host('n3').loop !== null)).toBe(true);
  startByHand(world);
  expect(runUntil(world, () => saysBlocked(world), 20_000)).toBe(true);
  world.run(100);
  world.host('n3').killDaemon();
  world.run(10_000);
  endOnTwo(world);
  world.run(60_000);
  expect(holders(world, 'db')).toEqual(['n3']);
  world.host('n3').powerOff();
  confirm();
  expect(runUntil(world, () => holders(world, 'db').includes('n2'), 20_000)).toBe(true);
});

/** Two that vote, and a third one that only runs services. */
import { expect, test } from 'vitest';
import type { Cluster } from '../src/core/model.ts';
import { must } from '../src/lib/assert.ts';
import { exclusive } from './checks/exclusive.ts';
import { clusterOf, cut, db, device, holders, leadOf, runUntil, stateOf, three } from './stage.testing.ts';
import { World } from './world/world.ts';

const plain = clusterOf(three, [db({ on: ['n3', 'n2'] })]);
const cluster: Cluster = {
  ...plain,
  quorum: { ...plain.quorum, tie: 'fence', prefer: 'n2', headStartMs: 3000 },
  fencing: { ...plain.fencing, powerOn: true, devices: [device] },
  nodes: plain.nodes.map((node) => ({ ...node, votes: node.id === 'n3' ? 0 : 1, fence: [[device.id]] })),
};

/** n2 leads, and db runs on n3, which is the only one that may run it. */
function led(): World {
  const world = new World(cluster, 5, [exclusive()]);
  world.bootAll();
  world.run(8000);
  world.host('n1').powerOff();
  world.run(5000);
  world.host('n1').powerOn();
  world.run(6000);
  expect(leadOf(world, 'n1').id).toBe('n2');
  world.command('n2', { kind: 'standby', node: 'n2', on: true, because: 'work' });
  world.run(1000);
  expect(holders(world, 'db')).toEqual(['n3']);
  return world;
}

/** It is held up meanwhile: it knows that n3 is off, nothing is noted, and n1 leads from then on. */
function switchOffThreeAndLoseTheLead(world: World): void {
  world.host('n3').killDaemon();
  world.run(1500);
  const normal = world.begin({
    kind: 'fenceDevice',
    device: device.id,
    how: 'slow',
    delayMs: 700,
    atMs: 0,
    forMs: 0,
  });
  world.command('n2', { kind: 'fence', node: 'n3', because: 'it hangs' });
  expect(runUntil(world, () => stateOf(world, 'n2').fencing.get('n3')?.phase === 'status', 5000)).toBe(true);
  world.host('n2').pause();
  world.run(1300);
  world.host('n2').resume();
  world.run(300);
  must(normal, 'an end of the slowness')();
  expect(leadOf(world, 'n2').id).toBe('n1');
  expect([...stateOf(world, 'n2').off.keys()]).toEqual(['n3']);
}

/** n2 agrees to a view with n3, and hears neither that it is installed, nor of n3 itself more than that it is there. */
function takeThreeInUnheard(world: World): void {
  const open = cut(world, 'n2', 'n3');
  const isThere = () => stateOf(world, 'n2').peers.get('n3')?.candidate != null;
  expect(runUntil(world, isThere, 20_000)).toBe(true);
  cut(world, 'n3', 'n2');
  open();
  expect(runUntil(world, () => stateOf(world, 'n2').promised.members.includes('n3'))).toBe(true);
  cut(world, 'n1', 'n2');
  expect(runUntil(world, () => holders(world, 'db').includes('n3'))).toBe(true);
}

test('whoever agreed to a view of the other one does not hold for off who is in it', () => {
  const world = led();
  switchOffThreeAndLoseTheLead(world);
  takeThreeInUnheard(world);
  world.host('n3').killDaemon();
  world.run(6000);
  world.command('n2', { kind: 'standby', node: 'n2', on: false, because: 'done' });
  world.run(3000);
  expect(holders(world, 'db')).toEqual(['n2']);
});

/** Fencing whose device the cluster file stops naming while it is under way. */
import { expect, test } from 'vitest';
import type { Cluster, FenceDevice } from '../src/core/model.ts';
import type { FenceCall } from '../src/core/ports.ts';
import { exclusive } from './checks/exclusive.ts';
import { apply, clusterOf, db, device, holders, leadOf, runUntil, stateOf, three } from './stage.testing.ts';
import { World } from './world/world.ts';

const plain = clusterOf(three, [db({ on: ['n3', 'n2'] })]);

const withDevice = (each: FenceDevice): Cluster => ({
  ...plain,
  fencing: { ...plain.fencing, powerOn: true, devices: [each] },
  nodes: plain.nodes.map((node) => (node.id === 'n3' ? { ...node, fence: [[each.id]] } : node)),
});

/** n3 is lost, and while it is switched off a file without the device comes into force. Returns what was asked of the device. */
function fenceWithoutDevice(each: FenceDevice): { world: World; asked: string[] } {
  const asked: string[] = [];
  const fenceBegins = (_world: World, _host: unknown, call: FenceCall) => void asked.push(call.action);
  const world = new World(withDevice(each), 1, [exclusive(), { name: 'asked', fenceBegins }]);
  world.bootAll();
  world.run(6000);
  expect(holders(world, 'db')).toEqual(['n3']);
  world.begin({ kind: 'fenceDevice', device: each.id, how: 'slow', delayMs: 1500, atMs: 0, forMs: 0 });
  world.host('n3').killDaemon();
  expect(runUntil(world, () => leadState(world).fencing.get('n3')?.phase === 'off')).toBe(true);
  apply(world, 'n1', { ...plain, fencing: { ...plain.fencing, powerOn: true } });
  world.run(10_000);
  return { world, asked };
}

const leadState = (world: World) => stateOf(world, leadOf(world, 'n1').id);

test('the device that was called is asked whether the node is off', () => {
  const { world, asked } = fenceWithoutDevice(device);
  expect(asked).toEqual(['off', 'status']);
  expect(holders(world, 'db')).toEqual(['n2']);
});

test('with no device left to switch the node on again the fencing ends', () => {
  const { world, asked } = fenceWithoutDevice({ ...device, verify: false });
  expect(asked).toEqual(['off']);
  expect(leadState(world).fencing.size).toBe(0);
  expect(holders(world, 'db')).toEqual(['n2']);
});

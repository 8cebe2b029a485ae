/** What a copy on a member proves of a node that is lost: it does only where a daemon has started it. */
import { expect, test } from 'vitest';
import { exclusive } from './checks/exclusive.ts';
import { takeover } from './checks/takeover.ts';
import { clusterOf, db, holders, leadOf, runUntil, three } from './stage.testing.ts';
import type { Fault } from './world/faults.ts';
import { World } from './world/world.ts';

const at = { atMs: 0, forMs: 0 } as const;

/** db runs on the first of `on`. */
function begun(on: readonly string[]): World {
  const world = new World(clusterOf(three, [db({ on })]), 1, [exclusive(), takeover()]);
  world.bootAll();
  world.run(8000);
  expect(holders(world, 'db')).toEqual([on[0]]);
  return world;
}

const mistaken = (node: string, verb: 'probe' | 'check'): Fault => ({
  ...at,
  kind: 'agent',
  node,
  service: 'db',
  verb,
  how: 'pretend',
});

const seesItRun = (world: World, node: string) => (): boolean =>
  world.host(node).loop?.state.local.get('db')?.record.state === 'running';

/** Twice: what the first life of the daemon finds, the second one finds in the ledger. */
function restartDaemon(world: World, node: string): void {
  world.host(node).killDaemon();
  world.run(100);
  world.host(node).launchDaemon();
  expect(runUntil(world, seesItRun(world, node), 8000)).toBe(true);
  world.run(2000);
}

test('what was found running proves nothing when another life of the daemon finds it again', () => {
  const world = begun(['n3', 'n2', 'n1']);
  world.host('n3').killDaemon();
  world.run(4000);
  const ends = (['probe', 'check'] as const).map((verb) => world.begin(mistaken('n2', verb)));
  restartDaemon(world, 'n2');
  restartDaemon(world, 'n2');
  for (const end of ends) end?.();
  world.run(15_000);
  expect(holders(world, 'db')).toEqual(['n3']);
});

test('what a machine ran before it was off proves nothing of what is found there when it is back', () => {
  const world = begun(['n2', 'n3', 'n1']);
  world.host('n2').powerOff();
  world.run(1000);
  world.command(leadOf(world, 'n1').id, { kind: 'confirmOff', node: 'n2', because: 'it is' });
  expect(runUntil(world, () => holders(world, 'db').includes('n3'), 8000)).toBe(true);
  world.host('n3').killDaemon();
  const ends = (['probe', 'check'] as const).map((verb) => world.begin(mistaken('n2', verb)));
  world.host('n2').powerOn();
  expect(runUntil(world, seesItRun(world, 'n2'), 8000)).toBe(true);
  world.run(2000);
  for (const end of ends) end?.();
  world.run(15_000);
  expect(holders(world, 'db')).toEqual(['n3']);
});

/** Machines that boot together after the site had lost its power. */
import { expect, test } from 'vitest';
import { exclusive } from './checks/exclusive.ts';
import { clusterOf, cutBoth, db, holders, three } from './stage.testing.ts';
import { World } from './world/world.ts';

test.each([7, 18])(
  'nobody waits for a machine that came back with a full disk and has promised nothing (seed %i)',
  (seed) => {
    const world = new World(clusterOf(three, [db({ on: ['n3', 'n2'] })]), seed, [exclusive()]);
    world.bootAll();
    world.run(8000);
    for (const id of three) world.host(id).powerOff();
    world.begin({ kind: 'diskFull', node: 'n1', atMs: 0, forMs: 0 });
    // The switch between them comes last.
    const ends = [cutBoth(world, 'n1', 'n2'), cutBoth(world, 'n1', 'n3'), cutBoth(world, 'n2', 'n3')].flat();
    for (const id of three) world.host(id).powerOn();
    world.run(5000);
    for (const end of ends) end();
    world.run(120_000);
    expect(holders(world, 'db')).toEqual(['n3']);
  },
);

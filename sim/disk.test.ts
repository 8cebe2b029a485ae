/** Disks that are full, or hang, while views change. */
import { expect, test } from 'vitest';
import { must } from '../src/lib/assert.ts';
import { exclusive } from './checks/exclusive.ts';
import { quorum } from './checks/quorum.ts';
import { takeover } from './checks/takeover.ts';
import { clusterOf, db, five, holders, leadOf, stateOf } from './stage.testing.ts';
import { World } from './world/world.ts';

const onAll = { on: [...five], takeover: 'lease' } as const;
const web = db({ ...onAll, id: 'web', on: five.toReversed(), digest: 'web-1' });

type DiskFault = 'diskFull' | 'diskHangs';

/** The disk of the coordinator does not write, and its view numbers are used up by a machine that boots. */
function usedUp(
  guard: typeof onAll.takeover | 'fencing',
  kind: DiskFault = 'diskFull',
): { world: World; lead: string; end: () => void } {
  const cluster = clusterOf(five, [db(onAll), { ...web, takeover: guard }]);
  const world = new World(cluster, 1, [exclusive(), quorum(), takeover()]);
  world.bootAll();
  world.run(6000);
  const lead = leadOf(world, 'n1').id;
  expect(holders(world, 'web')).toEqual([lead]);
  const end = world.begin({ kind, node: lead, atMs: 0, forMs: 0 });
  for (let i = 0; i < 2; i++) {
    world.host('n2').powerOff();
    world.run(5000);
    world.host('n2').powerOn();
    world.run(5000);
  }
  return { world, lead, end: must(end, 'an end of the fault of the disk') };
}

test.each(['diskFull', 'diskHangs'] as const)(
  'a coordinator that cannot leave out a lost member, because of %s, is replaced',
  (kind) => {
    const { world, lead, end } = usedUp('lease', kind);
    // Another member in its place would be worth nothing.
    expect(stateOf(world, lead).installed).toMatchObject({ coordinator: lead, members: ['n1', 'n3', 'n4', 'n5'] });
    expect(holders(world, 'db')).toEqual(['n1']);
    world.host('n1').powerOff();
    world.run(15_000);
    expect(holders(world, 'db')).toEqual(['n2']);
    expect(holders(world, 'web')).toEqual(['n4']);
    expect(stateOf(world, 'n2').installed?.members).toEqual(['n2', 'n3', 'n4']);
    end();
    world.run(5000);
    expect(stateOf(world, 'n2').installed?.members).toEqual(['n2', 'n3', 'n4', lead]);
  },
);

test('what only a person could have started elsewhere goes on where it runs', () => {
  const { world, lead } = usedUp('fencing');
  world.host('n1').powerOff();
  world.run(60_000);
  expect(holders(world, 'web')).toEqual([lead]);
});

test('where all disks are full everything stays as it is', () => {
  const { world, lead } = usedUp('lease');
  for (const node of five) if (node !== lead) world.begin({ kind: 'diskFull', node, atMs: 0, forMs: 0 });
  // The others have numbers reserved from before.
  world.host('n2').powerOff();
  world.run(60_000);
  expect([holders(world, 'db'), holders(world, 'web')]).toEqual([['n1'], [lead]]);
  expect(leadOf(world, 'n3').id).toBe(lead);
});

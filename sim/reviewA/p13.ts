// A coordinator with a full disk, and a node that comes and goes: its numbers run out, and it neither proposes nor gives way.
import { clusterOf, db, holders, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3'];
const world = worldOf(clusterOf(ids, [db({ on: ['n3', 'n2', 'n1'], takeover: 'lease', stickiness: 0 })]));
world.bootAll();
world.run(6000);
const lead = world.host('n1').loop!.state.installed!.coordinator;
world.begin({ kind: 'diskFull', node: lead, atMs: 0, forMs: 0 });
const other = ids.filter((id) => id !== lead).at(-1)!;
for (let i = 0; i < 12; i++) {
  world.host(other).powerOff();
  world.run(5000);
  world.host(other).powerOn();
  world.run(5000);
}
console.log('lead', lead, 'comes and goes', other, 'runs', holders(world));
world.host(holders(world)[0] === lead ? other : (holders(world)[0] ?? other)).powerOff();
world.run(300_000);
for (const h of world.hosts.values()) {
  const s = h.loop?.state;
  console.log(
    h.id,
    h.powered,
    s?.installed?.number,
    s?.installed?.members,
    'promised',
    s?.promised.number,
    'reserved',
    s?.reservedUpTo,
    'waiting',
    s?.waiting?.number,
  );
}
console.log('five minutes later', holders(world));

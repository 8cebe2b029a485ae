import { clusterOf, db, holders, worldOf } from './stage.ts';
const ids = ['n1','n2','n3'];
const world = worldOf(clusterOf(ids, [db({ on: ['n3', 'n2'] })]));
world.bootAll(); world.run(8000);
console.log('runs', holders(world), [...world.hosts.values()].map(h => [h.loop?.state.reservedUpTo, h.loop?.state.installed?.number]));
// the whole site loses its power; the disk of n1 comes back read-only
for (const id of ids) world.host(id).powerOff();
world.begin({ kind: 'diskFull', node: 'n1', atMs: 0, forMs: 0 });
world.run(1000);
for (const id of ids) world.host(id).powerOn();
world.run(600_000);
console.log('ten minutes later', holders(world), [...world.hosts.values()].map(h => [h.id, h.loop?.state.reservedUpTo, h.loop?.state.promised, h.loop?.state.installed]));
for (const l of world.trace.slice(-8)) console.log(l);

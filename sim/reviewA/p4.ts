// The site loses its power; n1 comes back with a disk that cannot be written; the switch comes last.
import { clusterOf, cut, db, holders, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3'];
let stuck = 0;
const N = 10;
for (let seed = 1; seed <= N; seed++) {
  const world = worldOf(clusterOf(ids, [db({ on: ['n3', 'n2'] })]), [], seed);
  world.bootAll();
  world.run(8000);
  for (const id of ids) world.host(id).powerOff();
  world.begin({ kind: 'diskFull', node: 'n1', atMs: 0, forMs: 0 });
  const ends = ids.flatMap((a) => ids.filter((b) => b !== a).map((b) => cut(world, a, b)));
  for (const id of ids) world.host(id).powerOn();
  world.run(5000);
  for (const end of ends) end();
  world.run(120_000);
  if (holders(world).length === 0) {
    stuck++;
    if (stuck === 1)
      console.log(
        seed,
        [...world.hosts.values()].map((h) => [
          h.id,
          h.loop?.state.reservedUpTo,
          JSON.stringify(h.loop?.state.promised),
          h.loop?.state.waiting,
          h.loop?.state.installed,
        ]),
      );
  }
}
console.log(`stuck for two minutes in ${stuck} of ${N}`);

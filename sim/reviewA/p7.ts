// A file that only a minority has seen takes the watchdog away from a node; the others still count on it.

import { exclusive } from '../checks/exclusive.ts';
import { takeover } from '../checks/takeover.ts';
import { clusterOf, cut, db, holders, split, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3', 'n4', 'n5'];
const fileOf = (watched: boolean) => {
  const c = clusterOf(ids, [db({ on: ['n2', 'n3'] })]);
  return {
    ...c,
    nodes: c.nodes.map((n) => ({
      ...n,
      watchdog: watched || n.id !== 'n2' ? { device: '/dev/watchdog', timeoutMs: 5000 } : null,
    })),
  };
};
const world = worldOf(fileOf(true), [exclusive(), takeover()]);
world.bootAll();
world.run(8000);
console.log(holders(world));
const lead = world.host('n1').loop!.state.installed!.coordinator;
console.log('lead', lead);
// the coordinator and the holder are cut off together, just as the file is applied
const others = ids.filter((id) => id !== lead && id !== 'n2');
for (const a of [lead, 'n2']) for (const b of others) cut(world, a, b);
world.command(lead, { kind: 'apply', source: 'x', cluster: fileOf(false), ifVersion: null });
let i = 0;
while (world.host('n2').loop!.state.doc.source !== 'x' && i++ < 900) world.run(1);
console.log('n2 has the file', world.host('n2').loop!.state.doc.source, world.host('n2').watchdog.isArmed);
split(world, others);
world.begin({ kind: 'agent', node: 'n2', service: 'db', verb: 'stop', how: 'fail', atMs: 0, forMs: 0 });
try {
  world.run(30_000);
} catch (e) {
  console.log('VIOLATION', (e as Error).message);
}
console.log(holders(world), world.host('n2').watchdog.isArmed);
for (const l of world.trace.slice(-12)) console.log(l);

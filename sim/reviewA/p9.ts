// A node counts as knowing the new rules by what it has in memory, and comes back with the old ones from its disk.

import { exclusive } from '../checks/exclusive.ts';
import { takeover } from '../checks/takeover.ts';
import { clusterOf, cut, db, holders, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3'];
const fileOf = (noQuorum: 'freeze' | 'stop') => {
  const c = clusterOf(ids, [db({ on: ['n3', 'n2'], takeover: 'lease' })]);
  return { ...c, heartbeat: { ...c.heartbeat, intervalMs: 400, deadMs: 2000 }, quorum: { ...c.quorum, noQuorum } };
};
const world = worldOf(fileOf('freeze'), [exclusive(), takeover()]);
world.bootAll();
world.run(6000);
console.log(holders(world));
world.begin({ kind: 'slowDisk', node: 'n3', delayMs: 60_000, atMs: 0, forMs: 0 });
world.command('n1', { kind: 'apply', source: 'x', cluster: fileOf('stop'), ifVersion: null });
const lead = () => world.host(world.host('n1').loop!.state.installed!.coordinator).loop!.state;
let i = 0;
while (world.host('n3').loop!.state.doc.source !== 'x') world.run(1);
for (const from of ['n1', 'n2']) cut(world, from, 'n3');
while (!(lead().doc.source === 'x' && !('n3' in lead().doc.admin.stray))) {
  world.run(1);
  if (++i > 5000) {
    console.log('n3 stays a stray');
    break;
  }
}
world.host('n3').killDaemon();
world.begin({ kind: 'isolate', node: 'n3', link: null, atMs: 0, forMs: 0 });
world.run(100);
world.host('n3').launchDaemon();
try {
  world.run(20_000);
} catch (e) {
  console.log('VIOLATION', (e as Error).message);
}
console.log(holders(world), world.host('n3').loop?.state.doc.cluster.quorum.noQuorum);
for (const l of world.trace.slice(-8)) console.log(l);

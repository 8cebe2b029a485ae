// As p1, where the node is lost only after it has the new file, before it has stopped what that no longer names for it.

import { exclusive } from '../checks/exclusive.ts';
import { clusterOf, db, holders, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3'];
const world = worldOf(clusterOf(ids, [db({ on: ['n3', 'n2'] })]), [exclusive()]);
world.bootAll();
world.run(5000);
world.begin({ kind: 'agent', node: 'n3', service: 'db', verb: 'stop', how: 'hang', atMs: 0, forMs: 0 });
world.command('n1', { kind: 'apply', source: 'x', cluster: clusterOf(ids, [db({ on: ['n2'] })]), ifVersion: null });
while (world.host('n3').loop!.state.local.get('db')?.record.state !== 'stopping') world.run(1);
world.host('n3').killDaemon();
try {
  world.run(20_000);
} catch (e) {
  console.log('VIOLATION', (e as Error).message);
}
console.log('after', holders(world));
const n = world.host('n1').loop!.state;
console.log(JSON.stringify(n.doc.admin.stray));
world.host('n3').powerOff();
world.command('n1', { kind: 'confirmOff', node: 'n3', because: 'seen' });
world.run(5000);
console.log('confirmed off', holders(world));
world.host('n3').powerOn();
world.run(5000);
console.log('back', holders(world), JSON.stringify(world.host('n1').loop!.state.doc.admin.stray));

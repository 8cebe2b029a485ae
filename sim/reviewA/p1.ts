import { exclusive } from '../checks/exclusive.ts';
import { clusterOf, db, holders, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3'];
const world = worldOf(clusterOf(ids, [db({ on: ['n3', 'n2'] })]), [exclusive()]);
world.bootAll();
world.run(5000);
console.log('runs', holders(world));
world.host('n3').killDaemon();
world.run(5000);
console.log('n3 daemon dead 5s', holders(world));
world.command('n1', { kind: 'apply', source: 'x', cluster: clusterOf(ids, [db({ on: ['n2'] })]), ifVersion: null });
try {
  world.run(3000);
} catch (e) {
  console.log('VIOLATION', (e as Error).message);
}
console.log('after', holders(world));
for (const l of world.trace.slice(-14)) console.log(l);

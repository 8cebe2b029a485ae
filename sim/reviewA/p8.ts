// A promoted copy on a node in maintenance that is cut off is left alone by its node; others promote theirs after the lease.

import { promoted } from '../checks/promoted.ts';
import { clusterOf, db, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3'];
const pg = db({
  clone: true,
  instances: 3,
  promotable: { max: 1, nodeMax: 1 } as never,
  takeover: 'lease',
  onScore: 1,
  resource: { kind: 'ocf', provider: 'test', type: 'pg', params: {}, paramsOn: {} },
});
const world = worldOf(clusterOf(ids, [pg]), [promoted()]);
world.bootAll();
world.run(8000);
const who = () => [...world.hosts.values()].filter((h) => h.promoted.has('db')).map((h) => h.id);
console.log('promoted', who());
const at = who()[0] ?? 'n1';
world.command('n1', { kind: 'maintain', node: at, service: null, on: true, because: 'new disk' } as never);
world.run(2000);
world.begin({ kind: 'isolate', node: at, link: null, atMs: 0, forMs: 0 });
try {
  world.run(15_000);
} catch (e) {
  console.log('VIOLATION', (e as Error).message);
}
console.log('promoted', who());
for (const l of world.trace.slice(-10)) console.log(l);

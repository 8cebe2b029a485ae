// A daemon that is started again arms its watchdog anew, however long its lease has been over; and the stop hangs.

import { watchdogTakeoverMs } from '../../src/core/schedule/takeover.ts';
import { exclusive } from '../checks/exclusive.ts';
import { takeover } from '../checks/takeover.ts';
import { clusterOf, db, holders, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3'];
const plain = clusterOf(ids, [db({ on: ['n3', 'n2'] })]);
const cluster = {
  ...plain,
  nodes: plain.nodes.map((n) => ({ ...n, watchdog: { device: '/dev/watchdog', timeoutMs: 10_000 } })),
};
const world = worldOf(cluster, [exclusive(), takeover()]);
console.log('bound', watchdogTakeoverMs(cluster, 10_000));
world.bootAll();
world.run(6000);
console.log(holders(world));
world.begin({ kind: 'isolate', node: 'n3', link: null, atMs: 0, forMs: 0 });
world.begin({ kind: 'agent', node: 'n3', service: 'db', verb: 'stop', how: 'hang', atMs: 0, forMs: 0 });
world.host('n3').killDaemon();
world.run(9000);
world.host('n3').launchDaemon();
try {
  world.run(20_000);
} catch (e) {
  console.log('VIOLATION', (e as Error).message);
}
console.log(holders(world));
for (const l of world.trace.slice(-14)) console.log(l);

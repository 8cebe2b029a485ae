// One of three has a full disk, another one is fenced: that it is off can be noted on no majority, and nothing is ordered any more.
import { clusterOf, db, holders, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3'];
const device = {
  id: 'ipmi',
  agent: 'sim',
  params: {},
  plugs: {},
  timeoutMs: 5000,
  delayMs: 0,
  verify: true,
  unfence: false,
} as never;
const plain = clusterOf(ids, [
  db({ on: ['n3', 'n2'] }),
  db({ id: 'web', on: ['n2', 'n1'], takeover: 'nothing', digest: 'web-1' }),
]);
const world = worldOf({
  ...plain,
  fencing: { ...plain.fencing, powerOn: false, devices: [device] },
  nodes: plain.nodes.map((n) => (n.id === 'n3' ? { ...n, fence: [['ipmi']] } : n)),
});
world.bootAll();
world.run(6000);
console.log(holders(world), holders(world, 'web'));
world.begin({ kind: 'diskFull', node: 'n1', atMs: 0, forMs: 0 });
world.host('n3').powerOff();
world.run(30_000);
world.host('n2').endByItself('web');
world.run(60_000);
console.log('a minute later', holders(world), 'web', holders(world, 'web'));
for (const l of world.trace.slice(-8)) console.log(l);

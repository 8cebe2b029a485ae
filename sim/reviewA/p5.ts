// The file stops naming the device of a node that is being fenced: the entry never ends, and the node is never fenced again.
import { clusterOf, db, holders, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3'];
const device = (id: string) =>
  ({ id, agent: 'sim', params: {}, plugs: {}, timeoutMs: 2000, delayMs: 0, verify: true, unfence: false }) as never;
const plain = clusterOf(ids, [db({ on: ['n3', 'n2'] })]);
const withDevice = (name: string | null, powerOn = true) => ({
  ...plain,
  fencing: { ...plain.fencing, powerOn, devices: name === null ? [] : [device(name)] },
  nodes: plain.nodes.map((n) => (n.id === 'n3' && name !== null ? { ...n, fence: [[name]] } : n)),
});
const world = worldOf(withDevice('ipmi'));
world.bootAll();
world.run(6000);
console.log(holders(world));
world.begin({ kind: 'fenceDevice', device: 'ipmi', how: 'slow', delayMs: 1500, atMs: 0, forMs: 0 } as never);
world.host('n3').killDaemon();
const lead = () => world.host(world.host('n1').loop!.state.installed!.coordinator).loop!.state;
while (lead().fencing.get('n3')?.phase !== 'off') world.run(10);
console.log('fencing under way', world.agenda.nowMs);
world.command('n1', { kind: 'apply', source: 'x', cluster: withDevice(null), ifVersion: null });
world.run(8000);
console.log(
  world.agenda.nowMs,
  [...lead().fencing.values()].map((f) => [f.target, f.phase, f.calls.size]),
  holders(world),
);
for (const l of world.trace.slice(-8)) console.log(l);

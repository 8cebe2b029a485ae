// A member that missed two steps of the votes keeps its lease by the old table.

import type { Cluster } from '../../src/core/model.ts';
import { exclusive } from '../checks/exclusive.ts';
import { quorum } from '../checks/quorum.ts';
import { takeover } from '../checks/takeover.ts';
import { clusterOf, cut, db, holders, split, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3', 'n4', 'n5'];
const withVotes = (votes: number[]): Cluster => {
  const c = clusterOf(ids, [db({ takeover: 'lease', on: ['n2', 'n1'] })]);
  return { ...c, nodes: c.nodes.map((n, i) => ({ ...n, votes: votes[i] ?? 1 })) };
};
const world = worldOf(withVotes([1, 1, 1, 0, 0]), [exclusive(), quorum(), takeover()]);
const show = () => {
  for (const h of world.hosts.values())
    console.log(
      h.id,
      h.loop?.state.installed?.number,
      h.loop?.state.installed?.coordinator,
      JSON.stringify(h.loop?.state.doc.voters),
      JSON.stringify(h.loop?.state.doc.version),
      h.loop?.state.doc.admin.stray,
    );
};
// n1 leads
world.host('n1').powerOn();
world.host('n3').powerOn();
world.run(2000);
world.bootAll();
world.run(5000);
console.log(world.agenda.nowMs, holders(world));
show();
world.command('n1', { kind: 'apply', source: 'x', cluster: withVotes([1, 1, 1, 1, 1]), ifVersion: null });
// until n2 has the file and is no stray any more
const n2 = world.host('n2');
const n1 = world.host('n1');
let i = 0;
while (!(n2.loop!.state.doc.source === 'x' && Object.keys(n2.loop!.state.doc.admin.stray).length === 0)) {
  world.run(1);
  if (++i > 3000) throw new Error('never');
}
console.log('cut n1>n2 at', world.agenda.nowMs);
show();
cut(world, 'n1', 'n2');
i = 0;
while (Object.values(n1.loop!.state.doc.voters).reduce((a, b) => a + b) < 5) {
  world.run(1);
  if (++i > 900) {
    console.log('votes late');
    break;
  }
}
console.log('votes done at', world.agenda.nowMs);
show();
split(world, ['n2', 'n3']);
try {
  world.run(20_000);
} catch (e) {
  console.log('VIOLATION', (e as Error).message);
}
console.log(holders(world));
show();
for (const l of world.trace.slice(-16)) console.log(l);

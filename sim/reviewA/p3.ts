// An acknowledged change is lost: a member that has promised the next view still counts as a holder in the old one.

import type { World } from '../world/world.ts';
import { clusterOf, cut, db, worldOf } from './stage.ts';

const ids = ['n1', 'n2', 'n3', 'n4', 'n5'];
function slow(world: World, from: string, to: string, delayMs: number) {
  return (
    world.begin({ kind: 'packets', from, to, link: null, how: 'slow', probability: 1, delayMs, atMs: 0, forMs: 0 }) ??
    (() => undefined)
  );
}
let lost = 0;
let acked = 0;
let runs = 0;
for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  for (let D = 640; D < 800; D += 12) {
    const after = 0;
    const answers: boolean[] = [];
    const world = worldOf(
      clusterOf(ids, [db()]),
      [
        {
          name: 'see',
          answered: (_w, _c, a) => {
            answers.push(a.ok);
          },
        },
      ],
      seed,
    );
    world.host('n1').powerOn();
    world.host('n5').powerOn();
    world.host('n4').powerOn();
    world.run(700);
    world.bootAll();
    world.run(6000 + after);
    const lead = world.host('n1').loop?.state.installed?.coordinator;
    const C = lead ?? '';
    const [A = '', P = '', Q = '', R = ''] = ids.filter((id) => id !== C);
    const both = (a: string, b: string) => [cut(world, a, b), cut(world, b, a)];
    const ends = [...both(C, A), ...both(R, A), ...both(R, P), ...both(R, Q)];
    world.run(300);
    // wait for a beat of n1
    const n1 = world.host(C);
    const seq = n1.loop!.state.beatSeq;
    while (n1.loop!.state.beatSeq === seq) world.run(1);
    world.run(5);
    ends.push(cut(world, C, Q), slow(world, C, P, D), slow(world, P, A, 40));
    world.command(C, { kind: 'run', service: 'db', wanted: 'stopped', because: 'an operator' });
    world.run(500);
    ends.push(cut(world, Q, C));
    world.run(1000);
    const early = answers.slice();
    for (const end of ends) end();
    world.run(10_000);
    runs++;
    const stopped = ids.map((id) => 'db' in (world.host(id).loop?.state.doc.admin.stopped ?? {}));
    if (early[0] === true) acked++;
    if (answers[0] === true && stopped.includes(false)) {
      lost++;
      if (lost === 1) {
        console.log('seed', seed, 'D', D, answers, stopped);
        for (const l of world.trace.filter((l) => Number(l.trim().split(' ')[0]) > 6).slice(0, 22)) console.log(l);
      }
    }
  }
console.log(`${runs} runs, ${acked} acknowledged in time, ${lost} of them lost`);

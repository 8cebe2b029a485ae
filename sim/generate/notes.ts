/** Daemons whose notes are lost because /run is full: their next life knows nothing of the views that it was in, and of what it expects. */
import type { Cluster, NodeId } from '../../src/core/model.ts';
import type { Fault } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';
import { drawCommand } from './commands.ts';
import { ask, drawFrom, isolate, type Plot, share } from './plots.ts';

const because = 'drawn by the simulator';

const restart = (node: NodeId, atMs: number, forMs: number): Fault => ({ kind: 'crashDaemon', node, atMs, forMs });

/** It is restarted more than once, while operators go on, and it may be out of reach. */
const forgetful: Plot = (scene) => {
  const { prng, cluster, node, others, atMs, forMs } = scene;
  const faults: Fault[] = [{ kind: 'runFull', node, atMs, forMs }];
  let nextMs = atMs;
  for (let i = prng.between(1, 3); i > 0; i--) {
    nextMs += share(scene, 0.2, 2);
    const awayMs = prng.chance(0.5) ? prng.between(5, 100) : share(scene, 0.2, 3);
    if (prng.chance(0.6)) faults.push(ask(prng.pick(others), nextMs - prng.below(300), drawCommand(prng, cluster)));
    if (prng.chance(0.3)) faults.push(isolate(node, nextMs + prng.below(100) - 50, share(scene, 0.5, 4)));
    faults.push(restart(node, nextMs, awayMs));
    nextMs += awayMs;
  }
  return faults;
};

/** The target of a live migration forgets that it expects something, looks before that comes, and hears late what others hear of its source. */
const givenUnheard: Plot = (scene) => {
  const { prng, cluster, others, atMs } = scene;
  const { intervalMs } = cluster.heartbeat;
  const fit = cluster.services.filter(({ migrates, on }) => migrates && on.length > 1);
  if (fit.length === 0) return forgetful(scene);
  const service = prng.pick(fit);
  const { id, on, startTimeoutMs } = service;
  // The first one often leads, and a member that does not hear its coordinator is none for long: it is rarely the source.
  const from = prng.pick(on.slice(1));
  const to = prng.pick(on.filter((node) => node !== from));
  const move = (node: NodeId, whenMs: number): Fault =>
    ask(prng.pick(others), whenMs, { kind: 'move', service: id, to: node, because });
  const giveMs = atMs + share(scene, 2, 4);
  // An order is carried out once a majority has it on disk.
  const beginsMs = giveMs + intervalMs * (1 + prng.next()) + prng.between(0, 60);
  const hangs = prng.chance(0.5);
  const restartMs = hangs ? beginsMs + startTimeoutMs - share(scene, 0.1, 1) : beginsMs + prng.between(0, 60);
  const hang = { kind: 'agent', node: from, service: id, verb: 'migrateTo', how: 'hang' } as const;
  const lost = { kind: 'packets', from, to, link: null, how: 'lose', probability: 1, delayMs: 0 } as const;
  const unwantedMs = prng.between(giveMs, restartMs);
  return [
    move(from, atMs),
    { kind: 'runFull', node: to, atMs: giveMs - 10, forMs: restartMs - giveMs + share(scene, 0, 4) },
    ...(hangs ? [{ ...hang, atMs: giveMs, forMs: share(scene, 2, 4) }] : []),
    move(to, giveMs),
    restart(to, restartMs, prng.between(5, 40)),
    { ...lost, atMs: restartMs, forMs: share(scene, 0.5, 2) },
    prng.chance(0.5)
      ? ask(prng.pick(others), unwantedMs, { kind: 'standby', node: to, on: true, because })
      : move(prng.pick(on), unwantedMs),
  ];
};

export const drawNotes = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): readonly Fault[] =>
  drawFrom([forgetful, givenUnheard], prng, cluster, beginMs, healAtMs);

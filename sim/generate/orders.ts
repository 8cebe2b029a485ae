/** What operators ask for, at the moments at which it is hardest to carry out. They come in a few seeds, beside everything else. */
import { type Cluster, isGuarded, type NodeId } from '../../src/core/model.ts';
import type { Command } from '../../src/core/ports.ts';
import type { Fault } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';
import { ask, drawFrom, isolate, type Plot, share } from './plots.ts';
import { shuffled } from './services.ts';

const because = 'drawn by the simulator';

/** A service is moved, and moved again to another node while the first of them has not heard of it yet. */
const changedMinds: Plot = (scene) => {
  const { prng, cluster, others, atMs } = scene;
  const movable = cluster.services.filter(({ on, clone }) => on.length > 1 && !clone);
  if (movable.length === 0) return [];
  const guarded = movable.filter(isGuarded);
  const service = prng.pick(guarded.length > 0 ? guarded : movable);
  const [to, instead] = shuffled(prng, service.on) as [NodeId, NodeId];
  const delayMs = share(scene, 0.3, 0.8);
  const at = prng.pick(others);
  const move = (node: NodeId): Command => ({ kind: 'move', service: service.id, to: node, because });
  const faults: Fault[] = [
    {
      kind: 'packets',
      from: null,
      to,
      link: null,
      how: 'slow',
      probability: 1,
      delayMs,
      atMs,
      forMs: share(scene, 4, 8),
    },
  ];
  let nextMs = atMs + share(scene, 0.5, 1);
  for (let i = prng.between(1, 3); i > 0; i--) {
    faults.push(ask(at, nextMs, move(to)));
    // The first order is under way once its node knows the document in which it was asked for.
    nextMs += delayMs * (0.9 + prng.next() * 1.5);
    faults.push(ask(at, nextMs, move(instead)));
    nextMs += share(scene, 0.5, 1.5);
  }
  return faults;
};

/** A file names watchdogs, and the machine of a node that runs something has none; later that node is lost. */
const namedAndNotThere: Plot = (scene) => {
  const { prng, cluster, node, others, atMs } = scene;
  if (cluster.nodes.every(({ watchdog }) => watchdog === null)) return [];
  const without = { ...cluster, nodes: cluster.nodes.map((each) => ({ ...each, watchdog: null })) };
  const at = prng.pick(others);
  const namedMs = atMs + share(scene, 0.5, 1.5);
  const lostMs = namedMs + share(scene, 1, 3);
  const apply = (source: string, file: Cluster): Command => ({ kind: 'apply', source, cluster: file, ifVersion: null });
  const lost = { node, atMs: lostMs, forMs: share(scene, 6, 12) };
  return [
    { kind: 'watchdog', node, how: 'missing', lateMs: 0, atMs, forMs: lostMs - atMs + lost.forMs },
    ask(at, atMs, apply('without watchdogs', without)),
    ask(at, namedMs, apply('with watchdogs', cluster)),
    prng.chance(0.3)
      ? isolate(node, lost.atMs, lost.forMs)
      : { ...lost, kind: prng.pick(['pauseDaemon', 'crashDaemon'] as const) },
  ];
};

export const drawOrders = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): readonly Fault[] =>
  drawFrom([changedMinds, namedAndNotThere], prng, cluster, beginMs, healAtMs);

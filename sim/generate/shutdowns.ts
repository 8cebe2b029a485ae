/** Nodes that an operator shuts down and starts again, with what runs there kept for them or not, and what comes in between. */
import type { Cluster, NodeId } from '../../src/core/model.ts';
import type { Fault } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';
import { drawCommand } from './commands.ts';
import { ask, drawFrom, isolate, type Plot, type Scene, share } from './plots.ts';

const because = 'drawn by the simulator';

const shutDown = ({ prng, others, node }: Scene, of: NodeId, atMs: number, awayMs: number): Fault => {
  const forMs = prng.chance(0.5) ? null : Math.max(1000, awayMs * prng.pick([0.3, 0.9, 3]));
  const keep = prng.chance(0.8);
  return ask(prng.chance(0.8) ? prng.pick(others) : node, atMs, { kind: 'shutdown', node: of, keep, forMs, because });
};

/** It is off for a while: soon after it was asked for, or when it has stopped everything; or only its daemon is. */
const away = ({ prng }: Scene, node: NodeId, atMs: number, forMs: number): Fault =>
  prng.chance(0.75) ? { kind: 'powerOff', node, atMs, forMs } : { kind: 'crashDaemon', node, atMs, forMs };

const bootedAgain: Plot = (scene) => {
  const { prng, cluster, node, others, atMs } = scene;
  const offMs = atMs + share(scene, 0.2, prng.pick([1, 6]));
  const awayMs = share(scene, 0.5, 8);
  const faults: Fault[] = [shutDown(scene, node, atMs, awayMs), away(scene, node, offMs, awayMs)];
  const during = offMs + awayMs * prng.next();
  const other = prng.pick(others);
  switch (prng.below(8)) {
    case 0:
      return [...faults, { kind: 'crashDaemon', node: other, atMs: during, forMs: share(scene, 0.1, 3) }];
    case 1:
      return [...faults, { kind: 'powerOff', node: other, atMs: during, forMs: share(scene, 0.5, 4) }];
    case 2:
      return [...faults, isolate(node, atMs - share(scene, 0, 1), share(scene, 0.5, 4))];
    case 3:
      return [...faults, isolate(other, during, share(scene, 0.5, 4))];
    case 4:
      return [...faults, ask(other, during, { kind: 'standby', node, on: prng.chance(0.3), because })];
    case 5:
      return [...faults, ask(other, during, drawCommand(prng, cluster))];
    default:
      return faults;
  }
};

/** One after the other, as for an upgrade. */
const eachInTurn: Plot = (scene) => {
  const { cluster, atMs } = scene;
  const faults: Fault[] = [];
  let nextMs = atMs;
  for (const { id } of cluster.nodes) {
    const awayMs = share(scene, 0.5, 3);
    const offMs = nextMs + share(scene, 0.5, 3);
    faults.push(shutDown(scene, id, nextMs, awayMs), away(scene, id, offMs, awayMs));
    nextMs = offMs + awayMs + share(scene, 0.5, 4);
  }
  return faults;
};

export const drawShutdowns = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): readonly Fault[] =>
  drawFrom([bootedAgain, bootedAgain, bootedAgain, eachInTurn], prng, cluster, beginMs, healAtMs);

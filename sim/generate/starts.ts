/** Starts that take long, on a node that loses its lease meanwhile. */
import type { Cluster } from '../../src/core/model.ts';
import type { Fault } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';
import { ask, drawFrom, isolate, type Plot, share } from './plots.ts';

/** It is moved, takes its whole time to start there, and others may start it as soon as they may think it stopped. */
const cutOffWhileItStarts: Plot = (scene) => {
  const { prng, cluster, atMs, deadMs } = scene;
  const able = cluster.services.filter(({ on, clone, takeover }) => on.length > 1 && !clone && takeover !== 'nothing');
  const slow = able.filter(({ startTimeoutMs }) => startTimeoutMs > 2 * deadMs);
  if (able.length === 0) return [];
  const service = prng.pick(slow.length > 0 ? slow : able);
  const { id, on } = service;
  const node = prng.pick(on.slice(1));
  const forMs = share(scene, 4, 9);
  const cutMs = atMs + prng.between(100, 500) + share(scene, 0, 0.5);
  const hang: Fault = { kind: 'agent', node, service: id, verb: 'start', how: 'hang', atMs: atMs - 100, forMs };
  const move = ask(node, atMs, { kind: 'move', service: id, to: node, because: 'drawn by the simulator' });
  return [hang, move, isolate(node, cutMs, forMs)];
};

export const drawStarts = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): readonly Fault[] =>
  drawFrom([cutOffWhileItStarts], prng, cluster, beginMs, healAtMs);

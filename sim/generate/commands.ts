/** Draws what operators ask for. */
import type { Cluster, Service } from '../../src/core/model.ts';
import type { Command } from '../../src/core/ports.ts';
import type { Prng } from '../world/prng.ts';

const because = 'drawn by the simulator';

const verbs = [
  'standby',
  'online',
  'move',
  'clear',
  'stop',
  'start',
  'cleanup',
  'apply',
  'fence',
  'disarm',
  'arm',
  'maintain',
  'maintained',
] as const;

export function drawCommand(prng: Prng, cluster: Cluster): Command {
  const target = prng.pick(cluster.services);
  const node = prng.pick(cluster.nodes).id;
  switch (prng.pick(verbs)) {
    case 'standby':
      return { kind: 'standby', node, on: true, because };
    case 'online':
      return { kind: 'standby', node, on: false, because };
    case 'move':
      return { kind: 'move', service: target.id, to: prng.chance(0.5) ? null : prng.pick(target.on), because };
    case 'clear':
      return { kind: 'clear', service: target.id, because };
    case 'apply':
      return redefine(cluster, target, prng.between(2, 9));
    case 'stop':
      return { kind: 'run', service: target.id, wanted: 'stopped', because };
    case 'start':
      return { kind: 'run', service: target.id, wanted: 'started', because };
    case 'cleanup':
      return { kind: 'cleanup', service: target.id, node: null };
    case 'fence':
      return { kind: 'fence', node, because };
    case 'disarm':
      return { kind: 'disarm', forMs: prng.pick([2000, 5000, 600_000]), because };
    case 'arm':
      return { kind: 'arm', because };
    case 'maintain':
      return maintain(prng, node, target, true);
    case 'maintained':
      return maintain(prng, node, target, false);
  }
}

/** One that leaves something to be found in the document. */
export function drawLasting(prng: Prng, cluster: Cluster): Command {
  const service = prng.pick(cluster.services).id;
  const node = prng.pick(cluster.nodes).id;
  const on = prng.chance(0.75);
  return prng.chance(0.5)
    ? { kind: 'standby', node, on, because }
    : { kind: 'run', service, wanted: on ? 'stopped' : 'started', because };
}

const maintain = (prng: Prng, node: string, service: Service, on: boolean): Command =>
  prng.chance(0.5)
    ? { kind: 'maintain', node, service: null, on, because }
    : { kind: 'maintain', node: null, service: service.id, on, because };

/** The same cluster with another definition of one service. */
function redefine(cluster: Cluster, target: Service, edition: number): Command {
  const digest = `${target.id}-${edition}`;
  const services = cluster.services.map((each) => (each === target ? { ...each, digest } : each));
  return { kind: 'apply', source: digest, cluster: { ...cluster, services }, ifVersion: null };
}

/** Live migrations, and what goes wrong at each of their steps: an operator asks for them, and a moment later something happens. */
import type { Cluster, NodeId, Service } from '../../src/core/model.ts';
import type { Fault } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';
import { ask, drawFrom, isolate, type Plot, type Scene, share } from './plots.ts';

const because = 'drawn by the simulator';

const journeys: Plot = (scene) => {
  const { prng, cluster, atMs } = scene;
  const travellers = cluster.services.filter(({ migrates, on }) => migrates && on.length > 1);
  if (travellers.length === 0) return [];
  const service = prng.pick(travellers);
  const faults: Fault[] = [...badAgents(scene, service)];
  let nextMs = atMs;
  for (let i = prng.between(2, 5); i > 0; i--) {
    faults.push(departure(scene, service, nextMs));
    if (prng.chance(0.7)) faults.push(interruption(scene, service, nextMs + prng.below(prng.pick([60, 300, 1500]))));
    nextMs += share(scene, 0.5, 3);
  }
  return faults;
};

function departure({ prng, cluster }: Scene, { id, on }: Service, atMs: number): Fault {
  const at = prng.pick(cluster.nodes).id;
  const node = prng.pick(on);
  if (prng.chance(0.3)) return ask(at, atMs, { kind: 'standby', node, on: prng.chance(0.6), because });
  return ask(at, atMs, { kind: 'move', service: id, to: prng.chance(0.2) ? null : node, because });
}

/** Agents that fail from the beginning. */
function badAgents({ prng, atMs, forMs }: Scene, { id, on }: Service): readonly Fault[] {
  if (prng.chance(0.5)) return [];
  const verb = prng.pick(['migrateTo', 'migrateTo', 'migrateFrom', 'migrateFrom', 'stop', 'probe'] as const);
  const how = prng.pick(['fail', 'hang', 'lie', 'pretend'] as const);
  return on
    .filter(() => prng.chance(0.6))
    .map((node) => ({ kind: 'agent', node, service: id, verb, how, atMs, forMs: verb === 'stop' ? forMs / 4 : forMs }));
}

/** Mostly one of its own nodes, or the first one, which probably coordinates. */
const nodeOf = (prng: Prng, { nodes }: Cluster, { on }: Service): NodeId =>
  prng.chance(0.7) ? prng.pick(on) : (nodes[0]?.id ?? prng.pick(on));

function interruption(scene: Scene, service: Service, atMs: number): Fault {
  const { prng, cluster } = scene;
  const { id } = service;
  const node = nodeOf(prng, cluster, service);
  const forMs = share(scene, 0.1, 4);
  switch (prng.below(9)) {
    case 0:
      return { kind: 'powerOff', node, atMs, forMs };
    case 1:
      return { kind: 'crashDaemon', node, atMs, forMs };
    case 2:
      return isolate(node, atMs, forMs);
    case 3:
      return { kind: 'pauseDaemon', node, atMs, forMs };
    case 4:
      return { kind: 'killService', node, service: id, atMs, forMs: 0 };
    case 5:
      return ask(node, atMs, { kind: 'clear', service: id, because });
    case 6:
      return ask(node, atMs, { kind: 'run', service: id, wanted: prng.pick(['stopped', 'started']), because });
    case 7:
      return { kind: 'crashDaemon', node, atMs, forMs: prng.between(10, 100) };
    default:
      return departure(scene, service, atMs);
  }
}

export const drawJourneys = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): readonly Fault[] =>
  drawFrom([journeys], prng, cluster, beginMs, healAtMs);

/** Promoted copies that have to change places, agents that fail at it, and the others that are told of it. */
import type { Cluster, Service } from '../../src/core/model.ts';
import type { Fault } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';
import { ask, drawFrom, type Plot, type Scene, share } from './plots.ts';

const because = 'drawn by the simulator';

const isPromotable = ({ promotable, on }: Service): boolean => promotable !== null && on.length > 1;

const changes: Plot = (scene) => {
  const { prng, cluster, atMs } = scene;
  const services = cluster.services.filter(isPromotable);
  if (services.length === 0) return [];
  const told = services.filter(({ notify }) => notify);
  const service = prng.pick(told.length > 0 && prng.chance(0.7) ? told : services);
  const faults: Fault[] = [];
  let nextMs = atMs;
  for (let i = prng.between(2, 5); i > 0; i--) {
    if (prng.chance(0.6)) faults.push(badAgent(scene, service, nextMs));
    faults.push(change(scene, service, nextMs));
    nextMs += share(scene, 0.5, 6);
  }
  return faults;
};

function change({ prng, cluster }: Scene, { id, on }: Service, atMs: number): Fault {
  const at = prng.pick(cluster.nodes).id;
  const node = prng.pick(on);
  if (prng.chance(0.4)) return { kind: 'killService', node, service: id, atMs, forMs: 0 };
  return ask(at, atMs, { kind: 'standby', node, on: prng.chance(0.6), because });
}

function badAgent(scene: Scene, { id, on }: Service, atMs: number): Fault {
  const { prng } = scene;
  const verb = prng.pick(['promote', 'promote', 'demote', 'notify', 'start', 'check'] as const);
  const how = prng.pick(['fail', 'fail', 'hang', 'lie', 'pretend'] as const);
  return { kind: 'agent', node: prng.pick(on), service: id, verb, how, atMs: atMs - 1, forMs: share(scene, 1, 6) };
}

export const drawPromotions = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): readonly Fault[] =>
  drawFrom([changes], prng, cluster, beginMs, healAtMs);

export const hasPromotable = ({ services }: Cluster): boolean => services.some(isPromotable);

/** Copies that nobody has ordered, or that are not there: started by hand, or found by an agent that is mistaken. */
import { type Cluster, isGuarded, type NodeId, type Service } from '../../src/core/model.ts';
import type { Fault } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';
import { drawFrom, isolate, type Plot, type Scene, share } from './plots.ts';

/** Mostly what must not run twice, where it probably runs, and somewhere else where it may. */
function placesOf({ prng, cluster }: Scene): { service: Service; at: NodeId; other: NodeId } | null {
  const services = cluster.services.filter(({ on, clone }) => on.length > 1 && !clone);
  const strict = services.filter((service) => isGuarded(service) && service.takeover === 'fencing');
  if (services.length === 0) return null;
  const service = prng.pick(strict.length > 0 ? strict : services);
  const [at = '', ...others] = service.on;
  return { service, at, other: prng.pick(others) };
}

/** Whoever runs it is lost and cannot be switched off, while somebody else looks anew and is told that it runs. */
const foundByMistake: Plot = (scene) => {
  const places = placesOf(scene);
  if (places === null) return [];
  const { service, at, other } = places;
  const { prng, cluster, atMs } = scene;
  const anewMs = atMs + share(scene, 0.9, 3.5);
  const lostMs = share(scene, 3, 8);
  const pretends = { kind: 'agent', node: other, service: service.id, verb: 'probe', how: 'pretend' } as const;
  const devices = cluster.nodes.find(({ id }) => id === at)?.fence.flat() ?? [];
  return [
    prng.chance(0.6) ? isolate(at, atMs, lostMs) : { kind: 'pauseDaemon', node: at, atMs, forMs: lostMs },
    ...devices.map((device): Fault => ({ kind: 'fenceDevice', device, how: 'fail', delayMs: 0, atMs, forMs: lostMs })),
    { ...pretends, atMs: anewMs - 100, forMs: share(scene, 0.5, 2) },
    { kind: 'crashDaemon', node: other, atMs: anewMs, forMs: share(scene, 0.02, 0.2) },
  ];
};

/**
 * One of a pair comes back with a copy that was started by hand, cannot be taken into the view, and perhaps is lost again; and the copy
 * of the view ends.
 */
const startedByHand: Plot = (scene) => {
  const places = placesOf(scene);
  if (places === null) return [];
  const { service, at, other } = places;
  const { prng, atMs } = scene;
  const awayMs = share(scene, 2, 7);
  const backMs = atMs + awayMs;
  const forMs = share(scene, 4, 8);
  const ends = [0.5, 1.5].map((part): Fault => {
    const endsMs = backMs + share(scene, part - 0.4, part + 0.8);
    return { kind: 'killService', node: at, service: service.id, atMs: endsMs, forMs: 0 };
  });
  const silence = (): 'pauseDaemon' | 'crashDaemon' => prng.pick(['pauseDaemon', 'crashDaemon'] as const);
  const again: Fault = { kind: silence(), node: other, atMs: backMs + share(scene, 0.2, 1.2), forMs };
  return [
    { kind: 'diskFull', node: at, atMs: atMs + share(scene, 0, 2), forMs: awayMs + forMs },
    { kind: silence(), node: other, atMs, forMs: awayMs },
    ...(prng.chance(0.5) ? [again] : []),
    { kind: 'meddle', node: other, service: service.id, act: 'start', atMs: backMs - share(scene, 0.05, 0.5), forMs },
    { kind: 'agent', node: other, service: service.id, verb: 'stop', how: 'fail', atMs, forMs: awayMs + forMs },
    ...ends,
  ];
};

/** `isHeard`: nothing else cuts nodes off, of whose copies nobody could know then. */
export const drawCopies = (
  prng: Prng,
  cluster: Cluster,
  isHeard: boolean,
  beginMs: number,
  healAtMs: number,
): readonly Fault[] =>
  drawFrom([cluster.nodes.length === 2 && isHeard ? startedByHand : foundByMistake], prng, cluster, beginMs, healAtMs);

import { type Cluster, plainCluster, plainTraits, type Service, stickinessMax } from '../../src/core/model.ts';
import type { Check } from '../world/world.ts';
import { World } from '../world/world.ts';

export const db = (patch: Partial<Service> = {}): Service => ({
  ...plainTraits,
  id: 'db',
  resource: { kind: 'command', argv: ['db'], env: {}, directory: '/', stopSignal: 'SIGTERM', checkArgv: null },
  on: ['n1', 'n2', 'n3'],
  instances: 1,
  clone: false,
  needs: [],
  with: [],
  stickiness: stickinessMax,
  check: { everyMs: 1000, timeoutMs: 500 },
  startTimeoutMs: 1000,
  stopTimeoutMs: 500,
  failures: { max: 3, forgetMs: null },
  takeover: 'fencing',
  digest: 'db-1',
  ...patch,
});

export function clusterOf(ids: readonly string[], services: readonly Service[], patch: Partial<Cluster> = {}): Cluster {
  const places = ids.map((id) => ({ id, links: [{ address: `10.0.0.${id.slice(1)}`, prefix: 24 }] }));
  const plain = plainCluster('test', { intervalMs: 200, deadMs: 1000, port: 7354 }, places, services);
  return { ...plain, quorum: { ...plain.quorum, startWaitMs: 1000 }, ...patch };
}

export const worldOf = (cluster: Cluster, checks: readonly Check[] = [], seed = 1): World =>
  new World(cluster, seed, checks);

export const holders = (world: World, id = 'db'): string[] =>
  [...world.hosts.values()].filter((host) => host.running.has(id)).map((host) => host.id);

export function cut(world: World, from: string, to: string): () => void {
  return world.begin({ kind: 'cut', from, to, link: null, atMs: 0, forMs: 0 }) ?? (() => undefined);
}

export function split(world: World, side: readonly string[]): void {
  for (const a of side)
    for (const b of world.hosts.keys())
      if (!side.includes(b)) {
        cut(world, a, b);
        cut(world, b, a);
      }
}

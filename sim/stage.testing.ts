/** A small cluster in the simulator, and what tests of one story about it share. */
import {
  type Cluster,
  type FenceDevice,
  type NodeId,
  plainCluster,
  plainTraits,
  type Service,
  type ServiceId,
  stickinessMax,
} from '../src/core/model.ts';
import type { NodeState } from '../src/core/state.ts';
import { assert, must } from '../src/lib/assert.ts';
import type { Host } from './world/host.ts';
import type { World } from './world/world.ts';

/** Guarded by fencing unless told otherwise. */
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

export const three: readonly NodeId[] = ['n1', 'n2', 'n3'];
export const five: readonly NodeId[] = [...three, 'n4', 'n5'];

export function clusterOf(nodes: readonly NodeId[], services: readonly Service[]): Cluster {
  const places = nodes.map((id) => ({ id, links: [{ address: `10.0.0.${id.slice(1)}`, prefix: 24 }] }));
  const plain = plainCluster('test', { intervalMs: 200, deadMs: 1000, port: 7354 }, places, services);
  return { ...plain, quorum: { ...plain.quorum, startWaitMs: 1000 } };
}

export const device: FenceDevice = {
  id: 'ipmi',
  agent: 'sim',
  params: {},
  plugs: {},
  timeoutMs: 5000,
  delayMs: 0,
  verify: true,
  unfence: false,
};

export const holders = (world: World, id: ServiceId): NodeId[] =>
  [...world.hosts.values()].filter((host) => host.running.has(id)).map((host) => host.id);

export const stateOf = (world: World, node: NodeId): NodeState =>
  must(world.host(node).loop, `a loop on ${node}`).state;

/** Who leads the view that this node is in. */
export const leadOf = (world: World, node: NodeId): Host =>
  world.host(must(stateOf(world, node).installed, `a view of ${node}`).coordinator);

export function apply(world: World, at: NodeId, cluster: Cluster): void {
  world.command(at, { kind: 'apply', source: 'new', cluster, ifVersion: null });
}

export const hasNewFile = (world: World, node: NodeId): boolean => stateOf(world, node).doc.source === 'new';

/** Runs to the first millisecond at which this is so, but no further than `limitMs`. Returns whether it came to be so. */
export function runUntil(world: World, isSo: () => boolean, limitMs = 3000): boolean {
  for (let i = 0; i < limitMs && !isSo(); i++) world.run(1);
  return isSo();
}

/** Nothing of what `from` sends arrives at `to`, until the end that is returned. */
export function cut(world: World, from: NodeId, to: NodeId): () => void {
  return must(world.begin({ kind: 'cut', from, to, link: null, atMs: 0, forMs: 0 }), 'an end of the cut');
}

export const cutBoth = (world: World, a: NodeId, b: NodeId): (() => void)[] => [cut(world, a, b), cut(world, b, a)];

/** Nothing passes between this side and all others. */
export function split(world: World, side: readonly NodeId[]): void {
  for (const a of side) for (const b of world.hosts.keys()) if (!side.includes(b)) cutBoth(world, a, b);
}

export function isolate(world: World, node: NodeId): void {
  world.begin({ kind: 'isolate', node, link: null, atMs: 0, forMs: 0 });
}

/** The coordinator and `node` are cut off together, just as the file is applied. Returns all others, which never hear of it. */
export function applyAsOnlyLeadAndOneHear(world: World, node: NodeId, cluster: Cluster): readonly NodeId[] {
  const lead = leadOf(world, node).id;
  assert(lead !== node, `${node} does not lead`);
  const others = [...world.hosts.keys()].filter((id) => id !== lead && id !== node);
  for (const from of [lead, node]) for (const to of others) cut(world, from, to);
  apply(world, lead, cluster);
  assert(
    runUntil(world, () => hasNewFile(world, node), 900),
    `${node} has the file`,
  );
  return others;
}

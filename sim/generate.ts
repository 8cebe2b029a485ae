/** Draws a world and its faults from one seed: every seed is another cluster, another set of things that can go wrong. */
import type { Cluster, ClusterNode, Resource, Service, Takeover } from '../src/core/model.ts';
import { plainCluster, stickinessMax } from '../src/core/model.ts';
import type { Command, Verb } from '../src/core/ports.ts';
import type { Fault, SimPlan } from './world/faults.ts';
import { type Prng, prngFrom } from './world/prng.ts';

export function generateCluster(seed: number): Cluster {
  const prng = prngFrom(seed, 'cluster');
  const nodeCount = prng.between(3, 5);
  const linkCount = prng.between(1, 2);
  const intervalMs = prng.pick([100, 200, 200, 500]);
  const nodes = Array.from({ length: nodeCount }, (_, i) => node(i + 1, linkCount));
  const names = nodes.map((each) => each.id);
  const services: Service[] = [];
  const count = prng.between(1, 6);
  for (let i = 1; i <= count; i++) services.push(service(prng.fork(`service ${i}`), `s${i}`, names, services));
  const heartbeat = { intervalMs, deadMs: intervalMs * prng.between(5, 8), port: 7354 };
  return plainCluster('sim', heartbeat, nodes, services);
}

function node(number: number, linkCount: number): Pick<ClusterNode, 'id' | 'links'> {
  const links = Array.from({ length: linkCount }, (_, link) => ({ address: `10.${link}.0.${number}`, prefix: 24 }));
  return { id: `n${number}`, links };
}

function service(prng: Prng, id: string, nodes: readonly string[], former: readonly Service[]): Service {
  const on = shuffled(prng, nodes).slice(0, prng.between(Math.min(2, nodes.length), nodes.length));
  const kind = prng.pick(['command', 'command', 'address', 'balance'] as const);
  const clone = kind !== 'address' && prng.chance(0.25);
  const takeover: Takeover =
    clone || kind !== 'command' ? 'nothing' : prng.pick(['lease', 'lease', 'nothing', 'fencing'] as const);
  const needs = former.filter(() => prng.chance(0.2)).map((other) => other.id);
  // Only services that may be together: a colocation that leaves no common node is a mistake of the file.
  const home = (other: Service): string => {
    const target = former.find((each) => each.id === other.with[0]);
    return target === undefined ? (other.on[0] ?? '') : home(target);
  };
  const fits = (other: Service): boolean => on.every((name) => other.on.includes(name)) && on.includes(home(other));
  const with_ = former.filter((other) => prng.chance(0.2) && fits(other) && !clone && !other.clone);
  return {
    id,
    resource: resource(kind, id, on),
    on,
    instances: clone ? prng.between(1, on.length) : 1,
    clone,
    needs,
    with: with_.slice(0, 1).map((other) => other.id),
    stickiness: prng.pick([0, 50, stickinessMax]),
    check: { everyMs: prng.pick([1000, 3000]), timeoutMs: 2000 },
    startTimeoutMs: 2000,
    stopTimeoutMs: 1000,
    failures: { max: 3, forgetMs: 8000 },
    takeover,
    digest: `${id}-1`,
  };
}

function resource(kind: 'command' | 'address' | 'balance', id: string, nodes: readonly string[]): Resource {
  if (kind === 'address')
    return {
      kind,
      address: `10.0.0.1${id.slice(1)}`,
      prefix: 24,
      family: 4,
      interface: null,
      probeMs: 50,
      drainMs: 1000,
    };
  if (kind === 'command') return { kind, argv: [id], env: {}, directory: '/', stopSignal: 'SIGTERM', checkArgv: null };
  return {
    kind,
    engine: 'haproxy',
    mode: 'http',
    listen: { address: null, port: 80 },
    algorithm: 'roundrobin',
    servers: nodes.map((name) => ({ id: name, node: name, address: '10.0.0.1', port: 80, weight: 1 })),
    check: { kind: 'tcp', method: 'GET', path: '/', everyMs: 1000, timeoutMs: 500, rise: 1, fall: 1 },
    connectTimeoutMs: 100,
    idleTimeoutMs: 1000,
    forwardFor: false,
    cookie: null,
    stats: null,
  };
}

function shuffled<T>(prng: Prng, items: readonly T[]): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = prng.below(i + 1);
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}

const faultKinds = [
  'powerOff',
  'crashDaemon',
  'pauseDaemon',
  'cut',
  'isolate',
  'lossy',
  'slow',
  'killService',
  'agent',
  'diskFull',
  'command',
] as const;

type FaultKind = (typeof faultKinds)[number];

/** Swarm: each seed also chooses which kinds of fault exist at all. A world with only pauses finds other bugs. */
export function generatePlan(seed: number, cluster: Cluster): SimPlan {
  const prng = prngFrom(seed, 'faults');
  const kinds = faultKinds.filter(() => prng.chance(0.5));
  const { deadMs } = cluster.heartbeat;
  const beginMs = deadMs * 4 + 2000;
  const healAtMs = beginMs + deadMs * 15;
  const faults: Fault[] = [];
  const count = kinds.length === 0 ? 0 : prng.between(1, 16);
  for (let i = 0; i < count; i++) {
    const own = prng.fork(`fault ${i}`);
    faults.push(draw(own, own.pick(kinds), cluster, beginMs, healAtMs));
  }
  return { seed, healAtMs, faults };
}

function draw(prng: Prng, kind: FaultKind, cluster: Cluster, beginMs: number, healAtMs: number): Fault {
  const { deadMs } = cluster.heartbeat;
  const names = cluster.nodes.map((each) => each.id);
  const atMs = prng.between(beginMs, healAtMs - 1);
  const forMs = Math.min(healAtMs - atMs, prng.pick([deadMs / 4, deadMs, deadMs * 2, deadMs * 6]) + prng.below(deadMs));
  const when = { atMs, forMs };
  const link = prng.chance(0.5) ? null : prng.below(cluster.nodes[0]?.links.length ?? 1);
  const at = prng.pick(names);
  const target = prng.pick(cluster.services);
  switch (kind) {
    case 'powerOff':
    case 'pauseDaemon':
    case 'diskFull':
      return { ...when, kind, node: at };
    case 'crashDaemon':
      return { ...when, forMs: Math.min(forMs, 300 + prng.below(deadMs * 2)), kind, node: at };
    case 'cut':
      return { ...when, kind, from: at, to: prng.pick(names.filter((name) => name !== at)), link };
    case 'isolate':
      return { ...when, kind, node: at, link };
    case 'lossy':
      return { ...when, kind, probability: prng.pick([0.05, 0.2, 0.5]) };
    case 'slow':
      return { ...when, kind, delayMs: prng.pick([20, 100, deadMs / 2, deadMs]) };
    case 'killService':
      return { ...when, kind, node: at, service: target.id };
    case 'agent': {
      const verb = prng.pick<Verb>(['start', 'stop', 'check', 'probe', 'reload']);
      return { ...when, kind, node: at, service: target.id, verb, how: prng.pick(['fail', 'hang', 'lie']) };
    }
    case 'command':
      return { ...when, kind, node: at, command: command(prng, cluster) };
  }
}

/** The same cluster with another definition of one service. */
function redefine(cluster: Cluster, target: Service, edition: number): Command {
  const digest = `${target.id}-${edition}`;
  const services = cluster.services.map((each) => (each === target ? { ...each, digest } : each));
  return { kind: 'apply', source: digest, cluster: { ...cluster, services }, ifVersion: null };
}

function command(prng: Prng, cluster: Cluster): Command {
  const target = prng.pick(cluster.services);
  const because = 'drawn by the simulator';
  switch (prng.pick(['standby', 'online', 'move', 'stop', 'start', 'cleanup', 'apply'])) {
    case 'standby':
      return { kind: 'standby', node: prng.pick(cluster.nodes).id, on: true, because };
    case 'online':
      return { kind: 'standby', node: prng.pick(cluster.nodes).id, on: false, because };
    case 'move':
      return { kind: 'move', service: target.id, to: prng.chance(0.5) ? null : prng.pick(target.on), because };
    case 'apply':
      return redefine(cluster, target, prng.between(2, 9));
    case 'stop':
      return { kind: 'run', service: target.id, wanted: 'stopped', because };
    case 'start':
      return { kind: 'run', service: target.id, wanted: 'started', because };
    default:
      return { kind: 'cleanup', service: target.id, node: null };
  }
}

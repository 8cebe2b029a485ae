/** The kinds of cluster that are simulated. Each can be run alone: `npm run sim -- --world two-fence`. */
import { withAllCopies } from '../../src/core/copies.ts';
import {
  type Cluster,
  type ClusterNode,
  type FenceDevice,
  noFencing,
  plainNode,
  plainQuorum,
  type QuorumRules,
  type Service,
  type Takeover,
} from '../../src/core/model.ts';
import { type Prng, prngFrom } from '../world/prng.ts';
import { drawDated } from './dated.ts';
import { drawRules } from './rules.ts';
import {
  drawAnswers,
  drawMachine,
  drawMigrations,
  drawNotices,
  drawRoles,
  drawServices,
  drawUniques,
} from './services.ts';

export interface WorldKind {
  readonly name: string;
  /** How often it is drawn, against the others; 0: only by name. */
  readonly weight: number;
  draw(prng: Prng): Shape;
}

interface Shape {
  readonly count: readonly [number, number];
  readonly votes?: readonly number[];
  readonly witness?: boolean;
  readonly quorum?: Partial<QuorumRules>;
  readonly devices?: 'none' | 'board' | 'supplies' | 'both';
  readonly watchdogs?: boolean;
  readonly takeovers?: readonly Takeover[];
  readonly migrates?: boolean;
  readonly uniques?: boolean;
  readonly guests?: boolean;
  readonly dated?: boolean;
}

const ofAll: readonly Takeover[] = ['lease', 'lease', 'nothing', 'fencing'];
const mostlyFencing: readonly Takeover[] = ['fencing', 'fencing', 'fencing', 'lease', 'nothing'];
const devices = ['board', 'supplies', 'both'] as const;

/** Address on link 0's network that tells a live network from a dead one. */
export const pingTargets: readonly string[] = ['10.0.0.253', '10.0.0.254'];

export const worldKinds: readonly WorldKind[] = [
  { name: 'plain', weight: 6, draw: () => ({ count: [3, 5] }) },
  {
    name: 'votes',
    weight: 2,
    draw: (prng) => ({
      count: [3, 5],
      votes: prng.pick([
        [0, 1, 2],
        [1, 1, 2],
        [1, 3],
        [0, 1],
      ]),
    }),
  },
  { name: 'single', weight: 1, draw: () => ({ count: [1, 1] }) },
  { name: 'two-none', weight: 1, draw: () => ({ count: [2, 2], quorum: { tie: 'none' } }) },
  {
    name: 'two-fence',
    weight: 3,
    draw: (prng) => ({
      count: [2, 2],
      quorum: {
        tie: 'fence',
        prefer: prng.pick([null, null, 'n1', 'n2']),
        headStartMs: prng.pick([500, 2000, 5000, 5000]),
        ping: prng.chance(0.4) ? pingTargets : [],
      },
      devices: prng.pick(devices),
      watchdogs: prng.chance(0.4),
      takeovers: mostlyFencing,
    }),
  },
  {
    name: 'two-ping',
    weight: 2,
    draw: (prng) => ({
      count: [2, 2],
      quorum: { tie: 'ping', ping: pingTargets.slice(0, prng.between(1, 2)) },
      devices: prng.chance(0.5) ? prng.pick(devices) : 'none',
      watchdogs: prng.chance(0.5),
      takeovers: ofAll,
    }),
  },
  {
    name: 'two-witness',
    weight: 2,
    draw: (prng) => ({
      count: [2, 2],
      witness: true,
      devices: prng.chance(0.5) ? prng.pick(devices) : 'none',
      watchdogs: prng.chance(0.5),
    }),
  },
  {
    name: 'fence',
    weight: 2,
    draw: (prng) => ({
      count: [3, 5],
      devices: prng.pick(devices),
      watchdogs: prng.chance(0.3),
      takeovers: mostlyFencing,
    }),
  },
  { name: 'watchdog', weight: 2, draw: () => ({ count: [3, 5], watchdogs: true, takeovers: mostlyFencing }) },
  {
    name: 'freeze',
    weight: 1,
    draw: (prng) => ({ count: [2, 5], quorum: { noQuorum: 'freeze' }, devices: prng.chance(0.5) ? 'board' : 'none' }),
  },
  {
    // In the others some services migrate too, in fewer seeds.
    name: 'migrations',
    weight: 0,
    draw: (prng) => ({
      count: [2, 4],
      devices: prng.chance(0.4) ? prng.pick(devices) : 'none',
      takeovers: ['lease', 'lease', 'fencing'],
      migrates: true,
    }),
  },
  {
    name: 'unique',
    weight: 0,
    draw: (prng) => ({ count: [2, 5], devices: prng.chance(0.3) ? prng.pick(devices) : 'none', uniques: true }),
  },
  {
    name: 'guest',
    weight: 0,
    draw: (prng) => ({
      count: [2, 4],
      quorum: prng.pick<Partial<QuorumRules>>([{ tie: 'fence' }, { tie: 'none' }]),
      devices: prng.chance(0.8) ? prng.pick(devices) : 'none',
      watchdogs: prng.chance(0.2),
      takeovers: mostlyFencing,
      guests: true,
    }),
  },
  {
    name: 'dated',
    weight: 0,
    draw: (prng) => ({ count: [2, 5], devices: prng.chance(0.3) ? prng.pick(devices) : 'none', dated: true }),
  },
  {
    name: 'ignore',
    weight: 1,
    draw: (prng) => ({ count: [2, 4], quorum: { noQuorum: 'ignore' }, devices: prng.chance(0.5) ? 'board' : 'none' }),
  },
];

/** Which kind a seed is, where none was asked for. */
export function worldOf(seed: number): WorldKind {
  let place = prngFrom(seed, 'world').below(worldKinds.reduce((sum, kind) => sum + kind.weight, 0));
  for (const kind of worldKinds) {
    if (place < kind.weight) return kind;
    place -= kind.weight;
  }
  throw new RangeError('no kind of world has any weight');
}

export function generateCluster(seed: number, kind: WorldKind): Cluster {
  const prng = prngFrom(seed, `cluster ${kind.name}`);
  const shape = kind.draw(prng.fork('shape'));
  const nodeCount = prng.between(...shape.count);
  const linkCount = prng.between(1, 2);
  const intervalMs = prng.pick([100, 200, 200, 500]);
  const deadMs = intervalMs * prng.between(5, 8);
  const names = Array.from({ length: nodeCount }, (_, i) => `n${i + 1}`);
  const takeovers = shape.takeovers ?? ofAll;
  const guests = shape.guests === true ? drawGuests(prngFrom(seed, 'guests'), names, linkCount) : noGuests;
  const places = [...names, ...guests.nodes.map(({ id }) => id)];
  const drawn = drawRoles(prngFrom(seed, 'roles'), drawServices(prng, places, takeovers), takeovers);
  const movers = drawMigrations(prngFrom(seed, 'migrations'), drawn, shape.migrates === true);
  const plain = drawNotices(prngFrom(seed, 'notices'), movers);
  const power = drawFencing(prng.fork('fencing'), shape, names, deadMs);
  const answering = drawAnswers(prngFrom(seed, 'answers'), plain, power.devices.length > 0);
  const dated = shape.dated === true ? drawDated(prngFrom(seed, 'dated'), answering) : answering;
  const services = shape.uniques === true ? drawUniques(prngFrom(seed, 'uniques'), dated) : dated;
  const nodes = names.map((id, i) => ({
    ...plainNode(id, linksOf(i + 1, linkCount), 7354),
    votes: shape.votes?.[i % shape.votes.length] ?? 1,
    watchdog: power.watchdogs.get(id) ?? null,
    fence: power.levels.get(id) ?? [],
  }));
  const all = [...nodes, ...guests.nodes];
  const cluster: Cluster = {
    name: 'sim',
    heartbeat: { intervalMs, deadMs, port: 7354 },
    quorum: { ...plainQuorum, headStartMs: 1000, startWaitMs: prng.pick([1000, 3000, 3000, null]), ...shape.quorum },
    nodes: shape.witness === true ? [...all, witness(nodeCount + 1, linkCount)] : all,
    fencing: { ...noFencing, devices: power.devices, powerOn: prng.chance(0.7), tries: prng.between(1, 4) },
    services: [...guests.machines, ...services],
    rules: drawRules(prngFrom(seed, 'rules'), services),
  };
  return withAllCopies(cluster, (service) => service);
}

const noGuests = { nodes: [], machines: [] };

/** One or two, each in a machine of its own, which is slow to stop and may move live. */
function drawGuests(
  prng: Prng,
  hosts: readonly string[],
  linkCount: number,
): { readonly nodes: readonly ClusterNode[]; readonly machines: readonly Service[] } {
  const numbers = Array.from({ length: prng.between(1, 2) }, (_, i) => hosts.length + 1 + i);
  return {
    nodes: numbers.map((number) => ({
      ...plainNode(`n${number}`, linksOf(number, linkCount), 7354),
      votes: 0,
      guest: `vm${number}`,
    })),
    machines: numbers.map((number) => drawMachine(prng, `vm${number}`, hosts)),
  };
}

const linksOf = (number: number, linkCount: number): ClusterNode['links'] =>
  Array.from({ length: linkCount }, (_, link) => ({ address: `10.${link}.0.${number}`, prefix: 24 }));

const witness = (number: number, linkCount: number): ClusterNode => ({
  ...plainNode('w', linksOf(number, linkCount), 7354),
  witness: true,
});

interface PowerShape {
  readonly devices: readonly FenceDevice[];
  readonly levels: ReadonlyMap<string, ClusterNode['fence']>;
  readonly watchdogs: ReadonlyMap<string, ClusterNode['watchdog']>;
}

/** A board in each machine, two power strips that feed them all, or first the one and then the other. */
function drawFencing(prng: Prng, shape: Shape, names: readonly string[], deadMs: number): PowerShape {
  const kind = shape.devices ?? 'none';
  const verify = !prng.chance(0.4);
  const timeoutMs = prng.pick([2000, 2000, 5000, 20_000]);
  const delayMs = prng.pick([0, 0, 500]);
  const device = (id: string, plugs: FenceDevice['plugs']): FenceDevice => ({
    id,
    agent: 'fence_sim',
    params: {},
    plugs,
    delayMs,
    timeoutMs,
    verify,
    unfence: false,
  });
  const hasBoards = kind === 'board' || kind === 'both';
  const hasStrips = kind === 'supplies' || kind === 'both';
  const boards = hasBoards ? names.map((name) => device(`board-${name}`, {})) : [];
  const plugs = Object.fromEntries(names.map((name, i) => [name, [String(i + 1)]]));
  const strips = hasStrips ? [device('strip-a', plugs), device('strip-b', plugs)] : [];
  const level = (name: string): ClusterNode['fence'] => [
    ...(hasBoards ? [[`board-${name}`]] : []),
    ...(hasStrips ? [['strip-a', 'strip-b']] : []),
  ];
  const watchdog = { device: '/dev/watchdog', timeoutMs: Math.ceil(deadMs * prng.pick([1, 2, 3])) };
  return {
    devices: [...boards, ...strips],
    levels: new Map(names.map((name) => [name, level(name)])),
    watchdogs: new Map(names.map((name) => [name, shape.watchdogs === true ? watchdog : null])),
  };
}

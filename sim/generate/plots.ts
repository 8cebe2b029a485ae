/**
 * Sequences of faults that rules exist for. Chance alone meets them once in many thousands of seeds; a plot draws the sequence, and
 * leaves its times and places to chance.
 */
import type { Cluster, NodeId } from '../../src/core/model.ts';
import type { Command } from '../../src/core/ports.ts';
import type { Fault } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';
import { drawCommand, drawLasting } from './commands.ts';
import { shuffled } from './services.ts';

export interface Scene {
  readonly prng: Prng;
  readonly cluster: Cluster;
  readonly node: NodeId;
  readonly others: readonly NodeId[];
  /** When it begins, and how much time there is. */
  readonly atMs: number;
  readonly forMs: number;
  readonly deadMs: number;
}

export type Plot = (scene: Scene) => readonly Fault[];

const because = 'drawn by the simulator';

export const isolate = (node: NodeId, atMs: number, forMs: number): Fault => ({
  kind: 'isolate',
  node,
  link: null,
  atMs,
  forMs,
});
export const ask = (node: NodeId, atMs: number, command: Command): Fault => ({
  kind: 'command',
  node,
  command,
  atMs,
  forMs: 0,
});

/** A share of the loss timeout. */
export const share = ({ prng, deadMs }: Scene, from: number, to: number): number =>
  deadMs * (from + prng.next() * (to - from));

/** What reaches a node is late, and then nothing does: the last grants come when they are nearly over. */
const lateThenCut: Plot = (scene) => {
  const { node, atMs, forMs } = scene;
  const slow = {
    kind: 'packets',
    from: null,
    to: node,
    link: null,
    how: 'slow',
    probability: 1,
    delayMs: share(scene, 0.5, 0.9),
  } as const;
  const cutMs = atMs + share(scene, 1, 4);
  return [{ ...slow, atMs, forMs }, isolate(node, cutMs, share(scene, 2, 8))];
};

/** A node is held up, and cut off when it wakes: what waits in its socket looks fresh. */
const heldUpThenCut: Plot = (scene) => {
  const { node, atMs } = scene;
  const pauseMs = share(scene, 0.3, 1.3);
  return [
    { kind: 'pauseDaemon', node, atMs, forMs: pauseMs },
    isolate(node, atMs + pauseMs * scene.prng.next(), share(scene, 2, 8)),
  ];
};

/** A link that comes and goes, each time for about as long as a lease. */
const flapping: Plot = (scene) => {
  const { prng, node, others, atMs } = scene;
  const faults: Fault[] = [];
  let nextMs = atMs;
  for (let i = prng.between(2, 5); i > 0; i--) {
    const forMs = share(scene, 0.5, 2);
    const other = prng.pick(others);
    const [from, to] = prng.chance(0.5) ? [node, other] : [other, node];
    faults.push(
      prng.chance(0.5) ? isolate(node, nextMs, forMs) : { kind: 'cut', from, to, link: null, atMs: nextMs, forMs },
    );
    nextMs += forMs + share(scene, 0.02, 1.5);
  }
  return faults;
};

export const apart = (a: NodeId, b: NodeId, atMs: number, forMs: number): readonly Fault[] => [
  { kind: 'cut', from: a, to: b, link: null, atMs, forMs },
  { kind: 'cut', from: b, to: a, link: null, atMs, forMs },
];

/** The cluster falls into two parts; sometimes one of them still hears the other. */
const halves: Plot = (scene) => {
  const { prng, cluster, atMs, forMs } = scene;
  const names = shuffled(
    prng,
    cluster.nodes.map(({ id }) => id),
  );
  const count = prng.between(1, names.length - 1);
  const isDeaf = prng.chance(0.3);
  return names
    .slice(0, count)
    .flatMap((a) => names.slice(count).flatMap((b) => apart(a, b, atMs, forMs)))
    .filter((_, i) => !isDeaf || i % 2 === 0);
};

/** Two parts, and a node that changes sides between them, again and again. */
const changingSides: Plot = (scene) => {
  const { prng, node, others, atMs } = scene;
  const faults: Fault[] = [];
  const [first, ...rest] = shuffled(prng, others);
  if (first === undefined || rest.length === 0) return [];
  let nextMs = atMs;
  for (let i = prng.between(2, 8); i > 0; i--) {
    const forMs = share(scene, 0.3, prng.pick([1, 2]));
    for (const other of rest)
      faults.push(...apart(node, other, nextMs, forMs), ...(i % 2 === 0 ? [] : apart(first, other, nextMs, forMs)));
    if (i % 2 === 0) faults.push(...apart(node, first, nextMs, forMs));
    nextMs += forMs;
  }
  return faults;
};

/** The daemon dies while its node is cut off, and is back before or after its lease. */
const restartedWhileCut: Plot = (scene) => {
  const { prng, node, atMs } = scene;
  const kind = prng.pick(['crashDaemon', 'crashDaemon', 'powerOff'] as const);
  return [
    isolate(node, atMs, share(scene, 1, 8)),
    { kind, node, atMs: atMs + share(scene, 0, 1), forMs: share(scene, 0.1, 2) },
  ];
};

/** All daemons or machines are restarted at about the same time, again and again. */
const restarts: Plot = (scene) => {
  const { prng, cluster, atMs } = scene;
  const kind = prng.pick(['crashDaemon', 'powerOff', 'powerOff'] as const);
  const isSlow = prng.chance(0.5);
  const slow = cluster.nodes.flatMap(({ id }): readonly Fault[] =>
    isSlow
      ? [{ kind: 'slowDisk', node: id, delayMs: 3000, atMs: atMs - share(scene, 0, 2), forMs: share(scene, 6, 8) }]
      : [],
  );
  const shaken = prng.chance(0.5) ? flapping({ ...scene, atMs: atMs - share(scene, 1, 3) }) : [];
  const away = cluster.nodes.flatMap(({ id }) =>
    Array.from({ length: prng.between(1, 3) }, (): Fault => {
      const forMs = 100 + prng.below(400);
      return { kind, node: id, atMs: atMs + share(scene, 0, 4), forMs };
    }),
  );
  return [...slow, ...shaken, ...away];
};

/** Something is changed, and those that know of it are gone a moment later. */
const changedThenLost: Plot = (scene) => {
  const { prng, cluster, atMs } = scene;
  const faults: Fault[] = [];
  for (const { id } of cluster.nodes)
    if (prng.chance(0.5))
      faults.push({ kind: 'slowDisk', node: id, delayMs: prng.pick([50, 500, 2000]), atMs, forMs: share(scene, 1, 4) });
  const asked = prng.pick(cluster.nodes).id;
  const askedMs = atMs + share(scene, 0, 0.5);
  faults.push(ask(asked, askedMs, drawCommand(prng, cluster)));
  for (const { id } of cluster.nodes)
    if (prng.chance(0.6))
      faults.push({
        kind: 'powerOff',
        node: id,
        atMs: askedMs + prng.below(prng.pick([30, 1000])),
        forMs: share(scene, 0.2, 4),
      });
  return faults;
};

/** Mostly the first node: it probably coordinates. */
const leaderOf = ({ prng, cluster, node }: Scene): NodeId => (prng.chance(0.7) ? (cluster.nodes[0]?.id ?? node) : node);

/** Something is changed by a coordinator that is cut off, while it still may. */
const changedWhileCut: Plot = (scene) => {
  const { prng, cluster, atMs } = scene;
  const leader = leaderOf(scene);
  const asked = Array.from({ length: 3 }, () =>
    ask(leader, atMs + share(scene, -0.1, 0.9), drawLasting(prng, cluster)),
  );
  return [isolate(leader, atMs, share(scene, 3, 8)), ...asked];
};

/** Something is changed that too few disks have in time, and those are away when the rest goes on. */
const savedByOne: Plot = (scene) => {
  const { prng, cluster, atMs } = scene;
  const leader = leaderOf(scene);
  const others = cluster.nodes.map(({ id }) => id).filter((id) => id !== leader);
  // With the leader's they would be a majority.
  const quick = shuffled(prng, others).slice(0, Math.floor(cluster.nodes.length / 2));
  const slow = cluster.nodes
    .filter(({ id }) => !quick.includes(id))
    .map(({ id }) => ({
      kind: 'slowDisk' as const,
      node: id,
      delayMs: 4000,
      atMs: atMs - share(scene, 0, 1),
      forMs: share(scene, 3, 5),
    }));
  const goneMs = atMs + 10 + prng.below(prng.pick([100, 800]));
  return [
    ...slow,
    ask(leader, atMs, drawLasting(prng, cluster)),
    // What only their memory has is gone as well.
    ...slow.map(({ node }): Fault => ({ kind: 'powerOff', node, atMs: goneMs, forMs: share(scene, 0.1, 1) })),
    ...quick.map((id) => isolate(id, goneMs, share(scene, 5, 10))),
  ];
};

/** A service cannot be stopped, or only slowly, on a node that has to stop it. */
const cannotStop: Plot = (scene) => {
  const { prng, cluster, node, atMs, forMs } = scene;
  const here = cluster.services.filter(({ on }) => on[0] === node);
  const service = prng.pick(here.length > 0 && prng.chance(0.8) ? here : cluster.services).id;
  const how = prng.pick(['fail', 'hang', 'hang'] as const);
  return [
    { kind: 'agent', node, service, verb: 'stop', how, atMs, forMs },
    prng.chance(0.7)
      ? isolate(node, atMs + share(scene, 0, 0.5), share(scene, 2, 8))
      : ask(node, atMs, { kind: 'move', service, to: null, because }),
  ];
};

/** An order that was long under way arrives when its view is over and somebody else has carried it out. */
const orderFromThePast: Plot = (scene) => {
  const { prng, cluster, node, atMs } = scene;
  const here = cluster.services.filter(({ on, clone }) => on.includes(node) && !clone);
  const service = prng.pick(here.length > 0 ? here : cluster.services).id;
  const late = { from: null, to: node, link: null, how: 'slow', probability: 1, delayMs: share(scene, 4, 9) } as const;
  const lateMs = share(scene, 0.1, 0.6);
  return [
    ask(prng.pick(scene.others), atMs - prng.between(20, 300), {
      kind: 'move',
      service,
      to: prng.chance(0.8) ? node : null,
      because,
    }),
    { kind: 'packets', ...late, atMs, forMs: lateMs },
    isolate(node, atMs + lateMs, share(scene, 1.2, 3)),
  ];
};

/** A start that gives no answer, on the node that is wanted most; and the operator moves things about. */
const cannotStart: Plot = (scene) => {
  const { prng, cluster, atMs, forMs } = scene;
  const service = prng.pick(cluster.services);
  const faults: Fault[] = service.on.slice(0, prng.between(1, service.on.length)).map((node) => ({
    kind: 'agent',
    node,
    service: service.id,
    verb: 'start',
    how: prng.pick(['hang', 'lie', 'fail']),
    atMs,
    forMs,
  }));
  for (const node of service.on)
    if (prng.chance(0.5))
      faults.push({ kind: 'killService', node, service: service.id, atMs: atMs + share(scene, 0, 2), forMs: 0 });
  return [
    ...faults,
    ask(service.on[0] ?? '', atMs + share(scene, 0, 2), { kind: 'move', service: service.id, to: null, because }),
  ];
};

/** A lost node whose devices are not what they should be. */
const cannotFence: Plot = (scene) => {
  const { prng, cluster, node, atMs, forMs } = scene;
  const devices = cluster.nodes.find(({ id }) => id === node)?.fence.flat() ?? [];
  const faults = devices
    .filter(() => prng.chance(0.6))
    .map((device): Fault => {
      const how = prng.pick(['fail', 'fail', 'hang', 'pretend', 'pretend', 'blind', 'slow'] as const);
      return { kind: 'fenceDevice', device, how, delayMs: prng.pick([500, 2000]), atMs, forMs };
    });
  const lost: Fault = prng.chance(0.5)
    ? isolate(node, atMs + share(scene, 0, 0.5), share(scene, 3, 10))
    : { kind: 'pauseDaemon', node, atMs: atMs + share(scene, 0, 0.5), forMs: share(scene, 2, 10) };
  return [...faults, lost];
};

/** The two of a pair lose each other; later the one that was put out comes back while the other one is away. */
const oneAfterTheOther: Plot = (scene) => {
  const { prng, node, others, atMs } = scene;
  const other = prng.pick(others);
  const firstMs = share(scene, 3, 8);
  const backMs = atMs + firstMs + share(scene, -1, 2);
  const later = share(scene, 2, 6);
  return [
    prng.chance(0.5) ? isolate(node, atMs, firstMs) : { kind: 'powerOff', node, atMs, forMs: firstMs },
    prng.chance(0.5)
      ? { kind: 'powerOff', node: other, atMs: backMs, forMs: later }
      : { kind: 'powerOff', node: other, atMs: atMs + firstMs * 0.8, forMs: later },
    { kind: 'confirmOff', node, target: other, atMs: backMs + share(scene, 0, 2), forMs: 0 },
  ];
};

/** Rules change while a node is away. */
const changedWhileAway: Plot = (scene) => {
  const { prng, node, others, atMs } = scene;
  const at = prng.pick(others);
  const cut = isolate(node, atMs, share(scene, 4, 10));
  const beginMs = atMs - share(scene, 0, 3);
  return [
    cut,
    ask(at, Math.max(0, beginMs), { kind: 'disarm', forMs: 600_000, because }),
    ask(at, atMs + share(scene, 1.5, 4), { kind: 'arm', because }),
  ];
};

/** A watchdog that is not there, or does not do its duty in time, where it is needed. */
const unwatched: Plot = (scene) => {
  const { prng, cluster, node, atMs } = scene;
  if (cluster.nodes.every(({ watchdog }) => watchdog === null)) return [];
  const missing = { kind: 'watchdog', node, how: 'missing', lateMs: 0 } as const;
  const goneMs = Math.max(0, atMs - share(scene, 1, 2));
  return [
    // Sometimes from the beginning, so that nothing is started there; sometimes it is gone when a daemon that starts anew looks for it.
    prng.chance(0.3)
      ? { ...missing, atMs: 0, forMs: atMs + share(scene, 4, 8) }
      : { ...missing, atMs: goneMs, forMs: share(scene, 8, 12) },
    { kind: 'crashDaemon', node, atMs: goneMs + 50, forMs: 200 },
    prng.chance(0.5)
      ? { kind: 'pauseDaemon', node, atMs, forMs: share(scene, 3, 10) }
      : { kind: 'crashDaemon', node, atMs, forMs: share(scene, 3, 10) },
  ];
};

/**
 * Three nodes, of which one is always cut off: first `node`, then another one, then `node` again, which stops nothing quickly. Who led
 * at first leads again at the end, and knows nothing of what was started on `node` meanwhile.
 */
const inTurns: Plot = (scene) => {
  const { prng, cluster, node, others, atMs, forMs } = scene;
  const [leader] = shuffled(prng, others);
  if (leader === undefined || others.length !== 2) return [];
  const thenMs = atMs + share(scene, 1.5, 3);
  const againMs = thenMs + share(scene, 2, 4);
  const stops = cluster.services.filter(({ on }) => on.includes(node));
  return [
    isolate(node, atMs, thenMs - atMs),
    isolate(leader, thenMs - share(scene, 0, 0.1), againMs - thenMs),
    isolate(node, againMs, share(scene, 3, 6)),
    ...stops.map(
      ({ id }): Fault => ({ kind: 'agent', node, service: id, verb: 'stop', how: 'hang', atMs: againMs, forMs }),
    ),
  ];
};

/** Beside everything else, in a few seeds. */
export const drawTurns = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): readonly Fault[] =>
  drawFrom([inTurns], prng, cluster, beginMs, healAtMs);

const plots: readonly Plot[] = [
  lateThenCut,
  heldUpThenCut,
  flapping,
  halves,
  halves,
  changingSides,
  restartedWhileCut,
  restarts,
  changedThenLost,
  changedWhileCut,
  savedByOne,
  cannotStop,
  cannotStart,
  orderFromThePast,
  cannotFence,
  oneAfterTheOther,
  changedWhileAway,
  unwatched,
];

/** What a kind of cluster rests on is attacked more often in it. */
function plotsFor({ nodes, fencing }: Cluster): readonly Plot[] {
  const fences = fencing.devices.length > 0 ? [cannotFence, cannotFence, cannotFence, oneAfterTheOther] : [];
  const watches = nodes.some(({ watchdog }) => watchdog !== null) ? [unwatched, cannotStop, heldUpThenCut] : [];
  return [...plots, ...fences, ...watches];
}

/** Mostly the first home of something that must not run twice: it is probably there. */
function holderOf(prng: Prng, { services }: Cluster): NodeId {
  const guarded = services.filter(({ clone, takeover }) => !clone && takeover !== 'nothing');
  const { on } = prng.pick(guarded.length > 0 ? guarded : services);
  return prng.chance(0.8) ? (on[0] ?? '') : prng.pick(on);
}

/** A sequence on one node; those that need others find none in a cluster of one. */
export const drawPlot = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): readonly Fault[] =>
  drawFrom(plotsFor(cluster), prng, cluster, beginMs, healAtMs);

export function drawFrom(
  choice: readonly Plot[],
  prng: Prng,
  cluster: Cluster,
  beginMs: number,
  healAtMs: number,
): readonly Fault[] {
  const node = holderOf(prng, cluster);
  const others = cluster.nodes.map(({ id }) => id).filter((id) => id !== node);
  const plot = prng.pick(choice);
  if (others.length === 0) return [];
  const { deadMs } = cluster.heartbeat;
  const atMs = beginMs + prng.below(deadMs * 4);
  return plot({ prng, cluster, node, others, atMs, forMs: deadMs * prng.between(3, 8), deadMs })
    .map((fault) => ({ ...fault, atMs: Math.min(Math.max(0, Math.round(fault.atMs)), healAtMs - 1) }))
    .map((fault) => ({ ...fault, forMs: Math.min(Math.max(0, Math.round(fault.forMs)), healAtMs - fault.atMs) }));
}

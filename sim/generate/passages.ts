/**
 * Live migrations with something that goes wrong just where a rule of them is needed. Most begin with a source whose agent hangs: what
 * it gives away arrives long after it was asked to.
 */
import type { Cluster, NodeId, Service, Takeover } from '../../src/core/model.ts';
import type { Command } from '../../src/core/ports.ts';
import type { Fault } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';
import { ask, drawFrom, isolate, type Plot, type Scene, share } from './plots.ts';

const because = 'drawn by the simulator';

interface Way {
  readonly service: Service;
  readonly from: NodeId;
  readonly to: NodeId;
  /** Neither of both; in a cluster of two the source. */
  readonly other: NodeId;
  /** The order to move. */
  readonly move: Fault;
  /** It is given away at the end of its time, or not. */
  readonly hang: Fault;
  readonly endMs: number;
}

/** Null: nothing moves live here. `takeover`: mostly of such a service. */
function wayOf({ prng, cluster, atMs, forMs }: Scene, takeover: Takeover): Way | null {
  const all = cluster.services.filter(({ migrates, on }) => migrates && on.length > 1);
  const fit = all.filter((each) => each.takeover === takeover);
  const [first] = all;
  if (first === undefined) return null;
  const service = prng.pick(fit.length > 0 && prng.chance(0.7) ? fit : all);
  const { id, on, startTimeoutMs } = service;
  const [from = '', ...targets] = on;
  const to = prng.pick(targets);
  const others = cluster.nodes.map((each) => each.id).filter((node) => node !== from && node !== to);
  const other = others.length === 0 ? from : prng.pick(others);
  const move = ask(other, atMs, { kind: 'move', service: id, to, because });
  const endMs = atMs + startTimeoutMs;
  const hang = { kind: 'agent', node: from, service: id, verb: 'migrateTo', how: 'hang' } as const;
  return { service, from, to, other, move, hang: { ...hang, atMs: atMs - 1, forMs }, endMs };
}

/** With `fencing` nobody forgives a source that is held up; with `lease` what has to end in time is counted on. */
const onTheWay =
  (takeover: Takeover, draw: (scene: Scene, way: Way) => readonly Fault[]): Plot =>
  (scene) => {
    const way = wayOf(scene, takeover);
    return way === null ? [] : draw(scene, way);
  };

/** What is left at the source cannot be stopped, and then the source is lost; what arrived at the target ends. */
const lostOnceGone = onTheWay('fencing', (scene, { service: { id }, from, to, move }) => {
  const { prng, atMs, forMs } = scene;
  const lostMs = atMs + prng.between(200, 1200);
  const kind = prng.pick(['crashDaemon', 'pauseDaemon'] as const);
  const how = prng.pick(['fail', 'hang'] as const);
  const ends = Array.from({ length: 2 }, (): Fault => {
    const endsMs = lostMs + share(scene, 1.2, 3.5);
    return { kind: 'killService', node: to, service: id, atMs: endsMs, forMs: 0 };
  });
  return [
    { kind: 'agent', node: from, service: id, verb: 'stop', how, atMs, forMs: forMs + lostMs - atMs },
    move,
    { kind, node: from, atMs: lostMs, forMs: share(scene, 4, 8) },
    ...ends,
  ];
});

/** The daemon of the source dies, and its agent goes on: what is not wanted on the target any more arrives there, and then the source is off. */
const givenByTheDead = onTheWay('fencing', (scene, { from, to, other, move, hang, endMs }) => {
  const { prng, atMs } = scene;
  const offMs = endMs + prng.between(0, 500);
  const lostMs = atMs + prng.between(50, 500);
  return [
    hang,
    move,
    { kind: 'crashDaemon', node: from, atMs: lostMs, forMs: offMs - lostMs + 10 },
    ask(other, lostMs + prng.between(50, 1500), { kind: 'standby', node: to, on: true, because }),
    { kind: 'powerOff', node: from, atMs: offMs, forMs: share(scene, 5, 8) },
    { kind: 'confirmOff', node: other, target: from, atMs: offMs + share(scene, 0.1, 1.5), forMs: 0 },
  ];
});

/** The target forgets what it expects, has looked before anything came, and hears late what became of the source. */
const forgotten = onTheWay('fencing', (scene, { service: { id }, from, to, other, move, hang, endMs }) => {
  const unwanted: Command = scene.prng.chance(0.5)
    ? { kind: 'standby', node: to, on: true, because }
    : { kind: 'move', service: id, to: from, because };
  const restartMs = endMs - share(scene, 0.2, 1.2);
  const late = { kind: 'packets', from, to, link: null, how: 'slow', probability: 1 } as const;
  return [
    hang,
    move,
    ask(other, scene.atMs + share(scene, 0.5, 1), unwanted),
    { kind: 'crashDaemon', node: to, atMs: restartMs, forMs: scene.prng.between(5, 60) },
    { ...late, delayMs: share(scene, 0.5, 0.9), atMs: restartMs, forMs: share(scene, 2, 4) },
  ];
});

/** The target hears nobody, and its source reaches it all the same, when it has long stopped what might arrive. */
const deafTarget = onTheWay('lease', (scene, { to, move, hang }) => {
  const { prng, atMs, forMs } = scene;
  const lost = { kind: 'packets', link: null, how: 'lose', probability: 1, delayMs: 0 } as const;
  const badMs = share(scene, 0, 1);
  // What it is to expect may be lost already, again and again, while the rest is enough for its lease.
  const bad = { ...lost, from: null, to, probability: prng.pick([0, 0.7, 0.8, 0.8]), atMs, forMs: badMs };
  const cut = { atMs: atMs + badMs, forMs: Math.max(forMs, 10_000) };
  return [hang, move, bad, { ...lost, from: null, to, ...cut }, { ...lost, from: to, to: null, ...cut }];
});

/** The source hangs in the middle of it, and is cut off: it has to stop in time all the same. */
const cutOffInTheMiddle = onTheWay('lease', (scene, { from, to, move, hang }) => {
  const { prng, atMs } = scene;
  return [hang, move, isolate(prng.chance(0.8) ? from : to, atMs + prng.between(100, 900), share(scene, 3, 8))];
});

export const passages: Readonly<Record<string, Plot>> = {
  lostOnceGone,
  givenByTheDead,
  forgotten,
  deafTarget,
  cutOffInTheMiddle,
};

export const drawPassages = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): readonly Fault[] =>
  drawFrom(Object.values(passages), prng, cluster, beginMs, healAtMs);

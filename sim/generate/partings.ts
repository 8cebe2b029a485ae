/**
 * Files, or votes, that some nodes know and others do not, when they lose each other. Chance cuts them apart at another moment: what a
 * node may go by matters for less than a loss timeout.
 */
import { mayLead } from '../../src/core/guests.ts';
import { type Cluster, isGuarded, type NodeId, type Service } from '../../src/core/model.ts';
import type { Fault } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';
import { apart, ask, drawFrom, type Plot, type Scene, share } from './plots.ts';
import { shuffled } from './services.ts';

interface Cast {
  /** It probably coordinates. */
  readonly lead: NodeId;
  /** Something that must not run twice is moved there first. */
  readonly holder: NodeId;
  readonly service: Service;
  readonly rest: readonly NodeId[];
  /** Makes them what they are. */
  readonly before: readonly Fault[];
}

const because = 'drawn by the simulator';

/** Null: too few nodes, or nothing that must not run twice. */
function castOf({ prng, cluster, atMs, deadMs }: Scene, nodesMin: number): Cast | null {
  const names = cluster.nodes.filter(mayLead).map(({ id }) => id);
  const lead = names[0] ?? '';
  const ways = cluster.services
    .filter((service) => isGuarded(service) && !service.clone)
    .flatMap((service) => service.on.filter((id) => id !== lead).map((holder) => ({ service, holder })));
  if (names.length < Math.max(3, nodesMin) || ways.length === 0) return null;
  const { service, holder } = prng.pick(ways);
  const rest = shuffled(
    prng,
    names.filter((id) => id !== lead && id !== holder),
  );
  // Who is first in the file leads those whose daemons start anew.
  const anewMs = Math.max(0, atMs - 5 * deadMs);
  const anew = names.slice(1).map((node): Fault => ({ kind: 'crashDaemon', node, atMs: anewMs, forMs: 100 }));
  const moved = ask(lead, anewMs + deadMs, { kind: 'move', service: service.id, to: holder, because });
  return { lead, holder, service, rest, before: [...anew, moved] };
}

const withCast =
  (nodesMin: number, draw: (scene: Scene, cast: Cast) => readonly Fault[]): Plot =>
  (scene) => {
    const cast = castOf(scene, nodesMin);
    return cast === null ? [] : [...cast.before, ...draw(scene, cast)];
  };

const file = (at: NodeId, atMs: number, source: string, cluster: Cluster): Fault =>
  ask(at, atMs, { kind: 'apply', source, cluster, ifVersion: null });

const deaf = (to: NodeId, from: readonly NodeId[], atMs: number, forMs: number): readonly Fault[] =>
  from.map((each) => ({ kind: 'cut', from: each, to, link: null, atMs, forMs }));

const split = (side: readonly NodeId[], others: readonly NodeId[], atMs: number, forMs: number): readonly Fault[] =>
  side.flatMap((a) => others.flatMap((b) => apart(a, b, atMs, forMs)));

const withVotes = (cluster: Cluster, votesOf: (node: NodeId) => number): Cluster => ({
  ...cluster,
  nodes: cluster.nodes.map((node) => (node.guest === undefined ? { ...node, votes: votesOf(node.id) } : node)),
});

/** Those that are to go on without the coordinator and one more are a majority. */
const forTheRest = (cluster: Cluster, rest: readonly NodeId[]): Cluster =>
  rest.length > 2 ? cluster : withVotes(cluster, (id) => (id === rest[0] ? 4 - rest.length : 1));

/** Whoever coordinates gets more votes than all others have, unheard by one of them, and is then left alone. */
const outvoted = withCast(3, (scene, { lead, holder, rest }) => {
  const { prng, cluster, atMs } = scene;
  const others = [holder, ...rest];
  const away = prng.pick(others);
  const alone = withVotes(cluster, (id) => (id === lead ? others.length + 1 : 1));
  const leftMs = atMs + share(scene, 1.5, 5);
  const forMs = share(scene, 5, 9);
  return [
    ...apart(lead, away, atMs, leftMs - atMs + forMs),
    file(lead, atMs + share(scene, -0.2, 1.2), 'votes for the coordinator', alone),
    ...split([lead], others, leftMs, forMs),
  ];
});

/** Two steps of votes, of which one node hears the first at most; then they are cut off whom the former table makes a majority. */
const twoSteps = withCast(4, (scene, { lead, holder, rest }) => {
  const { cluster, atMs, deadMs } = scene;
  const [company = '', first = '', ...more] = rest;
  const before = withVotes(cluster, (id) => (id === lead || id === holder || id === company ? 1 : 0));
  const after = withVotes(before, (id) => {
    if (id === first) return more.length > 0 ? 1 : 2;
    return 1;
  });
  const deafMs = atMs + share(scene, -0.2, 0.7);
  const forMs = share(scene, 5, 9);
  return [
    file(lead, Math.max(0, atMs - 3.5 * deadMs), 'votes for three', before),
    file(lead, atMs, 'votes for the others', after),
    ...deaf(holder, [lead], deafMs, forMs),
    ...split([holder, company], [lead, first, ...more], deafMs + share(scene, 0.3, 1), forMs),
  ];
});

/** How a file lets a node wait for longer, or for ever, until it stops what others take over. */
function laxer({ prng, cluster, deadMs }: Scene, { holder, service }: Cast): Cluster {
  const watchdog = prng.pick([null, { device: '/dev/watchdog', timeoutMs: deadMs * 8 }]);
  const nodes = cluster.nodes.map((node) => (node.id === holder ? { ...node, watchdog } : node));
  const services = cluster.services.map((each) =>
    each.id === service.id ? { ...each, stopTimeoutMs: each.stopTimeoutMs + deadMs * 4 } : each,
  );
  const changes: readonly Partial<Cluster>[] = [
    { nodes },
    { services },
    { quorum: { ...cluster.quorum, noQuorum: 'freeze' } },
  ];
  const isWatched = cluster.nodes.some((node) => node.id === holder && node.watchdog !== null);
  return { ...cluster, ...(isWatched && prng.chance(0.6) ? { nodes } : prng.pick(changes)) };
}

/** A file that only the coordinator and one more know, which are cut off with it. */
const knownToTwo: Plot = (scene) => {
  const cast = castOf(scene, 3);
  if (cast === null) return [];
  const { prng, cluster, atMs, deadMs } = scene;
  const { lead, holder, service, rest } = cast;
  const known = forTheRest(cluster, rest);
  const cutMs = atMs + share(scene, 0.4, 0.95);
  const forMs = share(scene, 6, 10);
  const stop = { kind: 'agent', node: holder, service: service.id, verb: 'stop' } as const;
  const after = laxer({ ...scene, cluster: known }, cast);
  return [
    ...cast.before,
    ...(known === cluster ? [] : [file(lead, Math.max(0, atMs - 3.5 * deadMs), 'votes', known)]),
    ...[lead, holder].flatMap((from) => rest.flatMap((to) => deaf(to, [from], atMs, forMs))),
    file(lead, atMs + share(scene, 0, 0.3), 'known to two', after),
    ...split([lead, holder], rest, cutMs, forMs),
    ...(prng.chance(0.7) ? [{ ...stop, how: prng.pick(['fail', 'hang'] as const), atMs: cutMs, forMs }] : []),
  ];
};

/** A node knows the file before the last one, whose end it did not see, and the next one, which nobody else knows. */
const decidedUnseen = withCast(3, (scene, { lead, holder, rest }) => {
  const { cluster, atMs, deadMs } = scene;
  const withNoQuorum = (noQuorum: 'freeze' | 'stop'): Cluster => {
    const known = forTheRest(cluster, rest);
    return { ...known, quorum: { ...known.quorum, noQuorum } };
  };
  const cutMs = atMs + share(scene, 0.3, 0.75);
  const forMs = share(scene, 6, 10);
  return [
    file(lead, Math.max(0, atMs - 3.5 * deadMs), 'frozen', withNoQuorum('freeze')),
    ...deaf(holder, rest, atMs, forMs),
    file(lead, atMs + share(scene, 0, 0.1), 'stopping', withNoQuorum('stop')),
    ...rest.flatMap((to) => deaf(to, [lead], cutMs, forMs)),
    file(lead, cutMs + 1, 'frozen again', withNoQuorum('freeze')),
    ...split([lead, holder], rest, cutMs + share(scene, 0.1, 0.3), forMs),
  ];
});

const partings: readonly Plot[] = [outvoted, twoSteps, knownToTwo, decidedUnseen];

export const drawPartings = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): readonly Fault[] =>
  drawFrom(partings, prng, cluster, beginMs, healAtMs);

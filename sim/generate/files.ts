/**
 * Changes of the cluster file on which it depends who may run what: the nodes of a service, votes, watchdogs, what a lost quorum means.
 *
 * Each is made on top of the one before, and a moment later something often goes wrong, so that some nodes know it and others do not.
 */
import {
  type Cluster,
  type ClusterNode,
  type NodeId,
  nameInFile,
  type QuorumRules,
  type Service,
} from '../../src/core/model.ts';
import type { Fault } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';
import { ask, drawFrom, isolate, type Plot, type Scene, share } from './plots.ts';
import { shuffled } from './services.ts';

interface Kind {
  isPossible(cluster: Cluster): boolean;
  change(prng: Prng, cluster: Cluster): Cluster;
}

const kinds: readonly Kind[] = [
  { isPossible: (cluster) => cluster.services.some((service) => isFree(cluster, service)), change: changePlaces },
  { isPossible: ({ nodes }) => nodes.length > 2 && nodes.every(({ witness }) => !witness), change: changeVotes },
  { isPossible: () => true, change: changeWatchdogs },
  { isPossible: ({ quorum }) => quorum.noQuorum !== 'ignore', change: changeNoQuorum },
];

const changedFiles: Plot = (scene) => {
  const { prng, cluster, atMs } = scene;
  const possible = kinds.filter(({ isPossible }) => isPossible(cluster));
  // Swarm: some seeds change one thing only.
  const chosen = possible.filter(() => prng.chance(0.5));
  const inUse = chosen.length > 0 ? chosen : [prng.pick(possible)];
  const faults: Fault[] = [];
  let [file, nextMs] = [cluster, atMs];
  for (let i = 1, last = prng.between(1, 4); i <= last; i++) {
    file = prng.chance(0.2) ? cluster : prng.pick(inUse).change(prng, file);
    const at = prng.pick(cluster.nodes).id;
    faults.push(ask(at, nextMs, { kind: 'apply', source: `file ${i}`, cluster: file, ifVersion: null }));
    if (prng.chance(0.7)) faults.push(...interruption(scene, at, nextMs + share(scene, -0.5, 1.5)));
    nextMs += share(scene, 0.2, 4);
  }
  return faults;
};

/** Mostly with what the whole sequence is about, sometimes with who was asked, or anybody. */
function interruption(scene: Scene, asked: NodeId, atMs: number): readonly Fault[] {
  const { prng, cluster } = scene;
  const node = prng.pick([scene.node, scene.node, asked, prng.pick(cluster.nodes).id]);
  const forMs = share(scene, 0.2, 8);
  switch (prng.below(8)) {
    case 0:
      return [{ kind: 'powerOff', node, atMs, forMs }];
    case 1:
      return [{ kind: 'crashDaemon', node, atMs, forMs }];
    case 2:
      return [{ kind: 'pauseDaemon', node, atMs, forMs }];
    case 3:
      return [isolate(node, atMs, forMs)];
    case 4:
      return cutInTwo(scene, node, atMs, forMs);
    case 5:
      return [
        { kind: 'slowDisk', node, delayMs: share(scene, 0.5, 10), atMs, forMs },
        isolate(node, atMs + 100, forMs),
      ];
    case 6:
      return [{ kind: 'diskFull', node, atMs, forMs }];
    default:
      return [
        { kind: 'agent', node, service: prng.pick(cluster.services).id, verb: 'stop', how: 'hang', atMs, forMs },
        isolate(node, atMs + share(scene, 0, 2), forMs),
      ];
  }
}

/** Some nodes, `node` among them, and all others do not hear each other. */
function cutInTwo({ prng, cluster }: Scene, node: NodeId, atMs: number, forMs: number): readonly Fault[] {
  const others = shuffled(
    prng,
    cluster.nodes.map(({ id }) => id).filter((id) => id !== node),
  );
  const company = prng.below(others.length);
  const side = [node, ...others.slice(0, company)];
  const cut = (from: NodeId, to: NodeId): Fault => ({ kind: 'cut', from, to, link: null, atMs, forMs });
  return others.slice(company).flatMap((to) => side.flatMap((from) => [cut(from, to), cut(to, from)]));
}

/** A colocation that leaves no common node is a mistake of the file. */
const isFree = ({ nodes, services }: Cluster, { id, with: together }: Service): boolean =>
  nodes.length > 1 && together.length === 0 && services.every((other) => !other.with.includes(id));

/** A service loses a node, gains one, or prefers them in another order. */
function changePlaces(prng: Prng, cluster: Cluster): Cluster {
  const service = prng.pick(cluster.services.filter((each) => isFree(cluster, each)));
  const { on } = service;
  const isMachine = cluster.nodes.some(({ guest }) => guest === service.id);
  const mayRun = ({ witness, guest }: ClusterNode): boolean => !witness && !(isMachine && guest !== undefined);
  const others = cluster.nodes.filter((node) => mayRun(node) && !on.includes(node.id)).map(({ id }) => id);
  const choices = [shuffled(prng, on)];
  if (on.length > Math.max(1, service.instances)) choices.push(shuffled(prng, on).slice(1), on.slice(1));
  if (others.length > 0) choices.push([...on, prng.pick(others)], [prng.pick(others), ...on]);
  const chosen = prng.pick(choices);
  // Copies that differ have the same nodes, as in every file.
  const isMeant = (each: Service): boolean => nameInFile(each) === nameInFile(service);
  return {
    ...cluster,
    services: cluster.services.map((each) => (isMeant(each) ? { ...each, on: chosen } : each)),
  };
}

/** Somebody keeps a vote. */
function changeVotes(prng: Prng, { nodes, ...rest }: Cluster): Cluster {
  const voter = prng.pick(nodes.filter(({ guest }) => guest === undefined));
  const votesOf = (node: ClusterNode): number => (prng.chance(0.5) ? node.votes : prng.pick([0, 1, 1, 2, 3]));
  const withVotes = (node: ClusterNode): ClusterNode =>
    node.guest === undefined ? { ...node, votes: Math.max(votesOf(node), node === voter ? 1 : 0) } : node;
  return { ...rest, nodes: nodes.map(withVotes) };
}

/** On one node or on all of them. */
function changeWatchdogs(prng: Prng, { nodes, ...rest }: Cluster): Cluster {
  const timeoutMs = Math.ceil(rest.heartbeat.deadMs * prng.pick([1, 2, 3]));
  const watchdog = prng.chance(0.5) ? null : { device: '/dev/watchdog', timeoutMs };
  const only = prng.chance(0.5) ? prng.pick(nodes) : null;
  const isMeant = (node: ClusterNode): boolean => !node.witness && (only === null || node === only);
  return { ...rest, nodes: nodes.map((node) => (isMeant(node) ? { ...node, watchdog } : node)) };
}

function changeNoQuorum(_prng: Prng, cluster: Cluster): Cluster {
  const noQuorum: QuorumRules['noQuorum'] = cluster.quorum.noQuorum === 'stop' ? 'freeze' : 'stop';
  return { ...cluster, quorum: { ...cluster.quorum, noQuorum } };
}

export const drawFiles = (prng: Prng, cluster: Cluster, beginMs: number, healAtMs: number): readonly Fault[] =>
  drawFrom([changedFiles], prng, cluster, beginMs, healAtMs);

/**
 * Nodes and votes that change while the cluster runs: whatever is interrupted, and when, no view is agreed twice, and the votes get
 * to where the cluster file wants them.
 */
import { expect, test } from 'vitest';
import { type Cluster, plainCluster } from '../src/core/model.ts';
import { sameVotes } from '../src/core/quorum/votes.ts';
import { quorum } from './checks/quorum.ts';
import { views } from './checks/views.ts';
import { World } from './world/world.ts';

type Votes = Readonly<Record<string, number>>;

const heartbeat = { intervalMs: 100, deadMs: 500, port: 7354 };

function clusterOf(votes: Votes): Cluster {
  const places = Object.keys(votes).map((id) => ({ id, links: [{ address: `10.0.0.${id.slice(1)}`, prefix: 24 }] }));
  const { nodes, quorum: rules, ...rest } = plainCluster('test', heartbeat, places, []);
  return {
    ...rest,
    quorum: { ...rules, startWaitMs: 1000 },
    nodes: nodes.map((node) => ({ ...node, votes: votes[node.id] ?? 1 })),
  };
}

const ways: readonly (readonly [Votes, Votes])[] = [
  [
    { n1: 1, n2: 1, n3: 1, n4: 1, n5: 1 },
    { n1: 1, n2: 1, n3: 1 },
  ],
  [
    { n1: 1, n2: 1, n3: 1, n4: 1, n5: 1 },
    { n1: 1, n2: 1 },
  ],
  [
    { n1: 1, n2: 1, n3: 1 },
    { n1: 3, n2: 1, n3: 1 },
  ],
  [
    { n1: 1, n2: 1 },
    { n1: 1, n2: 0 },
  ],
  [
    { n1: 0, n2: 2, n3: 0 },
    { n1: 1, n2: 0, n3: 2 },
  ],
];

/** Applies the new file at one node, then interrupts this host's daemon so many milliseconds later. */
function change(from: Votes, to: Votes, hurt: string, afterMs: number): World {
  const world = asked(from, to, afterMs);
  world.host(hurt).killDaemon();
  world.run(300);
  world.host(hurt).launchDaemon();
  return askedAgain(world, to, 'n1');
}

/** A cluster of which the new file was applied so many milliseconds ago. */
function asked(from: Votes, to: Votes, agoMs: number): World {
  const world = new World(clusterOf(from), 1, [views(), quorum()]);
  world.bootAll();
  world.run(3000);
  apply(world, to, 'n1');
  world.run(agoMs);
  return world;
}

/** Whatever was not acknowledged is asked for again. */
function askedAgain(world: World, to: Votes, at: string): World {
  world.run(2000);
  apply(world, to, at);
  world.run(8000);
  return world;
}

function apply(world: World, to: Votes, at: string): void {
  world.command(at, { kind: 'apply', source: JSON.stringify(to), cluster: clusterOf(to), ifVersion: null });
}

function expectThere(world: World, to: Votes): void {
  const wanted = clusterOf(to);
  for (const { id } of wanted.nodes) {
    const state = world.host(id).loop?.state;
    expect(state?.doc.next, id).toBeNull();
    expect(
      state?.doc.cluster.nodes.map((node) => node.id),
      id,
    ).toEqual(Object.keys(to));
    expect(sameVotes(state?.doc.voters ?? {}, to), JSON.stringify(state?.doc.voters)).toBe(true);
    expect(state?.installed?.members, id).toEqual(Object.keys(to));
  }
}

test.each(ways)('%j becomes %j, whoever fails and whenever', (from, to) => {
  for (const hurt of Object.keys(from))
    for (let afterMs = 0; afterMs <= 600; afterMs += 40) expectThere(change(from, to, hurt, afterMs), to);
});

test('a coordinator that is no longer in the file leads nobody away when two daemons restart', () => {
  const from: Votes = { n1: 1, n2: 1, n3: 1, n4: 1, n5: 1 };
  const to: Votes = { n1: 1, n2: 1 };
  for (const second of ['n2', 'n3', 'n4', 'n5'])
    for (let afterMs = 360; afterMs <= 520; afterMs += 20)
      for (const laterMs of [0, 60, 120, 250]) {
        const world = asked(from, to, afterMs);
        world.host('n1').killDaemon();
        world.run(laterMs);
        world.host(second).killDaemon();
        world.run(300);
        for (const id of ['n1', second]) world.host(id).launchDaemon();
        expectThere(askedAgain(world, to, 'n1'), to);
      }
});

test('a node that was away with a file that nobody decided is told what holds', () => {
  const from: Votes = { n1: 1, n2: 1, n3: 1 };
  const to: Votes = { n2: 1, n3: 1 };
  for (let afterMs = 0; afterMs <= 120; afterMs += 20) {
    const world = asked(from, to, afterMs);
    world.host('n2').killDaemon();
    world.run(3000);
    world.host('n2').launchDaemon();
    expectThere(askedAgain(world, to, 'n2'), to);
  }
});

test('nodes that left come back as the file says, and vote', () => {
  const small: Votes = { n1: 1, n2: 1, n3: 1 };
  const large: Votes = { ...small, n4: 1, n5: 2 };
  const world = change(large, small, 'n2', 40);
  expectThere(world, small);
  apply(world, large, 'n2');
  world.run(10_000);
  expectThere(world, large);
});

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
  const world = new World(clusterOf(from), 1, [views(), quorum()]);
  world.bootAll();
  world.run(3000);
  world.command('n1', { kind: 'apply', source: JSON.stringify(to), cluster: clusterOf(to), ifVersion: null });
  world.run(afterMs);
  world.host(hurt).killDaemon();
  world.run(300);
  world.host(hurt).launchDaemon();
  world.run(2000);
  // Whatever was not acknowledged is asked for again.
  world.command('n1', { kind: 'apply', source: JSON.stringify(to), cluster: clusterOf(to), ifVersion: null });
  world.run(6000);
  return world;
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

test('nodes that left come back as the file says, and vote', () => {
  const small: Votes = { n1: 1, n2: 1, n3: 1 };
  const large: Votes = { ...small, n4: 1, n5: 2 };
  const world = change(large, small, 'n2', 40);
  expectThere(world, small);
  world.command('n2', { kind: 'apply', source: 'large', cluster: clusterOf(large), ifVersion: null });
  world.run(10_000);
  expectThere(world, large);
});

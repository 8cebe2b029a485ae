/** Leases while the votes, or the rules of quorum, change: they are counted by what others may go by as well. */
import { expect, test } from 'vitest';
import type { Cluster } from '../src/core/model.ts';
import { exclusive } from './checks/exclusive.ts';
import { quorum } from './checks/quorum.ts';
import { takeover } from './checks/takeover.ts';
import { views } from './checks/views.ts';
import {
  apply,
  applyAsOnlyLeadAndOneHear,
  clusterOf,
  cut,
  cutBoth,
  db,
  five,
  hasNewFile,
  holders,
  leadOf,
  runUntil,
  split,
  stateOf,
  three,
} from './stage.testing.ts';
import { World } from './world/world.ts';

function withVotes(votes: readonly number[]): Cluster {
  const plain = clusterOf(five, [db({ takeover: 'lease', on: ['n2', 'n1'] })]);
  return { ...plain, nodes: plain.nodes.map((node, i) => ({ ...node, votes: votes[i] ?? 1 })) };
}

test('no step of the votes is taken while a member lacks the one before', () => {
  const world = new World(withVotes([1, 1, 1, 0, 0]), 1, [exclusive(), quorum(), takeover()]);
  // Whoever has been there for longer leads.
  for (const id of ['n1', 'n3']) world.host(id).powerOn();
  world.run(2000);
  world.bootAll();
  world.run(5000);
  expect(leadOf(world, 'n2').id).toBe('n1');
  expect(holders(world, 'db')).toEqual(['n2']);
  apply(world, 'n1', withVotes([1, 1, 1, 1, 1]));
  const n2 = () => stateOf(world, 'n2').doc;
  expect(runUntil(world, () => hasNewFile(world, 'n2') && !Object.hasOwn(n2().admin.stray, 'n2'))).toBe(true);
  expect(n2().voters).toMatchObject({ n4: 0, n5: 0 });

  cut(world, 'n1', 'n2');
  const table = () => Object.values(stateOf(world, 'n1').doc.voters).reduce((a, b) => a + b, 0);
  expect(runUntil(world, () => table() === 5, 900)).toBe(false);
  split(world, ['n2', 'n3']);
  world.run(20_000);
  expect(holders(world, 'db')).toHaveLength(1);
});

test('a file that only a minority has seen and that ignores the loss of quorum keeps no lease alive', () => {
  const fileOf = (noQuorum: 'stop' | 'ignore'): Cluster => {
    const plain = clusterOf(five, [db({ on: ['n2', 'n3'], takeover: 'lease' })]);
    return { ...plain, quorum: { ...plain.quorum, noQuorum } };
  };
  const world = new World(fileOf('stop'), 1, [exclusive(), takeover()]);
  world.bootAll();
  world.run(8000);
  expect(holders(world, 'db')).toEqual(['n2']);
  const others = applyAsOnlyLeadAndOneHear(world, 'n2', fileOf('ignore'));
  split(world, others);
  world.run(30_000);
  expect(holders(world, 'db')).toEqual(['n3']);
});

test('who knows newer votes agrees to no view that is no majority by them', () => {
  const withVotesOf = (votes: readonly number[]): Cluster => {
    const plain = clusterOf(three, [db({ on: ['n2', 'n3'] })]);
    return { ...plain, nodes: plain.nodes.map((node, i) => ({ ...node, votes: votes[i] ?? 1 })) };
  };
  const world = new World(withVotesOf([1, 1, 1]), 1, [exclusive(), quorum(), takeover(), views()]);
  // Whoever has been there for longer leads.
  for (const id of ['n2', 'n3']) world.host(id).powerOn();
  world.run(2000);
  world.bootAll();
  world.run(5000);
  expect(leadOf(world, 'n1').id).toBe('n2');
  const ends = cutBoth(world, 'n1', 'n2');
  const meet = cutBoth(world, 'n1', 'n3');
  apply(world, 'n2', withVotesOf([1, 3, 1]));
  expect(runUntil(world, () => stateOf(world, 'n3').doc.voters['n2'] === 3, 6000)).toBe(true);
  world.run(500);
  ends.push(...cutBoth(world, 'n2', 'n3'));
  expect(runUntil(world, () => stateOf(world, 'n3').installed === null, 2000)).toBe(true);
  expect(stateOf(world, 'n1').doc.voters).toMatchObject({ n1: 1, n2: 1, n3: 1 });
  // By what n1 knows it is a majority together with n3.
  for (const end of meet) end();
  world.run(10_000);
  expect(stateOf(world, 'n2').installed?.members).toEqual(['n2']);
  expect(stateOf(world, 'n1').installed).toBeNull();
  for (const end of ends) end();
  world.run(5000);
  expect(stateOf(world, 'n1').installed?.members).toEqual(three);
});

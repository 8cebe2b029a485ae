/** Every way to cut a small cluster in two: the side with a majority acts, the other stops, and healing makes one again. */
import { describe, expect, test } from 'vitest';
import { hasQuorum } from '../src/core/membership/lease.ts';
import { type Cluster, plainCluster } from '../src/core/model.ts';
import { allChecks } from './checks/index.ts';
import { cutBoth, five, leadOf } from './stage.testing.ts';
import { World } from './world/world.ts';

function clusterOf(count: number): Cluster {
  const nodes = Array.from({ length: count }, (_, i) => ({
    id: `n${i + 1}`,
    links: [
      { address: `10.0.0.${i + 1}`, prefix: 24 },
      { address: `10.1.0.${i + 1}`, prefix: 24 },
    ],
  }));
  return plainCluster('test', { intervalMs: 200, deadMs: 1000, port: 7354 }, nodes, []);
}

function sidesOf(count: number): string[][] {
  const names = Array.from({ length: count }, (_, i) => `n${i + 1}`);
  // Sides that hold the first node, so that each cut is tried once; the whole is no cut.
  return Array.from({ length: 2 ** (count - 1) - 1 }, (_, bits) =>
    names.filter((_name, i) => i === 0 || bits & (1 << (i - 1))),
  );
}

const quorate = (world: World): string[] =>
  [...world.hosts.values()]
    .filter((host) => host.loop !== null && hasQuorum(host.loop.state, host.nowMs()))
    .map((host) => host.id);

function cut(world: World, side: readonly string[]): (() => void)[] {
  const others = [...world.hosts.keys()].filter((id) => !side.includes(id));
  const pairs = side.flatMap((a) => others.flatMap((b) => [[a, b] as const, [b, a] as const]));
  const when = { atMs: 0, forMs: 0 };
  return pairs.flatMap(([from, to]) => world.begin({ kind: 'cut', from, to, link: null, ...when }) ?? []);
}

describe.each([3, 4, 5])('%i nodes', (count) => {
  test.each(sidesOf(count).map((side) => [side.join(' '), side] as const))('cut off {%s}', (_name, side) => {
    const world = new World(clusterOf(count), 1, allChecks());
    world.bootAll();
    world.run(5000);
    expect(quorate(world)).toHaveLength(count);
    const heal = cut(world, side);
    world.run(5000);
    const others = [...world.hosts.keys()].filter((id) => !side.includes(id));
    const majority = [side, others].find((nodes) => nodes.length > count / 2) ?? [];
    expect(quorate(world)).toEqual(majority);
    for (const end of heal) end();
    world.run(5000);
    world.atEnd();
  });
});

describe('a cut in one direction', () => {
  test.each(sidesOf(4).map((side) => [side.join(' '), side] as const))('from {%s}', (_name, side) => {
    const world = new World(clusterOf(4), 1, allChecks());
    world.bootAll();
    world.run(5000);
    const others = [...world.hosts.keys()].filter((id) => !side.includes(id));
    const when = { atMs: 0, forMs: 0 };
    for (const from of side) for (const to of others) world.begin({ kind: 'cut', from, to, link: null, ...when });
    world.run(5000);
    expect(quorate(world)).toEqual([side, others].find((nodes) => nodes.length > 2) ?? []);
  });
});

test('the loss of one link of two changes nothing', () => {
  const world = new World(clusterOf(3), 1, allChecks());
  world.bootAll();
  world.run(5000);
  const before = world.trace.length;
  for (const node of ['n1', 'n2', 'n3']) world.begin({ kind: 'isolate', node, link: 0, atMs: 0, forMs: 0 });
  world.run(5000);
  expect(world.trace.slice(before)).toEqual([]);
});

test('members that do not hear each other stay in the view of a coordinator that both hear', () => {
  const world = new World(clusterOf(3), 1, allChecks());
  world.bootAll();
  world.run(5000);
  const coordinator = world.host('n1').loop?.state.installed?.coordinator;
  const [a = '', b = ''] = [...world.hosts.keys()].filter((id) => id !== coordinator);
  for (const [from, to] of [[a, b] as const, [b, a] as const])
    world.begin({ kind: 'cut', from, to, link: null, atMs: 0, forMs: 0 });
  world.run(5000);
  expect(quorate(world)).toEqual(['n1', 'n2', 'n3']);
});

test.each(['n1', 'n2', 'n3', 'n4'])('a former coordinator that only %s hears is not waited for', (friend) => {
  const world = new World(clusterOf(5), 1, allChecks());
  world.bootAll();
  world.run(5000);
  const lead = leadOf(world, friend).id;
  const others = five.filter((id) => id !== lead);
  const ends = five.map((id) => ({ id, ends: cut(world, [id]) }));
  world.run(5000);
  for (const each of ends) for (const end of each.ends) end();
  expect(quorate(world)).toEqual([]);
  for (const id of others) if (id !== friend) cutBoth(world, lead, id);
  world.run(5000);
  expect(quorate(world)).toEqual(others);
});

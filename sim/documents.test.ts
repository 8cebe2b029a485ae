/** Changes of the cluster file and of wishes, with something that goes wrong until all nodes have them on disk. */
import { expect, test } from 'vitest';
import type { Cluster } from '../src/core/model.ts';
import type { Answer } from '../src/core/ports.ts';
import { must } from '../src/lib/assert.ts';
import { exclusive } from './checks/exclusive.ts';
import { takeover } from './checks/takeover.ts';
import {
  apply,
  clusterOf,
  cut,
  cutBoth,
  db,
  device,
  five,
  hasNewFile,
  holders,
  isolate,
  leadOf,
  runUntil,
  split,
  stateOf,
  three,
} from './stage.testing.ts';
import { World } from './world/world.ts';

const onTwo = clusterOf(three, [db({ on: ['n3', 'n2'] })]);
const onOne = clusterOf(three, [db({ on: ['n2'] })]);

test('a guarded service waits for a lost node that the new file no longer names for it', () => {
  const world = new World(onTwo, 1, [exclusive()]);
  world.bootAll();
  world.run(5000);
  expect(holders(world, 'db')).toEqual(['n3']);
  world.host('n3').killDaemon();
  world.run(5000);
  apply(world, 'n1', onOne);
  world.run(3000);
  expect(hasNewFile(world, 'n2')).toBe(true);
  expect(holders(world, 'db')).toEqual(['n3']);
});

test('a node that has lost its own notes looks for what others think that it may run', () => {
  const world = new World(onTwo, 1, [exclusive()]);
  world.bootAll();
  world.run(5000);
  const stops = world.begin({ kind: 'agent', node: 'n3', service: 'db', verb: 'stop', how: 'hang', atMs: 0, forMs: 0 });
  apply(world, 'n1', onOne);
  expect(runUntil(world, () => stateOf(world, 'n3').local.get('db')?.record.state === 'stopping')).toBe(true);
  world.run(1000);
  world.host('n3').killDaemon();
  world.begin({ kind: 'damage', node: 'n3', file: 'ledger', atMs: 0, forMs: 0 });
  world.run(2000);
  must(stops, 'an end')();
  expect(holders(world, 'db')).toEqual(['n3']);
  world.host('n3').launchDaemon();
  expect(runUntil(world, () => holders(world, 'db').includes('n2'), 20_000)).toBe(true);
  expect(holders(world, 'db')).toEqual(['n2']);
});

test('what a node is stopping because the new file does not name it there is waited for when the node is lost', () => {
  const world = new World(onTwo, 1, [exclusive()]);
  world.bootAll();
  world.run(5000);
  world.begin({ kind: 'agent', node: 'n3', service: 'db', verb: 'stop', how: 'hang', atMs: 0, forMs: 0 });
  apply(world, 'n1', onOne);
  expect(runUntil(world, () => stateOf(world, 'n3').local.get('db')?.record.state === 'stopping')).toBe(true);
  world.host('n3').killDaemon();
  world.run(20_000);
  expect(holders(world, 'db')).toEqual(['n3']);
  expect(stateOf(world, 'n1').doc.admin.stray).toMatchObject({ n3: { mayRun: ['db'] } });

  world.host('n3').powerOff();
  world.command('n1', { kind: 'confirmOff', node: 'n3', because: 'seen' });
  world.run(5000);
  expect(holders(world, 'db')).toEqual(['n2']);
  world.host('n3').powerOn();
  world.run(5000);
  expect(holders(world, 'db')).toEqual(['n2']);
  expect(stateOf(world, 'n1').doc.admin.stray).toEqual({});
});

/**
 * The coordinator and three others agree to a new view without it while it has a wish put on disk by the members of the old one, one of
 * which is heard late. Returns whether it was acknowledged, and the nodes that know nothing of it in the end.
 */
function wishDuringNewView(seed: number, slowMs: number): { isAcknowledged: boolean; without: string[] } {
  const answers: Answer[] = [];
  const answered = (_world: World, _command: unknown, answer: Answer) => void answers.push(answer);
  const world = new World(clusterOf(five, [db()]), seed, [{ name: 'answers', answered }]);
  // Whoever has been there for longer leads.
  for (const id of ['n1', 'n5', 'n4']) world.host(id).powerOn();
  world.run(700);
  world.bootAll();
  world.run(6000);
  const lead = leadOf(world, 'n1').id;
  const [a = '', slow = '', late = '', other = ''] = five.filter((id) => id !== lead);
  const pairs = [lead, other].map((id) => [id, a] as const).concat([slow, late].map((id) => [other, id] as const));
  const ends = pairs.flatMap(([from, to]) => cutBoth(world, from, to));
  world.run(300);
  const { beatSeq } = stateOf(world, lead);
  expect(runUntil(world, () => stateOf(world, lead).beatSeq !== beatSeq)).toBe(true);
  world.run(5);
  ends.push(cut(world, lead, late), delay(world, lead, slow, slowMs), delay(world, slow, a, 40));
  world.command(lead, { kind: 'run', service: 'db', wanted: 'stopped', because: 'an operator' });
  world.run(500);
  ends.push(cut(world, late, lead));
  world.run(1000);
  for (const end of ends) end();
  world.run(10_000);
  const without = five.filter((id) => !Object.hasOwn(stateOf(world, id).doc.admin.stopped, 'db'));
  return { isAcknowledged: answers[0]?.ok === true, without };
}

function delay(world: World, from: string, to: string, delayMs: number): () => void {
  const slow = { kind: 'packets', from, to, link: null, how: 'slow', probability: 1, delayMs } as const;
  return world.begin({ ...slow, atMs: 0, forMs: 0 }) ?? (() => undefined);
}

test('what was acknowledged is not lost to a view that a member had agreed to before it had it on disk', () => {
  for (const [seed, slowMs] of [
    [1, 700],
    [4, 640],
    [5, 664],
    [7, 664],
    [11, 700],
  ] as const) {
    const { isAcknowledged, without } = wishDuringNewView(seed, slowMs);
    if (isAcknowledged) expect(without, `seed ${seed}, ${slowMs} ms late`).toEqual([]);
  }
});

function withNoQuorum(noQuorum: 'freeze' | 'stop'): Cluster {
  const plain = clusterOf(three, [db({ on: ['n3', 'n2'], takeover: 'lease' })]);
  return {
    ...plain,
    heartbeat: { ...plain.heartbeat, intervalMs: 400, deadMs: 2000 },
    quorum: { ...plain.quorum, noQuorum },
  };
}

test('a node counts as knowing the new rules when they are on its disk, not as soon as it has heard of them', () => {
  const world = new World(withNoQuorum('freeze'), 1, [exclusive(), takeover()]);
  world.bootAll();
  world.run(6000);
  expect(holders(world, 'db')).toEqual(['n3']);
  world.begin({ kind: 'slowDisk', node: 'n3', delayMs: 60_000, atMs: 0, forMs: 0 });
  apply(world, 'n1', withNoQuorum('stop'));
  expect(runUntil(world, () => hasNewFile(world, 'n3'))).toBe(true);
  for (const from of ['n1', 'n2']) cut(world, from, 'n3');
  const lead = leadOf(world, 'n1').id;
  const isStray = () => Object.hasOwn(stateOf(world, lead).doc.admin.stray, 'n3');
  expect(runUntil(world, () => hasNewFile(world, lead) && isStray())).toBe(true);
  expect(runUntil(world, () => !isStray(), 5000)).toBe(false);
  world.host('n3').killDaemon();
  isolate(world, 'n3');
  world.run(100);
  world.host('n3').launchDaemon();
  world.run(20_000);
  expect(holders(world, 'db')).not.toContain('n2');
});

test('a note that no majority can save keeps nothing else from being ordered', () => {
  const plain = clusterOf(three, [
    db({ on: ['n3', 'n2'] }),
    db({ id: 'web', on: ['n2', 'n1'], takeover: 'nothing', digest: 'web-1' }),
  ]);
  const world = new World(
    {
      ...plain,
      fencing: { ...plain.fencing, powerOn: false, devices: [device] },
      nodes: plain.nodes.map((node) => (node.id === 'n3' ? { ...node, fence: [[device.id]] } : node)),
    },
    1,
    [exclusive()],
  );
  world.bootAll();
  world.run(6000);
  expect(holders(world, 'web')).toEqual(['n2']);
  // With it and the one that is switched off, one disk of three is left.
  world.begin({ kind: 'diskFull', node: 'n1', atMs: 0, forMs: 0 });
  world.host('n3').powerOff();
  world.run(30_000);
  world.host('n2').endByItself('web');
  expect(holders(world, 'web')).toEqual([]);
  world.run(60_000);
  expect(holders(world, 'web')).toEqual(['n2']);
});

test('a node goes by whatever others may go by, also by a file that it never saw decided', () => {
  const fileOf = (noQuorum: 'freeze' | 'stop'): Cluster => {
    const plain = clusterOf(five, [db({ on: ['n2', 'n3'], takeover: 'lease' })]);
    return {
      ...plain,
      heartbeat: { ...plain.heartbeat, intervalMs: 400, deadMs: 3000 },
      quorum: { ...plain.quorum, noQuorum },
    };
  };
  const world = new World(fileOf('freeze'), 1, [exclusive(), takeover()]);
  world.bootAll();
  world.run(10_000);
  expect(holders(world, 'db')).toEqual(['n2']);
  const lead = leadOf(world, 'n2').id;
  expect(lead).not.toBe('n2');
  const others = five.filter((id) => id !== lead && id !== 'n2');
  for (const from of others) cut(world, from, 'n2');
  apply(world, lead, fileOf('stop'));
  const isKnown = (id: string) => hasNewFile(world, id) && !Object.hasOwn(stateOf(world, id).doc.admin.stray, 'n2');
  const isIdle = () => stateOf(world, lead).pending === null;
  expect(runUntil(world, () => others.every(isKnown) && isIdle(), 2000)).toBe(true);
  for (const to of others) cut(world, lead, to);
  world.command(lead, { kind: 'apply', source: 'newer', cluster: fileOf('freeze'), ifVersion: null });
  expect(runUntil(world, () => stateOf(world, 'n2').doc.source === 'newer', 900)).toBe(true);
  split(world, others);
  world.run(30_000);
  expect(holders(world, 'db')).toEqual(['n3']);
});

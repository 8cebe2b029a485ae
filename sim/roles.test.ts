/** Promotion under many faults at once: never two copies are promoted. */
import { expect, test } from 'vitest';
import { type Cluster, plainCluster, plainTraits, type Service } from '../src/core/model.ts';
import { exclusive } from './checks/exclusive.ts';
import { order } from './checks/order.ts';
import { promoted } from './checks/promoted.ts';
import { quorum } from './checks/quorum.ts';
import { views } from './checks/views.ts';
import type { AgentFault, Fault } from './world/faults.ts';
import type { Host } from './world/host.ts';
import { type Prng, prngFrom } from './world/prng.ts';
import { World } from './world/world.ts';

const nodes = ['n1', 'n2', 'n3'];
const db: Service = {
  ...plainTraits,
  id: 'db',
  resource: { kind: 'ocf', provider: 'test', type: 'db', params: {}, paramsOn: {} },
  on: nodes,
  instances: 3,
  clone: true,
  needs: [],
  with: [],
  stickiness: 0,
  check: { everyMs: 1000, timeoutMs: 500 },
  // Longer than a takeover waits: a promotion that hangs must not hold up the stop that others count on.
  startTimeoutMs: 4000,
  stopTimeoutMs: 500,
  failures: { max: 3, forgetMs: 2000 },
  takeover: 'lease',
  promotable: { max: 1, perNode: 1 },
  notify: true,
  digest: 'db-1',
};

const cluster = (): Cluster =>
  plainCluster(
    'test',
    { intervalMs: 100, deadMs: 500, port: 7354 },
    nodes.map((id, i) => ({ id, links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }] })),
    [db],
  );

const faultsOf = (prng: Prng): Fault[] => [
  ...Array.from({ length: 10 }, () => draw(prng)),
  ...Array.from({ length: 3 }, () => hangsWhileCutOff(prng)).flat(),
];

/** A promotion has begun and does not end, and its node is cut off: others wait for the end of its lease and its stop, no longer. */
function hangsWhileCutOff(prng: Prng): Fault[] {
  const [node, atMs] = [prng.pick(nodes), 3000 + prng.below(15_000)];
  return [
    { kind: 'agent', atMs, forMs: 1500, node, service: 'db', verb: 'promote', how: 'hang' },
    { kind: 'isolate', atMs: atMs + prng.below(1500), forMs: 6000, node, link: null },
  ];
}

function draw(prng: Prng): Fault {
  const when = { atMs: 3000 + prng.below(15_000), forMs: 200 + prng.below(3000) };
  const node = prng.pick(nodes);
  const agent = (verb: 'promote' | 'demote' | 'notify', how: AgentFault): Fault => ({
    ...when,
    kind: 'agent',
    node,
    service: 'db',
    verb,
    how,
  });
  switch (prng.pick(['isolate', 'crash', 'pause', 'power', 'kill', 'promote', 'demote', 'notify'] as const)) {
    case 'isolate':
      return { ...when, kind: 'isolate', node, link: null };
    case 'crash':
      return { ...when, kind: 'crashDaemon', node };
    case 'pause':
      return { ...when, kind: 'pauseDaemon', node };
    case 'power':
      return { ...when, kind: 'powerOff', node };
    case 'kill':
      return { ...when, kind: 'killService', node, service: 'db' };
    case 'promote':
      return agent('promote', prng.pick(['fail', 'hang', 'lie', 'pretend']));
    case 'demote':
      return agent('demote', prng.pick(['fail', 'hang', 'lie', 'pretend']));
    case 'notify':
      return agent('notify', prng.pick(['fail', 'hang']));
  }
}

test('never two promoted copies, whatever fails', () => {
  let promotions = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const counting = { name: 'counting', roleChanged: (_: World, host: Host) => (promotions += host.promoted.size) };
    const world = new World(cluster(), seed, [exclusive(), order(), promoted(), quorum(), views(), counting]);
    const prng = prngFrom(seed + 1000);
    world.bootAll();
    for (const fault of faultsOf(prng.fork('faults'))) world.plan(fault);
    world.run(22_000);
  }
  // It was about something.
  expect(promotions).toBeGreaterThan(60);
});

/**
 * Promotion under faults, before the scheduler plans it: a puppeteer gives the orders that a coordinator would, by the rules of
 * docs/internals/roles.md, and the world sees to it that never two copies are promoted.
 */
import { expect, test } from 'vitest';
import { compareOrders } from '../src/core/execute/local.ts';
import { plainOrder } from '../src/core/execute/plainOrder.ts';
import { hasQuorum } from '../src/core/membership/lease.ts';
import { type Cluster, type NodeId, plainCluster, plainTraits, type Service } from '../src/core/model.ts';
import type { Order, View } from '../src/core/ports.ts';
import { mayBePromoted } from '../src/core/roles.ts';
import { leaseTakeoverMs } from '../src/core/schedule/takeover.ts';
import type { NodeState } from '../src/core/state.ts';
import { must } from '../src/lib/assert.ts';
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
  resource: { kind: 'ocf', provider: 'test', type: 'db', params: {} },
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

/** Orders what a coordinator could: one promotion at a time, when nobody else may be promoted; now and then a demotion. */
class Puppeteer {
  readonly given = new Map<string, number>();
  readonly #world: World;
  readonly #prng: Prng;
  readonly #promotions = new Map<NodeId, Order>();
  #action = 10_000;

  constructor(world: World, prng: Prng) {
    this.#world = world;
    this.#prng = prng;
    this.#pull();
  }

  #pull(): void {
    this.#world.agenda.after(70, () => {
      for (const host of this.#world.hosts.values())
        if (isLeading(host)) this.#lead(host, must(host.loop, 'a loop').state);
      this.#pull();
    });
  }

  #lead(host: Host, state: NodeState): void {
    const view = must(state.installed, 'a view');
    if (this.#repeat(host, state, view)) return;
    // To itself a node sends no messages.
    const target = this.#prng.pick(nodes.filter((node) => node !== host.id && view.members.includes(node)));
    const record = state.records.get(target)?.services.db;
    if (record === undefined) return;
    if (mayBePromoted(record) && (record.state === 'running' || record.state === 'failed')) {
      if (record.state === 'failed' || this.#prng.chance(0.05)) this.#send(host, state, target, 'demote');
    } else if (record.state === 'running') {
      const isFree = nodes.every((node) => node === target || this.#isUnpromoted(state, view, node, host.nowMs()));
      if (isFree) this.#send(host, state, target, 'promote');
      else if (this.#prng.chance(0.2)) this.#send(host, state, target, 'notify');
    }
  }

  /** A promotion that no record shows yet may come at any moment: nothing else is ordered before. */
  #repeat(host: Host, { records }: NodeState, view: View): boolean {
    for (const [target, order] of this.#promotions) {
      const shown = records.get(target)?.services.db?.order ?? null;
      if (order.id.view !== view.number || (shown !== null && compareOrders(shown, order.id) >= 0))
        this.#promotions.delete(target);
      else {
        this.#deliver(host, target, order);
        return true;
      }
    }
    return false;
  }

  #isUnpromoted(state: NodeState, view: View, node: NodeId, nowMs: number): boolean {
    if (!view.members.includes(node)) {
      const lostMs = state.lost.get(node);
      return lostMs !== undefined && nowMs >= lostMs + leaseTakeoverMs(state.doc.cluster, db);
    }
    const record = state.records.get(node)?.services.db;
    return record !== undefined && !mayBePromoted(record);
  }

  #send(host: Host, state: NodeState, target: NodeId, verb: 'promote' | 'demote' | 'notify'): void {
    this.given.set(verb, (this.given.get(verb) ?? 0) + 1);
    this.#action += 1;
    const id = { view: must(state.installed, 'a view').number, plan: state.planNumber, action: this.#action };
    const order: Order = { ...plainOrder, id, verb, serviceId: 'db', notice, because: 'the puppeteer' };
    if (verb === 'promote') this.#promotions.set(target, order);
    this.#deliver(host, target, order);
  }

  #deliver(host: Host, target: NodeId, order: Order): void {
    const boot = must(host.loop, 'a loop').state.boot;
    const message = { kind: 'order', from: host.id, boot, order } as const;
    this.#world.network.send(host, target, message);
  }
}

/** The coordinator of a view in which all act, with a lease, and with records as new as the last beats. */
function isLeading(host: Host): boolean {
  const state = host.loop?.state;
  if (host.isHelpless || state === undefined || state.installed?.coordinator !== host.id) return false;
  if (!hasQuorum(state, host.nowMs())) return false;
  return state.installed.members.every((member) => {
    const beat = state.peers.get(member)?.beat;
    const record = state.records.get(member);
    if (member === host.id) return true;
    return (
      beat?.installed === state.installed?.number &&
      record?.boot === beat?.boot &&
      (record?.version ?? -1) >= (beat?.recordVersion ?? 0)
    );
  });
}

const nobody = { start: [], stop: [], promote: [], demote: [], promoted: [], unpromoted: [], inactive: [] };
const notice = { ...nobody, type: 'pre', operation: 'promote', active: nodes, available: nodes } as const;

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
  const given = new Map<string, number>();
  let promotions = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const counting = { name: 'counting', roleChanged: (_: World, host: Host) => (promotions += host.promoted.size) };
    const world = new World(cluster(), seed, [exclusive(), order(), promoted(), quorum(), views(), counting]);
    const prng = prngFrom(seed + 1000);
    const puppeteer = new Puppeteer(world, prng.fork('orders'));
    world.bootAll();
    for (const fault of faultsOf(prng.fork('faults'))) world.plan(fault);
    world.run(22_000);
    for (const [verb, count] of puppeteer.given) given.set(verb, (given.get(verb) ?? 0) + count);
  }
  // It was about something.
  expect(promotions).toBeGreaterThan(200);
  for (const verb of ['promote', 'demote', 'notify']) expect(given.get(verb), verb).toBeGreaterThan(100);
});

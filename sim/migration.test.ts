/** Live migration, order by order, before the scheduler plans it: what the records say at each step, and what runs in truth. */
import { expect, test } from 'vitest';
import { plainOrder } from '../src/core/execute/plainOrder.ts';
import { type NodeId, plainCluster, plainTraits, type Service, stickinessMax } from '../src/core/model.ts';
import type { Order, ServiceRecord } from '../src/core/ports.ts';
import { must } from '../src/lib/assert.ts';
import { exclusive } from './checks/exclusive.ts';
import { migration } from './checks/migration.ts';
import { quorum } from './checks/quorum.ts';
import type { AgentFault } from './world/faults.ts';
import type { Host } from './world/host.ts';
import { World } from './world/world.ts';

const vm: Service = {
  ...plainTraits,
  id: 'vm',
  resource: { kind: 'ocf', provider: 'test', type: 'vm', params: {} },
  on: ['n1', 'n2'],
  instances: 1,
  clone: false,
  needs: [],
  with: [],
  stickiness: stickinessMax,
  check: { everyMs: 60_000, timeoutMs: 500 },
  startTimeoutMs: 1000,
  stopTimeoutMs: 500,
  failures: { max: 3, forgetMs: null },
  takeover: 'lease',
  migrates: true,
  digest: 'vm-1',
};

/** Runs on n1, coordinated by a node that may not run it. */
class Rehearsal {
  readonly world: World;
  readonly #lead: Host;
  #action = 10_000;

  constructor(seed: number) {
    const places = ['a', 'b', 'c', 'n1', 'n2'].map((id, i) => ({
      id,
      links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }],
    }));
    const cluster = plainCluster('test', { intervalMs: 100, deadMs: 500, port: 7354 }, places, [vm]);
    this.world = new World(cluster, seed, [exclusive(), migration(), quorum()]);
    // Whoever has been there for longer leads.
    for (const node of ['a', 'b', 'c']) this.world.host(node).powerOn();
    this.world.run(2000);
    this.world.bootAll();
    this.world.run(3000);
    expect(this.truth()).toEqual(['n1']);
    this.#lead = this.world.host(must(this.world.host('a').loop?.state.installed?.coordinator, 'a coordinator'));
    expect(vm.on).not.toContain(this.#lead.id);
  }

  truth(): readonly NodeId[] {
    return [...this.world.hosts.values()].filter((host) => host.running.has('vm')).map((host) => host.id);
  }

  record(node: NodeId): ServiceRecord {
    const { state } = must(this.#lead.loop, 'a loop');
    return must(state.records.get(node)?.services.vm, `a record of ${node}`);
  }

  order(node: NodeId, verb: Order['verb'], peer: NodeId | null = null): void {
    const { installed, planNumber, boot } = must(this.#lead.loop, 'a loop').state;
    this.#action += 1;
    const id = { view: must(installed, 'a view').number, plan: planNumber, action: this.#action };
    const order: Order = { ...plainOrder, id, verb, serviceId: 'vm', peer, because: 'a rehearsal' };
    this.world.network.send(this.#lead, node, { kind: 'order', from: this.#lead.id, boot, order });
    this.world.run(20);
  }

  /** Runs until the record says so, and looks all the while whether what runs is known of. */
  until(node: NodeId, isSo: (record: ServiceRecord) => boolean): void {
    for (let i = 0; i < 2000 && !isSo(this.record(node)); i++) {
      this.world.run(1);
      for (const host of this.truth()) expect(this.record(host).state, host).not.toBe('stopped');
    }
    expect(this.record(node)).toSatisfy(isSo);
  }

  fault(node: NodeId, verb: 'migrateTo' | 'migrateFrom', how: AgentFault): void {
    this.world.begin({ atMs: 0, forMs: 0, kind: 'agent', node, service: 'vm', verb, how });
  }
}

test('from one node to the other without a stop', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const stage = new Rehearsal(seed);
    stage.order('n2', 'expect', 'n1');
    expect(stage.record('n2')).toMatchObject({ state: 'arriving', peer: 'n1' });
    stage.order('n1', 'migrateTo', 'n2');
    expect(stage.record('n1')).toMatchObject({ state: 'migrating', peer: 'n2' });
    stage.until('n1', ({ state }) => state === 'moved');
    expect(stage.record('n1').peer).toBe('n2');
    expect(stage.truth()).toContain('n2');
    stage.order('n2', 'migrateFrom', 'n1');
    stage.until('n2', ({ state }) => state === 'running');
    expect(stage.record('n2').peer).toBeNull();
    stage.order('n1', 'stop');
    stage.until('n1', ({ state }) => state === 'stopped');
    expect(stage.record('n1').peer).toBeNull();
    stage.world.run(3000);
    expect(stage.truth()).toEqual(['n2']);
    stage.world.atEnd();
  }
});

test.each([
  ['migrateTo', 'fail'],
  ['migrateTo', 'hang'],
  ['migrateTo', 'lie'],
  ['migrateFrom', 'fail'],
  ['migrateFrom', 'hang'],
  ['migrateFrom', 'lie'],
] as const)('%s: %s leaves nothing that no record tells of', (verb, how) => {
  for (let seed = 1; seed <= 10; seed++) {
    const stage = new Rehearsal(seed);
    const hurt = verb === 'migrateTo' ? 'n1' : 'n2';
    stage.fault(hurt, verb, how);
    stage.order('n2', 'expect', 'n1');
    stage.order('n1', 'migrateTo', 'n2');
    if (verb === 'migrateFrom') {
      stage.until('n1', ({ state }) => state === 'moved');
      stage.order('n2', 'migrateFrom', 'n1');
    }
    // What follows is the scheduler's, which does not know of migrations yet.
    stage.until(hurt, ({ failures }) => failures === 1);
  }
});

test('a target that loses its daemon meanwhile finds what has come', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const stage = new Rehearsal(seed);
    stage.order('n2', 'expect', 'n1');
    stage.order('n1', 'migrateTo', 'n2');
    stage.world.host('n2').killDaemon();
    stage.world.run(20);
    stage.world.host('n2').launchDaemon();
    stage.world.run(1500);
    expect(stage.record('n1').state).toBe('moved');
    expect(stage.truth()).toContain('n2');
    expect(['running', 'arriving', 'unknown', 'probing']).toContain(stage.record('n2').state);
  }
});

/** Live migration as an operator asks for it, with something that goes wrong at each of its moments. */
import { expect, test } from 'vitest';
import { type NodeId, plainCluster, plainTraits, type Service, stickinessMax } from '../src/core/model.ts';
import type { ServiceRecord } from '../src/core/ports.ts';
import { must } from '../src/lib/assert.ts';
import { exclusive } from './checks/exclusive.ts';
import { migration } from './checks/migration.ts';
import { order } from './checks/order.ts';
import { quorum } from './checks/quorum.ts';
import { takeover } from './checks/takeover.ts';
import type { AgentFault } from './world/faults.ts';
import type { Host } from './world/host.ts';
import { World } from './world/world.ts';

const vm: Service = {
  ...plainTraits,
  id: 'vm',
  resource: { kind: 'ocf', provider: 'test', type: 'vm', params: {}, paramsOn: {} },
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
  readonly lead: Host;

  constructor(seed: number) {
    const places = ['a', 'b', 'c', 'n1', 'n2'].map((id, i) => ({
      id,
      links: [{ address: `10.0.0.${i + 1}`, prefix: 24 }],
    }));
    const cluster = plainCluster('test', { intervalMs: 100, deadMs: 500, port: 7354 }, places, [vm]);
    this.world = new World(cluster, seed, [exclusive(), takeover(), migration(), order(), quorum()]);
    // Whoever has been there for longer leads.
    for (const node of ['a', 'b', 'c']) this.world.host(node).powerOn();
    this.world.run(2000);
    this.world.bootAll();
    this.world.run(3000);
    expect(this.truth()).toEqual(['n1']);
    this.lead = this.world.host(must(this.world.host('a').loop?.state.installed?.coordinator, 'a coordinator'));
    expect(vm.on).not.toContain(this.lead.id);
  }

  truth(): readonly NodeId[] {
    return [...this.world.hosts.values()].filter((host) => host.running.has('vm')).map((host) => host.id);
  }

  record(node: NodeId): ServiceRecord {
    const { state } = must(this.lead.loop, 'a loop');
    return must(state.records.get(node)?.services.vm, `a record of ${node}`);
  }

  move(): void {
    this.world.command(this.lead.id, { kind: 'move', service: 'vm', to: 'n2', because: 'a rehearsal' });
  }

  /** Looks all the while whether what runs is known of. */
  watch(forMs: number): void {
    for (let i = 0; i < forMs; i++) {
      this.world.run(1);
      for (const host of this.truth()) expect(this.record(host).state, host).not.toBe('stopped');
    }
  }
}

const seeds = Array.from({ length: 10 }, (_, i) => i + 1);

test.each(seeds)('from one node to the other without a stop (seed %i)', (seed) => {
  const stage = new Rehearsal(seed);
  stage.move();
  for (let i = 0; i < 40; i++) {
    stage.watch(50);
    expect(stage.truth().length).toBeGreaterThan(0);
  }
  expect(stage.truth()).toEqual(['n2']);
  expect(stage.record('n1')).toMatchObject({ state: 'stopped' });
  expect(stage.record('n2')).toMatchObject({ state: 'running', peer: null });
  stage.world.atEnd();
});

const faults: readonly AgentFault[] = ['fail', 'hang', 'lie', 'pretend'];

test.each(faults.flatMap((how) => [['migrateTo', how] as const, ['migrateFrom', how] as const]))(
  '%s: %s ends with one copy on one node',
  (verb, how) => {
    for (const seed of seeds) {
      const stage = new Rehearsal(seed);
      const node = verb === 'migrateTo' ? 'n1' : 'n2';
      const mend = stage.world.begin({ atMs: 0, forMs: 0, kind: 'agent', node, service: 'vm', verb, how });
      stage.move();
      stage.watch(4000);
      mend?.();
      stage.world.run(10_000);
      expect(stage.truth()).toHaveLength(1);
      stage.world.atEnd();
    }
  },
);

const victims = ['n1', 'n2', 'the coordinator'] as const;

test.each(victims.flatMap((victim) => [[victim, 'daemon'] as const, [victim, 'power'] as const]))(
  '%s loses its %s at any moment of it',
  (victim, what) => {
    for (let atMs = 0; atMs < 300; atMs += 12) {
      const stage = new Rehearsal(atMs + 1);
      const host = victim === 'the coordinator' ? stage.lead : stage.world.host(victim);
      stage.move();
      stage.world.run(atMs);
      if (what === 'power') host.powerOff();
      else host.killDaemon();
      stage.world.run(what === 'power' ? 4000 : 60);
      if (what === 'power') host.powerOn();
      else host.launchDaemon();
      stage.world.run(6000);
      expect(stage.truth(), `after ${atMs} ms`).toHaveLength(1);
      stage.world.atEnd();
    }
  },
);

test('a copy that breaks where it arrived is not started anew while its lost source may run it', () => {
  for (let atMs = 140; atMs < 260; atMs += 2) {
    const stage = new Rehearsal(atMs);
    stage.move();
    stage.world.run(atMs);
    const heal = stage.world.begin({ kind: 'isolate', node: 'n1', link: null, atMs: 0, forMs: 0 });
    stage.world.run(100);
    if (stage.record('n2').state === 'running')
      stage.world.begin({ kind: 'killService', node: 'n2', service: 'vm', atMs: 0, forMs: 0 });
    stage.world.run(3000);
    heal?.();
    stage.world.run(4000);
    expect(stage.truth(), `after ${atMs} ms`).toHaveLength(1);
    stage.world.atEnd();
  }
});

test('it is given away only to a node that says that it expects it', () => {
  for (let atMs = 0; atMs < 200; atMs += 4) {
    const stage = new Rehearsal(atMs + 1);
    stage.move();
    stage.world.run(atMs);
    const deaf = {
      kind: 'packets',
      from: null,
      to: 'n2',
      link: null,
      how: 'lose',
      probability: 1,
      delayMs: 0,
    } as const;
    stage.world.begin({ ...deaf, atMs: 0, forMs: 0 });
    const target = stage.world.host('n2');
    let isExpected = false;
    for (let i = 0; i < 300; i++) {
      stage.world.run(1);
      isExpected ||= target.loop?.state.local.get('vm')?.record.state === 'arriving';
      if (stage.record('n1').state === 'migrating') expect(isExpected, `deaf after ${atMs} ms`).toBe(true);
    }
  }
});

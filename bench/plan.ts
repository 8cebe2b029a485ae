/**
 * What the coordinator's planning costs in a running cluster: nothing new, one changed status, one lost node. In one process that has
 * planned before, as a daemon's; processor time of all its threads, and the time by the clock, in which the loop stood still.
 */
import { spreadOf } from '../lab/spread.ts';
import { blankRecord } from '../src/core/execute/services.ts';
import {
  type Cluster,
  type NodeId,
  plainCluster,
  plainTraits,
  type Service,
  stickinessMax,
} from '../src/core/model.ts';
import { type NodeRecord, noAdmin, type ServiceRecord } from '../src/core/ports.ts';
import { type Held, nothingHeld, remember, type ScheduleInput, schedule } from '../src/core/schedule/index.ts';
import { must } from '../src/lib/assert.ts';

export interface PlanResult {
  readonly nodes: number;
  readonly services: number;
  /** Services that run together and start one after the other; 1: every service is alone. */
  readonly grouped: number;
  readonly event: PlanEvent;
  /** Actions in the plan. */
  readonly actions: number;
  /** Medians, ms. */
  readonly processorMs: number;
  readonly clockMs: number;
}

export type PlanEvent = 'nothing new' | 'a status changes' | 'a node is lost';

const events: readonly PlanEvent[] = ['nothing new', 'a status changes', 'a node is lost'];
const shapes: readonly (readonly [nodes: number, services: number, grouped: number])[] = [
  [3, 10, 1],
  [8, 100, 1],
  [8, 100, 4],
  [32, 1000, 1],
  [32, 1000, 4],
];

export function benchPlan(runs: number, say: (line: string) => void): readonly PlanResult[] {
  const results: PlanResult[] = [];
  for (const [nodes, services, grouped] of shapes) {
    const world = worldOf(nodes, services, grouped);
    for (const event of events) {
      const result = { nodes, services, grouped, event, ...measure(world, event, runs) };
      results.push(result);
      say(`${nodes} nodes, ${services} services, groups of ${grouped}, ${event}: ${result.processorMs.toFixed(1)} ms`);
    }
  }
  return results;
}

/** Table of Markdown. */
export function planTable(results: readonly PlanResult[]): string {
  const rows = results.map(
    ({ nodes, services, grouped, event, actions, processorMs, clockMs }) =>
      `| ${nodes}×${services} | ${grouped === 1 ? 'alone' : `groups of ${grouped}`} | ${event} | ${actions} | ${processorMs.toFixed(1)} ms | ${clockMs.toFixed(1)} ms |`,
  );
  return [
    '| nodes × services | | what happens | actions | processor | clock |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

// ---------------------------------------------------------------- worlds

interface World {
  readonly cluster: Cluster;
  readonly ids: readonly NodeId[];
  readonly records: ReadonlyMap<NodeId, NodeRecord>;
  readonly held: Held;
}

function worldOf(nodeCount: number, serviceCount: number, grouped: number): World {
  const ids = Array.from({ length: nodeCount }, (_, i) => `n${i + 1}`);
  const home = (index: number): number => Math.floor(index / grouped) % nodeCount;
  const services = Array.from({ length: serviceCount }, (_, i): Service => {
    const on = [...ids.slice(home(i)), ...ids.slice(0, home(i))];
    return serviceOf(`s${i + 1}`, on, i % grouped === 0 ? [] : [`s${i}`]);
  });
  const places = ids.map((id, i) => ({ id, links: [{ address: `10.0.${i >> 8}.${(i & 255) + 1}`, prefix: 16 }] }));
  const cluster = plainCluster('bench', { intervalMs: 200, deadMs: 1000, port: 7354 }, places, services);
  const records = new Map(ids.map((node) => [node, recordOf(node, services)]));
  return { cluster, ids, records, held: remember(nothingHeld, cluster, records) };
}

const serviceOf = (id: string, on: readonly NodeId[], before: readonly string[]): Service => ({
  ...plainTraits,
  id,
  resource: { kind: 'systemd', unit: `${id}.service` },
  on,
  instances: 1,
  clone: false,
  needs: before,
  with: before,
  stickiness: stickinessMax,
  check: { everyMs: 5000, timeoutMs: 5000 },
  startTimeoutMs: 20_000,
  stopTimeoutMs: 1000,
  failures: { max: 3, forgetMs: 600_000 },
  takeover: 'lease',
  digest: `${id}-1`,
});

/** Everything runs on the first node of its list. */
function recordOf(node: NodeId, services: readonly Service[]): NodeRecord {
  const entries = services.map(({ id, on, digest }): [string, ServiceRecord] => {
    const state = on[0] === node ? 'running' : 'stopped';
    return [id, { ...blankRecord, state, role: 'unpromoted', digest: state === 'running' ? digest : null }];
  });
  return { node, boot: 1, version: 1, watchdog: 'none', fencings: [], services: Object.fromEntries(entries) };
}

// ---------------------------------------------------------------- measuring

const warmUps = 5;

function measure(
  world: World,
  event: PlanEvent,
  runs: number,
): Pick<PlanResult, 'actions' | 'processorMs' | 'clockMs'> {
  let actions = 0;
  const [processor, clock]: [number[], number[]] = [[], []];
  for (let run = -warmUps; run < runs; run++) {
    const input = inputAfter(world, event, run);
    const usedBefore = process.cpuUsage();
    const beganMs = performance.now();
    const held = remember(world.held, world.cluster, input.records);
    actions = schedule({ ...input, held }).actions.length;
    const clockMs = performance.now() - beganMs;
    const { user, system } = process.cpuUsage(usedBefore);
    if (run < 0) continue;
    clock.push(clockMs);
    processor.push((user + system) / 1000);
  }
  return { actions, processorMs: medianOf(processor), clockMs: medianOf(clock) };
}

const medianOf = (values: readonly number[]): number => must(spreadOf(values), 'measured values').median;

/** Records that changed are new from end to end, as they come from the wire. */
function inputAfter({ cluster, ids, records }: World, event: PlanEvent, run: number): ScheduleInput {
  const [coordinator = '', ...others] = ids;
  // Each time another one: what was answered last is remembered.
  const other = must(others[Math.abs(run) % others.length], 'another node');
  const members = event === 'a node is lost' ? ids.filter((id) => id !== other) : ids;
  const changed = event === 'a status changes' ? failing(cluster, other, run) : must(records.get(other), other);
  const seen = new Map(members.map((id) => [id, id === other ? changed : must(records.get(id), id)]));
  return {
    cluster,
    admin: noAdmin,
    view: { number: members.length, members, coordinator },
    records: seen,
    lost: event === 'a node is lost' ? new Map([[other, 0]]) : new Map(),
    provable: true,
    watched: new Set(),
    doomed: new Set(),
    nowMs: 1_000_000,
  };
}

function failing(cluster: Cluster, node: NodeId, run: number): NodeRecord {
  const record = recordOf(node, cluster.services);
  const own = cluster.services.filter(({ on }) => on[0] === node);
  const { id } = must(own[Math.abs(run) % own.length], 'a service that runs there');
  const failed: Partial<ServiceRecord> = { state: 'failed', failures: 1, failed: 'check', lastFailure: 'exit code 1' };
  const before = must(record.services[id], id);
  return { ...record, version: 100 + run, services: { ...record.services, [id]: { ...before, ...failed } } };
}

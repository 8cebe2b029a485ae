/** Random clusters in random states, for the property tests: small, but with everything at once. */
import * as fc from 'fast-check';
import { withAllCopies } from '../../copies.ts';
import { blankRecord } from '../../execute/services.ts';
import type {
  Cluster,
  ColocationConfig,
  FailedOperation,
  NodeId,
  OnFail,
  OrderConfig,
  Resource,
  Service,
} from '../../model.ts';
import {
  colocationOfTwo,
  noRules,
  orderOfTwo,
  plainCluster,
  plainTraits,
  stickinessMax,
  uniqueOnScore,
} from '../../model.ts';
import { type Admin, type NodeRecord, noAdmin, type ServiceRecord, type ServiceState } from '../../ports.ts';
import type { Role } from '../../roles.ts';
import { nothingHeld, remember, type ScheduleInput } from '../index.ts';
import { isActive } from '../seen.ts';
import { copyKey, type World } from './world.ts';

export const viewNumber = 7;
export const nowMs = 100_000;

const address: Resource = {
  kind: 'address',
  address: '10.0.0.1',
  prefix: 24,
  family: 4,
  interface: null,
  probeMs: 0,
  drainMs: 0,
};

export const command: Resource = {
  kind: 'command',
  argv: ['/bin/true'],
  env: {},
  directory: '/',
  stopSignal: 'SIGTERM',
  checkArgv: null,
};

/** A server a node, named `to-NODE`. */
export const balanceTo = (nodes: readonly NodeId[]): Resource => ({
  kind: 'balance',
  engine: 'haproxy',
  mode: 'http',
  listen: { address: null, port: 80 },
  algorithm: 'roundrobin',
  servers: nodes.map((node) => ({ id: `to-${node}`, node, address: '10.0.0.2', port: 80, weight: 1 })),
  check: { kind: 'tcp', method: 'GET', path: '/', everyMs: 500, timeoutMs: 300, rise: 1, fall: 1 },
  connectTimeoutMs: 100,
  idleTimeoutMs: 1000,
  forwardFor: false,
  cookie: null,
  stats: null,
});

export const plainService = (id: string, on: readonly NodeId[]): Service => ({
  id,
  resource: command,
  on,
  instances: 1,
  clone: false,
  needs: [],
  with: [],
  stickiness: stickinessMax,
  check: { everyMs: 1000, timeoutMs: 1000 },
  startTimeoutMs: 1000,
  stopTimeoutMs: 1000,
  failures: { max: 3, forgetMs: 600_000 },
  takeover: 'fencing',
  ...plainTraits,
  digest: `${id}-1`,
});

export const heartbeat = { intervalMs: 200, deadMs: 1000, port: 7354 };

const nodeIds = (count: number): readonly NodeId[] => ['a', 'b', 'c', 'd', 'e'].slice(0, count);

export const clusterOf = (nodes: readonly NodeId[], services: readonly Service[]): Cluster =>
  plainCluster(
    'random',
    heartbeat,
    nodes.map((id) => ({ id, links: [] })),
    services,
  );

export const colocationOf = (id: string, dependent: string, primary: string, score: number): ColocationConfig =>
  colocationOfTwo(id, score, { dependent, primary });

/** `promote`: the second starts when the first is promoted. */
export const orderOf = (id: string, first: string, second: string, kind: string, promote: boolean): OrderConfig =>
  orderOfTwo(id, kind, { first, second, ...(promote ? { firstAction: 'promote', secondAction: 'start' } : {}) });

const few = <T>(all: readonly T[], max: number): fc.Arbitrary<T[]> =>
  fc.subarray([...all], { maxLength: Math.min(max, all.length) });

/** Knobs that a property turns off where it speaks of a simpler world. */
export interface Kinds {
  readonly withs: boolean;
  readonly needs: boolean;
  readonly orders: boolean;
  /** Copies that differ. */
  readonly uniques: boolean;
}

const service = (index: number, nodes: readonly NodeId[], kinds: Kinds): fc.Arbitrary<Service> => {
  const id = `s${index}`;
  // `needs` goes to lower numbers; `with` in either direction (by parity), so that both together may form a ring.
  const lower = Array.from({ length: index }, (_, i) => `s${i}`);
  return fc
    .record({
      resource: fc.constantFrom(address, balanceTo(nodes), command, command),
      on: fc.shuffledSubarray([...nodes], { minLength: 1 }),
      clone: fc.boolean(),
      hasRoles: fc.boolean(),
      instances: fc.integer({ min: 1, max: nodes.length }),
      needs: kinds.needs ? few(lower, 2) : fc.constant([]),
      with: kinds.withs ? fc.oneof(fc.constant([]), few(lower, 1)) : fc.constant([]),
      stickiness: fc.constantFrom(0, 50, 250, stickinessMax),
      takeover: fc.constantFrom('nothing', 'nothing', 'lease', 'fencing'),
      max: fc.integer({ min: 1, max: 3 }),
      onScore: fc.constantFrom(1, 1, 100),
      answer: fc.constantFrom<OnFail>(...usual, 'block', 'stop', 'standby', 'fence', 'demote'),
      ofOneCheck: fc.boolean(),
      migrates: fc.boolean(),
      perNode: kinds.uniques ? fc.constantFrom(0, 0, 1, 2, 3) : fc.constant(0),
    })
    .map(({ perNode, ...rest }) => {
      const isUnique = rest.clone && perNode > 0;
      const max = Math.min(rest.instances, rest.on.length * perNode);
      return isUnique
        ? { ...rest, clone: false, migrates: false, copyOf: { service: id, number: 0, max, perNode } }
        : rest;
    })
    .map(({ max, clone, hasRoles, instances, answer, ofOneCheck, migrates, ...rest }) => ({
      ...plainService(id, rest.on),
      ...rest,
      takeover: rest.takeover as Service['takeover'],
      clone,
      migrates: migrates && !clone,
      promotable: (clone || 'copyOf' in rest) && hasRoles ? { max: 1, perNode: 1 } : null,
      instances: clone ? Math.min(instances, rest.on.length) : 1,
      failures: { max, forgetMs: 600_000 },
      onScore: clone && hasRoles ? rest.onScore : 'copyOf' in rest && rest.onScore === 1 ? uniqueOnScore : 100,
      checks: ofOneCheck ? [{ everyMs: 1000, timeoutMs: 1000, role: null, level: 0, onFail: answer }] : [],
      onFail: answer === 'restart' ? {} : { check: answer, start: answer === 'demote' ? 'standby' : answer },
    }));
};

const services = (nodes: readonly NodeId[], kinds: Kinds): fc.Arbitrary<readonly Service[]> =>
  fc
    .integer({ min: 1, max: 8 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => service(i, nodes, kinds))));

/** Runs every `with` the other way round: then `needs` and `with` together may form a ring. */
const turned = (list: readonly Service[]): readonly Service[] =>
  list.map((each) => ({ ...each, with: list.filter((other) => other.with.includes(each.id)).map(({ id }) => id) }));

export const someCluster = (kinds: Kinds): fc.Arbitrary<Cluster> =>
  fc
    .integer({ min: 1, max: 5 })
    .chain((count) =>
      fc.tuple(fc.constant(nodeIds(count)), services(nodeIds(count), kinds), fc.boolean(), fc.boolean(), drawn(kinds)),
    )
    .map(([nodes, list, turn, reversed, draws]) => {
      const chosen = turn ? turned(list) : list;
      const cluster = clusterOf(nodes, reversed ? chosen.toReversed() : chosen);
      const ruled = { ...cluster, rules: { ...noRules, orders: ordersAmong(list, draws) } };
      return withAllCopies(ruled, (service) => service);
    });

/** Places in the list, and what kind of order. */
interface DrawnOrder {
  readonly first: number;
  readonly second: number;
  readonly kind: string;
  readonly promote: boolean;
}

const drawn = ({ orders }: Kinds): fc.Arbitrary<readonly DrawnOrder[]> => {
  const place = fc.nat({ max: 7 });
  const kind = fc.constantFrom('Mandatory', 'Mandatory', 'Optional', 'Serialize');
  const order = fc.record({ first: place, second: place, kind, promote: fc.boolean() });
  return orders ? fc.oneof(fc.constant([]), fc.array(order, { maxLength: 3 })) : fc.constant([]);
};

/** In the direction of `needs`: what waits in a ring starts never. */
function ordersAmong(services: readonly Service[], draws: readonly DrawnOrder[]): readonly OrderConfig[] {
  return draws.flatMap(({ first, second, kind, promote }, index) => {
    const [a, b] = [services[Math.min(first, second)], services[Math.max(first, second)]];
    if (a === undefined || b === undefined || a === b) return [];
    return [orderOf(`o${index}`, a.id, b.id, kind, promote && a.promotable !== null)];
  });
}

const usual: readonly OnFail[] = ['restart', 'restart', 'restart', 'restart', 'restart', 'restart'];

const states: readonly ServiceState[] = ['unknown', 'stopped', 'stopped', 'stopped', 'running', 'running', 'failed'];
const busyStates: readonly ServiceState[] = ['probing', 'starting', 'stopping', 'reloading', 'blocked'];
const roleStates: readonly ServiceState[] = ['promoting', 'demoting'];

const record = (each: Service, settledOnly: boolean): fc.Arbitrary<ServiceRecord> =>
  fc
    .record({
      state: fc.constantFrom(
        ...states,
        ...(settledOnly ? [] : busyStates),
        ...(settledOnly || each.promotable === null ? [] : roleStates),
      ),
      role: fc.constantFrom<Role>('unpromoted', 'unpromoted', 'promoted', 'unknown'),
      promotion: fc.constantFrom(null, 0, 10, 20),
      isOld: fc.integer({ min: 0, max: 5 }),
      failures: fc.constantFrom(0, 0, 0, 1, 3),
      failed: fc.constantFrom<FailedOperation | null>(null, 'check', 'check/1000'),
      banned: fc.constantFrom('no', 'no', 'no', 'no', 'no', 'node', 'cluster'),
      conflicts: fc.constantFrom(0, 0, 0, 2),
      drained: fc.constantFrom<string[]>([], [], ['to-a'], ['to-b', 'gone']),
    })
    .map(({ state, isOld, failures, failed, banned, conflicts, drained, role, promotion }) => {
      const runs = state !== 'stopped' && state !== 'unknown' && state !== 'probing';
      const last = failures > 0 || banned !== 'no' || state === 'failed' ? 'exit 1' : null;
      return {
        ...blankRecord,
        state,
        digest: runs ? (isOld === 0 ? 'old' : each.digest) : null,
        failures,
        lastFailure: last,
        failed: last === null || isActive(state) ? null : failed,
        banned: banned as ServiceRecord['banned'],
        conflicts: state === 'stopped' ? conflicts : 0,
        drained: runs ? drained : [],
        role: roleOf(each, state, runs, role),
        promotion: each.promotable === null ? null : promotion,
      };
    });

function roleOf({ promotable }: Service, state: ServiceState, runs: boolean, drawn: Role): Role {
  if (promotable === null && state === 'running') return 'unpromoted';
  return !runs || promotable === null || state === 'promoting' ? 'unknown' : drawn;
}

const nodeRecord = (node: NodeId, cluster: Cluster, settledOnly: boolean): fc.Arbitrary<NodeRecord> =>
  fc.tuple(...cluster.services.map((each) => fc.option(record(each, settledOnly), { freq: 12 }))).map((entries) => ({
    node,
    boot: 1,
    version: 1,
    watchdog: 'none',
    fencings: [],
    services: Object.fromEntries(
      entries.flatMap((entry, i) => {
        const each = cluster.services[i];
        return entry === null || each === undefined ? [] : [[each.id, entry]];
      }),
    ),
  }));

const admin = (cluster: Cluster): fc.Arbitrary<Admin> => {
  const nodes = cluster.nodes.map(({ id }) => id);
  const ids = cluster.services.map(({ id }) => id);
  const rarely = <T extends string>(all: readonly T[]): fc.Arbitrary<readonly T[]> =>
    fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: few(all, 2) });
  return fc
    .tuple(rarely(nodes), rarely(ids), rarely(ids), fc.boolean(), fc.constantFrom(...nodes))
    .map(([standby, stopped, moved, toward, node]) => ({
      ...noAdmin,
      standby: Object.fromEntries(standby.map((id) => [id, { because: 'repair' }])),
      stopped: Object.fromEntries(stopped.map((id) => [id, { because: 'not now' }])),
      moves: Object.fromEntries(
        moved.map((id) => [id, { to: toward ? node : null, from: toward ? null : node, because: 'wish' }]),
      ),
    }));
};

export interface Shape extends Kinds {
  /** Nothing is under way or blocked at the beginning. */
  readonly settledOnly: boolean;
}

export const someWorld = (shape: Shape): fc.Arbitrary<World> =>
  someCluster(shape).chain((cluster) => {
    const nodes = cluster.nodes.map(({ id }) => id);
    return fc
      .tuple(
        fc.subarray(nodes, { minLength: Math.floor(nodes.length / 2) + 1 }),
        fc.tuple(...nodes.map((node) => nodeRecord(node, cluster, shape.settledOnly))),
        admin(cluster),
        fc.subarray(cluster.services.flatMap(({ id, on }) => on.map((node) => copyKey(id, node)))),
        fc.integer({ min: 0, max: 10_000 }),
      )
      .map(([members, records, wishes, hidden, lostForMs]) => {
        const known = new Map(records.filter(({ node }) => members.includes(node)).map((each) => [each.node, each]));
        const absent = nodes.filter((node) => !members.includes(node));
        const input: ScheduleInput = {
          cluster,
          admin: wishes,
          view: { number: viewNumber, members, coordinator: members[0] ?? 'a' },
          records: known,
          lost: new Map(absent.map((node) => [node, nowMs - lostForMs])),
          provable: true,
          watched: new Set(),
          doomed: new Set(),
          held: remember(nothingHeld, cluster, known),
          nowMs,
        };
        return { input, hidden: new Set(hidden) };
      });
  });

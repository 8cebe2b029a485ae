import { describe, expect, test } from 'vitest';
import { must } from '../../lib/assert.ts';
import { plainContainer } from '../container.testing.ts';
import { asOn, digestOf, digestOn } from '../definition.ts';
import { blankRecord } from '../execute/services.ts';
import {
  type Cluster,
  type ContainerResource,
  failuresMax,
  noRules,
  type OcfResource,
  type Rule,
  type RuledValues,
  type Service,
  stickinessMax,
} from '../model.ts';
import { noAdmin, type ServiceRecord } from '../ports.ts';
import { clusterOf, plainService } from '../schedule/cases/arbitrary.ts';
import { type Plan, schedule } from '../schedule/index.ts';
import { forgetMsOf, inForce } from './inForce.ts';

const hourS = 3600;

const during = (hours: string): Rule => ({
  id: `at-${hours}`,
  join: 'and',
  score: null,
  scoreAttribute: null,
  role: null,
  expressions: [{ kind: 'date', operation: 'date_spec', start: null, end: null, duration: null, spec: { hours } }],
});

const ruled = (
  stickiness: number,
  ...rules: readonly (readonly [string, Readonly<Record<string, string>>])[]
): Service => ({
  ...plainService('web', ['a', 'b', 'c']),
  stickiness,
  metaRules: rules.map(([hours, meta]) => ({ rule: during(hours), meta })),
});

const cluster = (service: Service): Cluster => clusterOf(['a', 'b', 'c'], [service]);

const at = (service: Service, hour: number): Service | undefined => inForce(cluster(service), hour * hourS).services[0];

const stopped: ServiceRecord = { ...blankRecord, state: 'stopped', role: 'unpromoted' };

/** It runs on b, and would rather be on a by 100 points. */
const planAt = (service: Service, hour: number, more: Partial<ServiceRecord> = {}): Plan =>
  planOf(cluster(service), hour, { b: service.digest }, more);

/** `running`: the definitions with which its first service runs, by node. */
function planOf(
  file: Cluster,
  hour: number,
  running: Readonly<Record<string, string>>,
  more: Partial<ServiceRecord> = {},
): Plan {
  const id = must(file.services[0], 'a service').id;
  const recordOn = (node: string): ServiceRecord => {
    const digest = running[node];
    return digest === undefined ? stopped : { ...stopped, state: 'running', digest, ...more };
  };
  return schedule({
    cluster: file,
    admin: noAdmin,
    view: { number: 1, members: ['a', 'b', 'c'], coordinator: 'a' },
    records: new Map(
      ['a', 'b', 'c'].map((node) => [
        node,
        { node, boot: 1, version: 1, services: { [id]: recordOn(node) }, watchdog: 'none', fencings: [] },
      ]),
    ),
    lost: new Map(),
    provable: true,
    watched: new Set(),
    doomed: new Set(),
    nowMs: 5000,
    dateMs: hour * hourS * 1000,
  });
}

const placeAt = (service: Service, hour: number, more: Partial<ServiceRecord> = {}) =>
  planAt(service, hour, more).placements[0]?.nodes;

describe('stickiness by a rule', () => {
  test('takes the place of that of the service, be it more or less', () => {
    const goesBackAtNight = ruled(stickinessMax, ['0-5', { 'resource-stickiness': '0' }]);
    expect(placeAt(goesBackAtNight, 12)).toEqual(['b']);
    expect(placeAt(goesBackAtNight, 3)).toEqual(['a']);
    const staysByDay = ruled(60, ['6-22', { 'resource-stickiness': 'INFINITY' }]);
    expect(placeAt(staysByDay, 12)).toEqual(['b']);
    expect(placeAt(staysByDay, 3)).toEqual(['a']);
  });

  test('is looked at again when the rule may say something else', () => {
    const service = ruled(60, ['6-22', { 'resource-stickiness': 'INFINITY' }]);
    expect(planAt(service, 5).againAtMs).toBe(5000 + hourS * 1000);
  });

  test('is not counted twice', () => {
    expect(placeAt(ruled(60, ['6-22', { 'resource-stickiness': '60' }]), 12)).toEqual(['a']);
  });

  test('below zero is none', () => {
    expect(at(ruled(60, ['6-22', { 'resource-stickiness': '-500' }]), 12)).toMatchObject({ stickiness: 0 });
  });
});

describe('failures by a rule', () => {
  const strict = ruled(stickinessMax, ['6-22', { 'migration-threshold': '1', 'failure-timeout': '90s' }]);

  test('count for more, or are forgotten sooner', () => {
    expect(placeAt(strict, 3, { failures: 1 })).toEqual(['b']);
    expect(placeAt(strict, 12, { failures: 1 })).toEqual(['a']);
    expect(forgetMsOf(strict, 12 * hourS)).toBe(90_000);
    expect(forgetMsOf(strict, 3 * hourS)).toBe(strict.failures.forgetMs);
  });

  test('move it never, or at the first one', () => {
    const maxAt = (text: string) => at(ruled(0, ['0-23', { 'migration-threshold': text }]), 1)?.failures.max;
    expect([maxAt('0'), maxAt('-5'), maxAt('INFINITY'), maxAt('7')]).toEqual([failuresMax, 1, failuresMax, 7]);
  });
});

test('of rules that hold the later one counts, and what else they say is kept for the engine', () => {
  const service = ruled(
    5,
    ['0-23', { 'resource-stickiness': '10', critical: 'false' }],
    ['6-22', { 'resource-stickiness': '20' }],
  );
  expect(at(service, 3)).toMatchObject({ stickiness: 10, metaRules: [{ meta: { critical: 'false' } }, { meta: {} }] });
  expect(at(service, 12)).toMatchObject({ stickiness: 20 });
});

test('a cluster without such rules is the same object, and one with them the same for as long as nothing changes', () => {
  const plain = cluster(ruled(5, ['6-22', { critical: 'false' }]));
  expect(inForce(plain, 0)).toBe(plain);
  const some = cluster(ruled(5, ['6-22', { 'resource-stickiness': '20' }]));
  expect(inForce(some, 7 * hourS)).toBe(inForce(some, 8 * hourS));
  expect(inForce(some, 7 * hourS)).not.toBe(inForce(some, 0));
});

describe('values by a rule', () => {
  const site = (value: string): Rule => ({
    ...during('0-23'),
    expressions: [{ kind: 'attribute', attribute: 'site', operation: 'eq', value, type: null, valueSource: null }],
  });
  const both = (...rules: readonly Rule[]): Rule => ({
    ...during('0-23'),
    expressions: rules.map((rule) => ({ kind: 'rule', rule })),
  });
  const resource: OcfResource = { kind: 'ocf', provider: 'test', type: 'db', params: { size: '1' }, paramsOn: {} };
  const db: Service = { ...plainService('db', ['a', 'b', 'c']), resource, digest: digestOf(resource) };
  const plain = cluster(db);
  const [a, ...others] = plain.nodes;
  const sites = {
    ...plain,
    nodes: [{ ...must(a, 'a'), attributes: { site: 'east' } }, ...others],
  };
  const ruledBy = (...ruled: readonly RuledValues[]): Cluster => ({ ...sites, services: [{ ...db, ruled }] });
  const of = (from: Cluster, hour: number): Service => must(inForce(from, hour * hourS).services[0], 'db');

  test('parameters change the definition where and while the rule holds, and nowhere else', () => {
    const file = ruledBy({ rule: both(site('east'), during('9-17')), params: { size: '2' } });
    const [night, day] = [of(file, 8), of(file, 9)];
    expect(night.resource).toEqual(resource);
    expect(['a', 'b'].map((node) => digestOn(night, node))).toEqual([db.digest, db.digest]);
    expect(day.resource).toEqual({ ...resource, paramsOn: { a: { size: '2' } } });
    expect(digestOn(day, 'a')).toBe(digestOf({ ...resource, params: { size: '2' } }));
    expect(digestOn(day, 'b')).toBe(db.digest);
    expect(asOn(day, 'a')).toEqual({ ...db, ruled: day.ruled, resource: day.resource, digest: digestOn(day, 'a') });
  });

  test('parameters of an agent in a container, too', () => {
    const inside: ContainerResource = { ...plainContainer, agent: resource };
    const ruled = [{ rule: both(site('east'), during('9-17')), params: { size: '2' } }];
    const file = { ...sites, services: [{ ...db, resource: inside, digest: digestOf(inside), ruled }] };
    const day = of(file, 9);
    expect(day.resource).toEqual({ ...inside, agent: { ...resource, paramsOn: { a: { size: '2' } } } });
    expect(digestOn(day, 'a')).toBe(digestOf({ ...inside, agent: { ...resource, params: { size: '2' } } }));
    expect(digestOn(day, 'b')).toBe(digestOf(inside));
  });

  test('a parameter may ask for an attribute that a rule changes', () => {
    const file = ruledBy({ rule: site('west'), params: { size: '3' } });
    const nodes = file.nodes.map((node) => ({
      ...node,
      ruled: [{ rule: during('9-17'), attributes: { site: 'west' } }],
    }));
    expect(of({ ...file, nodes }, 8).resource).toEqual(resource);
    expect(of({ ...file, nodes }, 9).resource).toMatchObject({ paramsOn: { a: { size: '3' }, c: { size: '3' } } });
  });

  test('of several rules that hold the later one counts, name by name', () => {
    const file = ruledBy(
      { rule: during('9-17'), params: { size: '2', color: 'red' } },
      { rule: during('12-17'), params: { size: '3' } },
      { rule: during('9-17'), utilization: { memory: 4 }, startTimeoutMs: 1, onFail: { start: 'stop' } },
      { rule: during('12-17'), utilization: { disks: 1 }, timeouts: { promote: 7 }, onFail: { check: 'block' } },
      { rule: during('12-17'), checks: { check: { everyMs: 3, timeoutMs: 2 }, checks: [] } },
    );
    expect(of(file, 9)).toMatchObject({ startTimeoutMs: 1, utilization: { memory: 4 }, timeouts: {}, check: db.check });
    expect(of(file, 12)).toMatchObject({
      resource: { paramsOn: { b: { size: '3', color: 'red' } } },
      startTimeoutMs: 1,
      timeouts: { promote: 7 },
      onFail: { start: 'stop', check: 'block' },
      utilization: { memory: 4, disks: 1 },
      check: { everyMs: 3, timeoutMs: 2 },
    });
    expect(of(file, 18)).toMatchObject({
      startTimeoutMs: db.startTimeoutMs,
      utilization: {},
      onFail: {},
      check: db.check,
    });
  });

  test('what a node has room for decides where things run, from the moment on', () => {
    const nodes = sites.nodes.map((node) => ({ ...node, utilization: { memory: 4 } }));
    const small = { ...must(nodes[0], 'a'), ruled: [{ rule: during('9-17'), utilization: { memory: 1 } }] };
    const file: Cluster = {
      ...sites,
      nodes: [small, ...nodes.slice(1)],
      services: [{ ...db, utilization: { memory: 2 } }],
      rules: { ...noRules, options: { 'placement-strategy': 'utilization' } },
    };
    const nodesAt = (hour: number) => planOf(file, hour, {}).placements[0]?.nodes;
    expect(nodesAt(8)).toEqual(['a']);
    expect(nodesAt(9)).toEqual(['b']);
    expect(planOf(file, 8, {}).againAtMs).toBe(5000 + hourS * 1000);
  });

  test('a copy that runs is started anew when its definition changes, and the plan is made again at that moment', () => {
    const file = ruledBy({ rule: both(site('east'), during('9-17')), params: { size: '2' } });
    const on = (node: string, hour: number) => planOf(file, hour, { [node]: db.digest });
    expect(on('a', 8)).toMatchObject({ actions: [], againAtMs: 5000 + hourS * 1000 });
    expect(on('a', 9).actions).toMatchObject([
      { verb: 'stop', on: 'a', because: 'its definition changed' },
      { verb: 'start', on: 'a' },
    ]);
    expect(on('b', 9).actions).toEqual([]);
  });
});

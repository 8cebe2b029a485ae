import { describe, expect, test } from 'vitest';
import { blankRecord } from '../execute/services.ts';
import { type Cluster, failuresMax, type Rule, type Service, stickinessMax } from '../model.ts';
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

/** It runs on b, and would rather be on a by 100 points. */
function planAt(service: Service, hour: number, more: Partial<ServiceRecord> = {}): Plan {
  const stopped: ServiceRecord = { ...blankRecord, state: 'stopped', role: 'unpromoted' };
  const here: ServiceRecord = { ...stopped, state: 'running', digest: service.digest, ...more };
  return schedule({
    cluster: cluster(service),
    admin: noAdmin,
    view: { number: 1, members: ['a', 'b', 'c'], coordinator: 'a' },
    records: new Map(
      ['a', 'b', 'c'].map((node) => [
        node,
        { node, boot: 1, version: 1, services: { web: node === 'b' ? here : stopped }, watchdog: 'none', fencings: [] },
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

/**
 * A world in a few lines, to carry plans out in tests: what runs where in truth, and records that say so.
 *
 * An action is begun and ends later, so that a test can look at every moment between. What an agent answers is up to the
 * test; nothing here knows the scheduler's rules.
 */
import { must } from '../../../lib/assert.ts';
import { blankRecord } from '../../execute/services.ts';
import type { NodeId, Service, ServiceId } from '../../model.ts';
import type { NodeRecord, ServiceRecord, ServiceState } from '../../ports.ts';
import { type Held, nothingHeld, type PlannedAction, remember, type ScheduleInput } from '../index.ts';

export interface World {
  readonly input: ScheduleInput;
  /** What a probe of it would find; a copy that is not in it is stopped. */
  readonly hidden: ReadonlySet<string>;
}

export const copyKey = (service: ServiceId, node: NodeId): string => `${service} on ${node}`;

export const recordOf = (input: ScheduleInput, service: ServiceId, node: NodeId): ServiceRecord =>
  input.records.get(node)?.services[service] ?? blankRecord;

export function withRecord(world: World, service: ServiceId, node: NodeId, patch: Partial<ServiceRecord>): World {
  const { input } = world;
  const before = must(input.records.get(node), `record of ${node}`);
  const entry = { ...(before.services[service] ?? blankRecord), ...patch };
  const after: NodeRecord = {
    ...before,
    version: before.version + 1,
    services: { ...before.services, [service]: entry },
  };
  const records = new Map(input.records).set(node, after);
  const held: Held = remember(input.held ?? nothingHeld, input.cluster, records);
  return { ...world, input: { ...input, records, held } };
}

const stateWhile = {
  probe: 'probing',
  start: 'starting',
  stop: 'stopping',
  reload: 'reloading',
  tune: 'reloading',
  promote: 'promoting',
  demote: 'demoting',
  expect: 'arriving',
  migrateTo: 'migrating',
  migrateFrom: 'migrating',
  notify: 'notifying',
  forget: 'unknown',
} as const satisfies Record<PlannedAction['verb'], ServiceState>;

export const begin = (world: World, action: PlannedAction): World =>
  withRecord(world, action.service, action.on, {
    state: stateWhile[action.verb],
    ...(action.peer == null ? {} : { peer: action.peer }),
    ...(action.verb === 'migrateFrom' || action.verb === 'expect'
      ? { digest: serviceOf(world, action.service)?.digest ?? null }
      : {}),
  });

export type Answer = 'ok' | 'failed';

export function end(world: World, action: PlannedAction, answer: Answer = 'ok'): World {
  const { service, on, verb } = action;
  const failures = recordOf(world.input, service, on).failures + 1;
  const operation = verb === 'start' || verb === 'stop' || verb === 'promote' || verb === 'demote' ? verb : null;
  const failed: Partial<ServiceRecord> = {
    state: 'failed',
    failures,
    lastFailure: `${verb} failed`,
    failed: operation,
    ...(verb === 'migrateFrom' ? { peer: null } : {}),
  };
  if (answer === 'failed' && verb !== 'probe') return withRecord(world, service, on, failed);
  const digest = serviceOf(world, service)?.digest ?? null;
  switch (verb) {
    case 'probe':
      return world.hidden.has(copyKey(service, on))
        ? withRecord(world, service, on, { state: 'running', digest, role: 'unpromoted' })
        : withRecord(world, service, on, { state: 'stopped', digest: null, role: 'unpromoted' });
    case 'start':
      return withRecord(world, service, on, {
        state: 'running',
        digest,
        conflicts: 0,
        drained: [],
        role: 'unpromoted',
        failed: null,
      });
    case 'stop':
      return withRecord(world, service, on, {
        state: 'stopped',
        digest: null,
        drained: [],
        role: 'unpromoted',
        peer: null,
      });
    case 'reload':
      return withRecord(world, service, on, { state: 'running', digest });
    case 'tune':
      return withRecord(world, service, on, { state: 'running', drained: action.drained });
    case 'promote':
      return withRecord(world, service, on, { state: 'running', role: 'promoted' });
    case 'demote':
      return withRecord(world, service, on, { state: 'running', role: 'unpromoted' });
    case 'expect':
      return world;
    case 'migrateTo':
      return withRecord(world, service, on, { state: 'moved' });
    case 'migrateFrom':
      return withRecord(world, service, on, { state: 'running', digest, role: 'unpromoted' });
    case 'notify':
      return withRecord(world, service, on, { state: 'running', notice: action.notice ?? null });
    case 'forget':
      return withRecord(world, service, on, { failures: 0, lastFailure: null, failed: null, banned: 'no' });
  }
}

const serviceOf = (world: World, id: ServiceId): Service | undefined =>
  world.input.cluster.services.find((service) => service.id === id);

/** Carries out all actions of one plan that are not blocked, one after the other; `pick` chooses among those that may begin. */
export function carryOut(world: World, actions: readonly PlannedAction[], pick: (count: number) => number): World {
  const open = actions.filter((action) => action.blocked === null);
  const done = new Set<number>();
  let now = world;
  while (open.length > 0) {
    const ready = open.filter((action) => action.after.every((id) => done.has(id)));
    const action = must(ready[pick(ready.length)], 'an action that may begin');
    now = end(begin(now, action), action);
    done.add(action.id);
    open.splice(open.indexOf(action), 1);
  }
  return now;
}

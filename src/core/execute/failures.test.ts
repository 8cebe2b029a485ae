import { describe, expect, test } from 'vitest';
import type { Service } from '../model.ts';
import { watchServices } from '../monitor/checks.ts';
import type { OpResult } from '../operations.ts';
import { plainService } from '../schedule/cases/arbitrary.ts';
import { Stage } from './stage.testing.ts';

const db: Service = {
  ...plainService('db', ['a', 'b']),
  takeover: 'lease',
  failures: { max: 3, forgetMs: 600_000 },
};
const roles = { clone: true, instances: 2, promotable: { max: 1, perNode: 1 } };

const broke: OpResult = { outcome: 'failed', because: 'it broke', scope: 'soft', unknown: false };

function running(service: Service): Stage {
  const stage = new Stage(service);
  stage.carryOut('db', 'probe', { outcome: 'stopped' });
  stage.carryOut('db', 'start');
  return stage;
}

function check(stage: Stage, result: OpResult): Stage {
  stage.nowMs += 60_000;
  for (const op of stage.do(watchServices)) stage.answer(op, result);
  return stage;
}

describe('a record says what failed', () => {
  const failing = (verb: 'start' | 'stop' | 'promote' | 'demote'): Stage => {
    const stage = new Stage({ ...db, ...roles });
    stage.carryOut('db', 'probe', { outcome: 'stopped' });
    for (const before of verb === 'start' ? [] : (['start', 'promote'] as const))
      if (before !== verb) stage.carryOut('db', before);
      else break;
    stage.carryOut('db', verb, broke);
    return stage;
  };

  test.each(['start', 'stop', 'promote', 'demote'] as const)('%s', (verb) => {
    expect(failing(verb).record('db')).toMatchObject({ failed: verb, failures: 1, lastFailure: 'it broke' });
  });

  test('check, and what ended by itself', () => {
    expect(check(running(db), broke).record('db')).toMatchObject({ state: 'failed', failed: 'check' });
    expect(check(running(db), { outcome: 'stopped' }).record('db')).toMatchObject({ failed: 'check' });
  });

  test('until it is forgotten', () => {
    const stage = failing('start');
    stage.nowMs += 600_000;
    stage.do(watchServices);
    expect(stage.record('db')).toMatchObject({ failed: null, failures: 0 });
  });

  test('for ever, where that blocks it', () => {
    const stage = check(running({ ...db, onFail: { check: 'block' } }), broke);
    stage.nowMs += 6_000_000;
    stage.do(watchServices);
    expect(stage.record('db')).toMatchObject({ failed: 'check', failures: 1 });
    stage.order('db', 'forget');
    expect(stage.record('db')).toMatchObject({ state: 'unknown', failed: null, failures: 0 });
  });
});

describe('a failure that is ignored is told and does not count', () => {
  const ignored = { failures: 0, failed: null, lastFailure: 'it broke' };

  test('of a check', () => {
    const stage = running({ ...db, onFail: { check: 'ignore' } });
    expect(check(stage, broke).record('db')).toMatchObject({ state: 'running', ...ignored });
  });

  test('of a start and a stop', () => {
    const stage = new Stage({ ...db, onFail: { start: 'ignore', stop: 'ignore' } });
    stage.carryOut('db', 'probe', { outcome: 'stopped' });
    expect(stage.carryOut('db', 'start', broke)).toMatchObject({ state: 'running', ...ignored });
    expect(stage.carryOut('db', 'stop', broke)).toMatchObject({ state: 'stopped', ...ignored });
  });

  test('of a promotion and a demotion', () => {
    const stage = running({ ...db, ...roles, onFail: { promote: 'ignore', demote: 'ignore' } });
    expect(stage.carryOut('db', 'promote', broke)).toMatchObject({ state: 'running', role: 'promoted', ...ignored });
    expect(stage.carryOut('db', 'demote', broke)).toMatchObject({ state: 'running', role: 'unpromoted', ...ignored });
  });
});

describe('a failed stop', () => {
  const stopped = (more: Partial<Service>): string => {
    const stage = running({ ...db, ...more });
    return stage.carryOut('db', 'stop', broke).state;
  };

  test('blocks what must not run twice, and all else where the file says so', () => {
    expect(stopped({})).toBe('blocked');
    expect(stopped({ takeover: 'nothing' })).toBe('failed');
    expect(stopped({ takeover: 'nothing', onFail: { stop: 'block' } })).toBe('blocked');
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Stage } from '../execute/stage.testing.ts';
import type { RecurringCheck, Service } from '../model.ts';
import { failedCheck, failedText, failedWords, leadsTo, onFailOf, operationOf } from '../onFail.ts';
import type { OpResult } from '../ports.ts';
import { plainService } from '../schedule/cases/arbitrary.ts';
import { onDied, watchServices } from './checks.ts';

const check = (everyMs: number, more: Partial<RecurringCheck> = {}): RecurringCheck => ({
  everyMs,
  timeoutMs: everyMs / 2,
  role: null,
  level: 0,
  onFail: null,
  ...more,
});

const roles = { clone: true, instances: 2, promotable: { max: 1, perNode: 1 } } as const;

const fine: OpResult = { outcome: 'running', digest: null };
const broke: OpResult = { outcome: 'failed', because: 'it broke', scope: 'soft', unknown: false };

function running(more: Partial<Service>): Stage {
  const stage = new Stage({ ...plainService('db', ['a', 'b']), ...more });
  stage.carryOut('db', 'probe', { outcome: 'stopped' });
  stage.carryOut('db', 'start');
  return stage;
}

/** What is checked when, for so long, if each check takes no time. */
function seen(stage: Stage, forMs: number, stepMs: number, answer: OpResult = fine): string[] {
  const found: string[] = [];
  const beganMs = stage.nowMs;
  while (stage.nowMs < beganMs + forMs) {
    stage.nowMs += stepMs;
    for (const op of stage.do(watchServices)) {
      found.push(`${stage.nowMs - beganMs}: ${op.check?.everyMs ?? 'the one'} in ${op.timeoutMs}`);
      stage.answer(op, answer);
    }
  }
  return found;
}

describe('a service with several checks', () => {
  test('is checked by each at its own interval', () => {
    const stage = running({ checks: [check(100), check(250, { level: 10 })] });
    expect(seen(stage, 510, 10)).toEqual([
      '100: 100 in 50',
      '200: 100 in 50',
      '250: 250 in 125',
      '300: 100 in 50',
      '400: 100 in 50',
      '500: 100 in 50',
      '510: 250 in 125',
    ]);
  });

  test('is checked as its role asks for', () => {
    const checks = [check(100, { role: 'promoted' }), check(300, { role: 'unpromoted' }), check(400)];
    const stage = running({ ...roles, checks });
    expect(seen(stage, 800, 100)).toEqual(['300: 300 in 150', '400: 400 in 200', '600: 300 in 150', '800: 400 in 200']);
    stage.carryOut('db', 'promote');
    expect(seen(stage, 400, 100, { ...fine, promoted: true })).toEqual([
      '100: 100 in 50',
      '200: 100 in 50',
      '300: 100 in 50',
      '400: 100 in 50',
    ]);
  });

  test('has one check at a time, and none of them waits for ever', () => {
    const every = fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(every, (intervals) => {
        const stage = running({ checks: intervals.map((each) => check(each * 100)) });
        const found = seen(stage, 20_000, 100);
        const times = found.map((line) => line.split(':')[0]);
        expect(new Set(times).size).toBe(times.length);
        for (const each of intervals) expect(found.some((line) => line.includes(`: ${each * 100} in`))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('says by which check it was seen to fail, where that has its own answer', () => {
    const checks = [check(100), check(250, { onFail: 'standby' })];
    const service: Service = { ...plainService('db', ['a', 'b']), checks, onFail: { check: 'stop' } };
    const first = running(service);
    seen(first, 100, 100, broke);
    expect(first.record('db')).toMatchObject({ state: 'failed', failed: 'check', failures: 1 });
    expect(leadsTo(service, first.record('db'))).toBe('stop');
    const second = running(service);
    seen(second, 240, 60);
    seen(second, 10, 10, broke);
    expect(second.record('db')).toMatchObject({ state: 'failed', failed: 'check/250' });
    expect(leadsTo(service, second.record('db'))).toBe('standby');
    expect(failedText(second.record('db'), 'a')).toBe('its check every 0.25 s failed on a: it broke');
  });

  test('ignores what one of them finds, and not what another one does', () => {
    const checks = [check(100), check(250, { onFail: 'ignore' })];
    const stage = running({ checks });
    seen(stage, 240, 60);
    seen(stage, 10, 10, broke);
    expect(stage.record('db')).toMatchObject({ state: 'running', failures: 0, lastFailure: 'it broke' });
    seen(stage, 100, 100, broke);
    expect(stage.record('db')).toMatchObject({ state: 'failed', failures: 1 });
  });

  test('that is no longer promoted has failed the check that saw it', () => {
    const stage = running({ ...roles, checks: [check(100, { role: 'promoted', onFail: 'fence' })] });
    stage.carryOut('db', 'promote');
    seen(stage, 100, 100);
    expect(stage.record('db')).toMatchObject({ role: 'unpromoted', failed: 'check/100', failures: 1 });
  });

  test('that ended by itself has failed the first check of its role', () => {
    const stage = running({ checks: [check(100, { onFail: 'stop' }), check(200)] });
    stage.do((turn) => onDied(turn, 'db', 'gone'));
    expect(stage.record('db')).toMatchObject({ state: 'failed', failed: 'check/100' });
  });
});

describe('a file that says something else meanwhile', () => {
  const other = (stage: Stage, more: Partial<Service>): void => {
    const { doc } = stage.state;
    const services = doc.cluster.services.map((service) => ({ ...service, ...more }));
    stage.state = { ...stage.state, doc: { ...doc, cluster: { ...doc.cluster, services } } };
  };

  test('counts for the checks of what runs', () => {
    const stage = running({ check: { everyMs: 60_000, timeoutMs: 1000 } });
    other(stage, { checks: [check(100), check(250, { onFail: 'stop' })] });
    expect(seen(stage, 61_000, 100).slice(0, 4)).toEqual([
      '100: 100 in 50',
      '200: 250 in 125',
      '300: 100 in 50',
      '400: 100 in 50',
    ]);
    other(stage, { checks: [], check: { everyMs: 300, timeoutMs: 70 } });
    expect(seen(stage, 900, 100)).toContain('400: the one in 70');
  });

  test('does so for the next definition only once it is started', () => {
    const stage = running({ check: { everyMs: 100, timeoutMs: 1000 } });
    other(stage, { digest: 'another', check: { everyMs: 500, timeoutMs: 70 } });
    expect(seen(stage, 200, 100)).toHaveLength(2);
  });

  test.each(['the same', 'another'])('counts for how long a stop may take, with %s definition', (which) => {
    const stage = running({ takeover: 'lease', stopTimeoutMs: 60_000 });
    const { digest } = stage.state.doc.cluster.services[0] ?? { digest: '' };
    other(stage, { stopTimeoutMs: 1000, digest: which === 'another' ? which : digest });
    expect(stage.loseQuorum()).toMatchObject([{ verb: 'stop', timeoutMs: 1000 }]);
  });
});

describe('what has failed', () => {
  const service: Service = {
    ...plainService('db', ['a']),
    checks: [check(100, { onFail: 'fence' }), check(200)],
    onFail: { check: 'block', start: 'standby' },
  };

  test.each([
    ['check', 'block', 'check'],
    ['check/100', 'fence', 'check every 0.1 s'],
    ['check/200', 'block', 'check every 0.2 s'],
    // It has left the file.
    ['check/300', 'block', 'check every 0.3 s'],
    ['start', 'standby', 'start'],
    ['stop', null, 'stop'],
  ] as const)('%s leads to %s', (failed, then, words) => {
    expect(onFailOf(service, failed)).toBe(then);
    expect(failedWords(failed)).toBe(words);
    expect(operationOf(failed)).toBe(failed.startsWith('check') ? 'check' : failed);
  });

  test('a check without an answer of its own is one like any other', () => {
    expect(service.checks.map(failedCheck)).toEqual(['check/100', 'check']);
    expect(failedCheck(null)).toBe('check');
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OpResult, Verb } from '../../core/ports.ts';
import type { Ended } from '../process/run.ts';
import { exitReason, judge } from './parse.ts';

const capture = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'captures', `${name}.stderr.txt`), 'utf8');
const exited = (code: number, stderr = '', stdout = ''): Ended => ({ kind: 'exited', code, stdout, stderr });

/** `running`, `ok`, ..., or the scope of a failure. */
const short = (result: OpResult): string => (result.outcome === 'failed' ? result.scope : result.outcome);
const judged = (verb: Verb, code: number): string => short(judge(verb, exited(code), 1000, null));

describe('exit codes', () => {
  test.each([
    // code, probe and check, start, stop
    [0, 'running', 'ok', 'ok'],
    [1, 'soft', 'soft', 'soft'],
    [2, 'node', 'node', 'node'],
    [3, 'node', 'node', 'node'],
    [4, 'node', 'node', 'node'],
    [5, 'node', 'node', 'node'],
    [6, 'cluster', 'cluster', 'cluster'],
    [7, 'stopped', 'soft', 'soft'],
    [8, 'running', 'soft', 'soft'],
    [9, 'soft', 'soft', 'soft'],
    [127, 'soft', 'soft', 'soft'],
    [190, 'running', 'soft', 'soft'],
    [191, 'running', 'soft', 'soft'],
  ])('%i', (code, asked, start, stop) => {
    expect([judged('probe', code), judged('check', code), judged('start', code), judged('stop', code)]).toEqual([
      asked,
      asked,
      start,
      stop,
    ]);
  });

  test('what runs is said with its definition', () => {
    expect(judge('probe', exited(0), 1000, 'abc')).toEqual({ outcome: 'running', digest: 'abc' });
  });
});

describe('reasons', () => {
  test("the agent's own words, as they are", () => {
    const result = judge('start', exited(6, capture('IPaddr2-4.12.0-start-without-ip')), 1000, null);
    expect(result).toEqual({
      outcome: 'failed',
      because: 'IP address (the ip parameter) is mandatory',
      scope: 'cluster',
      unknown: false,
    });
  });

  test('the last of several', () => {
    expect(exitReason('ocf-exit-reason:first\nnoise\nocf-exit-reason: second \nmore noise\n')).toBe('second');
    expect(exitReason('said: ocf-exit-reason:not at the start\n')).toBeNull();
    expect(exitReason('ocf-exit-reason:\n')).toBeNull();
  });

  test('of any length, cut to what fits the record of a node', () => {
    const result = judge(
      'start',
      { kind: 'timedOut', stdout: '', stderr: `ocf-exit-reason:${'x'.repeat(65_000)}` },
      1,
      null,
    );
    expect(result.outcome === 'failed' && result.because.length).toBe(4096);
  });

  test('else the exit code in words and the last line of standard error, or of standard output', () => {
    const because = (ended: Ended) => {
      const result = judge('start', ended, 1000, null);
      return result.outcome === 'failed' ? result.because : null;
    };
    expect(because(exited(7, capture('apache-4.12.0-monitor-stopped')))).toBe(
      'start ended with exit code 7 (not running): Nov 20 20:01:47 INFO: apache not running',
    );
    expect(because(exited(1, '', 'only this\n'))).toBe('start ended with exit code 1 (unspecified error): only this');
    expect(because(exited(55))).toBe('start ended with exit code 55 (unknown to OCF)');
  });
});

describe('no exit code', () => {
  test('killed, by us or others: nobody knows', () => {
    const said = { stdout: '', stderr: 'ocf-exit-reason:waits for the disk\n' };
    expect(judge('stop', { kind: 'timedOut', ...said }, 1500, null)).toEqual({
      outcome: 'failed',
      because: 'the agent did not finish stop within 1500 ms: waits for the disk',
      scope: 'soft',
      unknown: true,
    });
    expect(judge('start', { kind: 'killed', signal: 'SIGSEGV', stdout: '', stderr: '' }, 1500, null)).toMatchObject({
      because: 'the agent was killed by SIGSEGV during start',
      unknown: true,
    });
  });

  test('not started: a missing program bans the node, a full process table does not', () => {
    const not = (missing: boolean): Ended => ({ kind: 'notStarted', missing, because: 'cannot start it' });
    expect(short(judge('start', not(true), 1000, null))).toBe('node');
    expect(short(judge('start', not(false), 1000, null))).toBe('soft');
  });
});

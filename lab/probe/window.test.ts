import { describe, expect, it } from 'vitest';
import { type Answer, measure } from './window.ts';

/** Requests every 10 ms from 0 that take 1 ms; those in [from, to) fail, at once or after 200 ms. */
function record(count: number, fails: (atMs: number) => boolean, giveUpMs = 200): Answer[] {
  return Array.from({ length: count }, (_, i) => {
    const ok = !fails(i * 10);
    return {
      atMs: i * 10,
      lateMs: 0,
      tookMs: ok ? 1 : giveUpMs,
      ok,
      by: ok ? 'one' : null,
      error: ok ? null : 'timeout',
    };
  });
}

describe('measure', () => {
  it('finds no outage where nothing failed, however slow it was', () => {
    const slow = record(20, () => false).map((answer) => (answer.atMs === 100 ? { ...answer, tookMs: 150 } : answer));
    expect(measure(slow, 0, 200)).toMatchObject({
      requests: 20,
      failed: 0,
      outageMs: 0,
      slowestMs: 150,
      answering: true,
    });
  });

  it('counts from the end of the last success to the end of the next one', () => {
    const outcome = measure(
      record(100, (atMs) => atMs >= 100 && atMs < 600),
      0,
      1000,
    );
    expect(outcome).toMatchObject({
      failed: 50,
      outageMs: 510,
      answering: true,
      errors: [{ name: 'timeout', count: 50 }],
    });
  });

  it('takes the longest of several outages and does not add them up', () => {
    const outcome = measure(
      record(200, (atMs) => (atMs >= 100 && atMs < 200) || (atMs >= 500 && atMs < 900)),
      0,
      2000,
    );
    expect(outcome.outageMs).toBe(410);
  });

  it('hardly sees an outage while others answer', () => {
    const outcome = measure(
      record(100, (atMs) => atMs % 20 === 0),
      0,
      1000,
    );
    expect(outcome.failed).toBe(50);
    expect(outcome.outageMs).toBe(20);
  });

  it('says when the service did not come back', () => {
    expect(
      measure(
        record(100, (atMs) => atMs >= 300),
        0,
        1000,
      ),
    ).toMatchObject({ answering: false, outageMs: 709 });
    expect(
      measure(
        record(100, () => true),
        0,
        1000,
      ),
    ).toMatchObject({ answering: false, outageMs: 1000 });
  });

  it('leaves out what was due outside of the window', () => {
    expect(
      measure(
        record(100, (atMs) => atMs < 500),
        500,
        800,
      ),
    ).toMatchObject({ requests: 30, failed: 0 });
  });

  it('counts who answered', () => {
    const answers = record(30, () => false).map((answer, i) => ({ ...answer, by: i % 3 === 0 ? 'two' : 'one' }));
    expect(measure(answers, 0, 300).servedBy).toEqual([
      { name: 'one', count: 20 },
      { name: 'two', count: 10 },
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Row } from './act.ts';
import { progressLine, renderTable, resultOf } from './table.ts';

const row: Row = {
  fault: 'power off balancer1',
  requests: 400,
  failed: 93,
  outageMs: 942,
  takenOverBy: 'balancer2',
  why: 'balancer1 was not heard for 1 s',
  problem: null,
  settledMs: 2345,
  outcome: {
    requests: 400,
    failed: 93,
    outageMs: 942,
    slowestMs: 3,
    lateMsMax: 1,
    answering: true,
    servedBy: [],
    errors: [],
  },
};

describe('the table of the demo', () => {
  it('lines numbers up on the right', () => {
    expect(renderTable([row, { ...row, fault: 'short', failed: 0, outageMs: 0 }], null)).toBe(
      [
        'FAULT                REQUESTS  FAILED  OUTAGE  TAKEN OVER BY  WHY',
        'power off balancer1       400      93  942 ms  balancer2      balancer1 was not heard for 1 s',
        'short                     400       0    0 ms  balancer2      balancer1 was not heard for 1 s',
      ].join('\n'),
    );
  });

  it('wraps the reason to the width of the terminal', () => {
    const lines = renderTable([row], 85).split('\n');
    expect(lines.every((line) => line.length <= 85)).toBe(true);
    expect(lines.length).toBe(3);
  });

  it('says the same in a line and as data', () => {
    expect(progressLine(row)).toBe(
      'ok: 93 of 400 requests failed, outage 942 ms; balancer2 serves; settled after 2.3 s',
    );
    expect(resultOf([row], true, 12.34)).toEqual({
      ok: true,
      faults: [
        {
          fault: 'power off balancer1',
          requests: 400,
          failed: 93,
          outageMs: 942,
          takenOverBy: 'balancer2',
          why: 'balancer1 was not heard for 1 s',
        },
      ],
      stallMsMax: 12.3,
    });
    expect(resultOf([{ ...row, problem: 'down' }], true, 0).ok).toBe(false);
    expect(resultOf([row], false, 0).ok).toBe(false);
  });
});

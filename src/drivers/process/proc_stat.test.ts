import { describe, expect, test } from 'vitest';
import { hasEnded, parseProcStat } from './proc_stat.ts';

const line =
  '4242 (web (a) b) S 1 4240 4239 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 2809856 200 18446744073709551615 1 1 0 0 0\n';

describe('parseProcStat', () => {
  test('reads a name with spaces and parentheses', () =>
    expect(parseProcStat(line)).toEqual({
      pid: 4242,
      name: 'web (a) b',
      state: 'S',
      groupId: 4240,
      sessionId: 4239,
      startTicks: '98765',
    }));

  test.each(['', 'nonsense', '12 (cat', '12 (cat) S 1 2', 'x (cat) S 1'])('says null to %j', (text) =>
    expect(parseProcStat(text)).toBeNull(),
  );
});

test('a zombie has ended, a sleeper has not', () => {
  expect(hasEnded(parseProcStat(line.replace(' S ', ' Z '))!)).toBe(true);
  expect(hasEnded(parseProcStat(line)!)).toBe(false);
});

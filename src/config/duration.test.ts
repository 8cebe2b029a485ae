import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationHint, formatDuration, parseDuration } from './duration.ts';

describe('parseDuration', () => {
  test.each([
    ['200ms', 200],
    ['0s', 0],
    ['10s', 10_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('reads %s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.each(['', '5', '5 s', '0.5s', '-1s', '1m30s', '5S', '1w', ' 5s', '5s\n', '9999999999s', '٣s', '999999999d'])(
    'refuses «%s»',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  test('reads what it writes', () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), (durationMs) => parseDuration(formatDuration(durationMs)) === durationMs),
    );
  });
});

test.each([
  [5, 'say the unit: 5s or 5ms'],
  ['0.5s', 'write 500ms'],
  ['200 ms', 'write 200ms'],
  ['10sec', 'write 10s'],
  ['1.5h', 'write 90m'],
  ['soon', null],
  [-1, null],
  [['5s'], null],
  ['20055.01m', null],
])('the hint for %j is %j', (value, expected) => {
  expect(durationHint(value)).toBe(expected);
});

import { expect, test } from 'vitest';
import { durationText, namesText, timesText } from './words.ts';

test('durations in the largest unit that needs no fraction', () => {
  expect([0, 1500, 2000, 600_000, 5_400_000, 3_600_000, 172_800_000].map(durationText)).toEqual([
    '0ms',
    '1500ms',
    '2s',
    '10m',
    '90m',
    '1h',
    '2d',
  ]);
});

test('a handful of names', () => {
  expect(namesText([])).toBe('');
  expect(namesText(['a'])).toBe('a');
  expect(namesText(['a', 'b', 'c'])).toBe('a, b and c');
  expect(namesText(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more');
});

test('counts', () => {
  expect([1, 3].map(timesText)).toEqual(['once', '3 times']);
});

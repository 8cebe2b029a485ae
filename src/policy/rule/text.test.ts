import { expect, it } from 'vitest';
import { infinity } from '../values.ts';
import { compareVersions, durationMsOf, intervalMsOf, isTrue, scoreOf } from './text.ts';

it.each([
  ['10', 10_000],
  [' 5 min', 300_000],
  ['250ms', 250],
  ['PT1M30S', 90_000],
  ['P10S', 10_000],
  ['soon', null],
])('%s is %s ms', (text, expected) => {
  expect(durationMsOf(text)).toBe(expected);
});

it('reads scores, words and versions', () => {
  expect(['INFINITY', '-5000000', '12x', null].map((text) => scoreOf(text))).toEqual([infinity, -infinity, 12, 0]);
  expect(['ON', '1', 'perhaps', undefined].map(isTrue)).toEqual([true, true, false, false]);
  expect(intervalMsOf('-3s')).toBe(0);
  expect(intervalMsOf('5000h')).toBe(4_294_967_295);
  expect(compareVersions('3.0.9', '3.0.13')).toBe(-1);
  expect(compareVersions(null, '1')).toBe(-1);
});

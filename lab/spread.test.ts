import { expect, it } from 'vitest';
import { showSpread, spreadOf } from './spread.ts';

it('takes the middle of an odd count and the mean of the two middles of an even one', () => {
  expect(spreadOf([9, 1, 5])).toEqual({ runs: 3, median: 5, min: 1, max: 9 });
  expect(spreadOf([10, 1, 5, 6])).toEqual({ runs: 4, median: 5.5, min: 1, max: 10 });
  expect(spreadOf([])).toBeNull();
});

it('shows the spread in words', () => {
  expect(showSpread(spreadOf([900, 1000]), 'ms')).toBe('median 950 ms (900 to 1000), 2 runs');
  expect(showSpread(null, 'ms')).toBe('no run ended well');
});

import { expect, test } from 'vitest';
import { Rates } from './rates.ts';

const takes = (rates: Rates, name: string, times: number, nowMs: number): number =>
  Array.from({ length: times }, () => rates.take(name, nowMs)).filter(Boolean).length;

test('lets through so many at once, then so many a second, for each name', () => {
  const rates = new Rates(20, 5, 10);
  expect(takes(rates, 'a', 50, 1000)).toBe(20);
  expect(takes(rates, 'b', 50, 1000)).toBe(20);
  expect(takes(rates, 'a', 50, 1200)).toBe(1);
  expect(takes(rates, 'a', 50, 2200)).toBe(5);
  expect(takes(rates, 'a', 50, 900_000)).toBe(20);
});

test('remembers a bounded number of names, and forgets the quietest', () => {
  const rates = new Rates(2, 0, 3);
  takes(rates, 'busy', 2, 0);
  for (let i = 0; i < 1000; i++) {
    rates.take(`one of many ${i}`, i);
    expect(rates.take('busy', i)).toBe(false);
  }
});

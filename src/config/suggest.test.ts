import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { didYouMean, editDistance, nearest } from './suggest.ts';

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['intrval', 'interval', 1],
    ['balacne', 'balance', 1],
  ])('of «%s» and «%s» is %d', (a, b, expected) => {
    expect(editDistance(a, b)).toBe(expected);
  });

  test('is symmetric, and nothing only for the same text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

describe('nearest', () => {
  const words = ['interval', 'dead', 'port'];

  test.each([
    ['intrval', 'interval'],
    ['prt', 'port'],
    ['daed', 'dead'],
    ['colour', null],
    ['', null],
    ['x'.repeat(1000), null],
  ])('of «%s» is %j', (word, expected) => {
    expect(nearest(word, words)).toBe(expected);
  });

  test('takes the first of equals', () => {
    expect(nearest('server', ['server1', 'server2'])).toBe('server1');
    expect(didYouMean('servr1', ['server2', 'server1'])).toBe('did you mean «server1»?');
  });
});

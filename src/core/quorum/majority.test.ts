import { describe, expect, test } from 'vitest';
import { isMajority, majorityGrantedAt } from './majority.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

function subsets(items: readonly string[]): string[][] {
  return Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_item, i) => bits & (1 << i)));
}

describe('isMajority', () => {
  test.each([1, 2, 3, 4, 5])('any two majorities of %i nodes share a node', (count) => {
    const all = names.slice(0, count);
    const majorities = subsets(all).filter((set) => isMajority(set, all));
    expect(majorities.length).toBeGreaterThan(0);
    for (const a of majorities) for (const b of majorities) expect(a.some((node) => b.includes(node))).toBe(true);
  });

  test('two sets that differ by one node have overlapping majorities', () => {
    for (let count = 1; count < names.length; count++) {
      const before = names.slice(0, count);
      const after = names.slice(0, count + 1);
      for (const a of subsets(before).filter((set) => isMajority(set, before)))
        for (const b of subsets(after).filter((set) => isMajority(set, after)))
          expect(a.some((node) => b.includes(node))).toBe(true);
    }
  });

  test('strangers and repeated votes do not count', () => {
    expect(isMajority(['a', 'a', 'x', 'y'], ['a', 'b', 'c'])).toBe(false);
  });
});

describe('majorityGrantedAt', () => {
  test('is the time that a majority, with this node, has reached', () => {
    expect(majorityGrantedAt([10, 30], 3, 99)).toBe(30);
    expect(majorityGrantedAt([10, 30, 20], 4, 99)).toBe(20);
    expect(majorityGrantedAt([10, 30, 20, 5], 5, 99)).toBe(20);
  });

  test('is nothing without enough voters, and now for a node that is alone in the file', () => {
    expect(majorityGrantedAt([], 3, 99)).toBeNull();
    expect(majorityGrantedAt([50], 4, 99)).toBeNull();
    expect(majorityGrantedAt([], 1, 99)).toBe(99);
  });
});

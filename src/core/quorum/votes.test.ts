import { describe, expect, test } from 'vitest';
import {
  isMajority,
  isPair,
  majorityGrantedAt,
  nextVotes,
  partnerOf,
  sameVotes,
  totalOf,
  type Votes,
} from './votes.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

function subsets(items: readonly string[]): string[][] {
  return Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_item, i) => bits & (1 << i)));
}

const each = (count: number): Votes => Object.fromEntries(names.slice(0, count).map((name) => [name, 1]));

/** All tables of up to four nodes with up to two votes each, and one with three. */
function tables(): Votes[] {
  const all: Votes[] = [];
  for (let code = 1; code < 3 ** 4; code++) {
    const entries = names.slice(0, 4).map((name, i) => [name, Math.floor(code / 3 ** i) % 3] as const);
    all.push(Object.fromEntries(entries.filter(([, votes]) => votes > 0)));
  }
  return [...all, { a: 3, b: 1, c: 1 }];
}

const known = new Map<string, string[][]>();

function majorities(votes: Votes): string[][] {
  const key = names.map((name) => votes[name] ?? 0).join();
  const before = known.get(key) ?? subsets(names).filter((set) => isMajority(set, votes));
  known.set(key, before);
  return before;
}

const overlap = (before: Votes, after: Votes): boolean =>
  majorities(before).every((a) => majorities(after).every((b) => a.some((node) => b.includes(node))));

describe('isMajority', () => {
  test('any two majorities share a node', () => {
    for (const votes of tables()) {
      expect(majorities(votes).length).toBeGreaterThan(0);
      expect(overlap(votes, votes)).toBe(true);
    }
  });

  test('strangers and repeated votes do not count', () => {
    expect(isMajority(['a', 'a', 'x', 'constructor'], each(3))).toBe(false);
  });
});

describe('majorityGrantedAt', () => {
  const grants = (...times: number[]) => times.map((atMs, i) => ({ node: names[i + 1] ?? '', atMs }));

  test('is the time that a majority, with this node, has reached', () => {
    expect(majorityGrantedAt('a', grants(10, 30), each(3), 99)).toBe(30);
    expect(majorityGrantedAt('a', grants(10, 30, 20), each(4), 99)).toBe(20);
    expect(majorityGrantedAt('a', grants(10, 30, 20, 5), each(5), 99)).toBe(20);
  });

  test('counts votes, not nodes', () => {
    expect(majorityGrantedAt('a', grants(10, 30), { a: 1, b: 3, c: 1 }, 99)).toBe(10);
    expect(majorityGrantedAt('a', [], { a: 3, b: 1, c: 1 }, 99)).toBe(99);
    expect(majorityGrantedAt('x', grants(10), { b: 1 }, 99)).toBe(10);
  });

  test('is nothing without enough voters, and now for a node that is a majority by itself', () => {
    expect(majorityGrantedAt('a', grants(10), each(4), 99)).toBeNull();
    expect(majorityGrantedAt('a', [], each(1), 99)).toBe(99);
  });
});

test('two nodes are a pair only while neither decides alone', () => {
  expect(isPair({ a: 1, b: 1 })).toBe(true);
  expect(isPair({ a: 2, b: 2, c: 0 })).toBe(true);
  expect(isPair({ a: 2, b: 1 })).toBe(false);
  expect(isPair({ a: 1 })).toBe(false);
  expect(isPair(each(3))).toBe(false);
  expect(partnerOf('a', { a: 1, b: 1 })).toBe('b');
  expect(partnerOf('c', { a: 1, b: 1 })).toBeNull();
});

describe('nextVotes', () => {
  test('each step of each way keeps majorities overlapping, and may be the last one', () => {
    for (const from of tables()) {
      for (const to of tables()) {
        let votes = from;
        for (let steps = 0; !sameVotes(votes, to); steps++) {
          const next = nextVotes(votes, to, names);
          if (next === null) throw new Error(`stuck between ${JSON.stringify(votes)} and ${JSON.stringify(to)}`);
          expect(overlap(votes, next)).toBe(true);
          expect(totalOf(next)).toBeGreaterThan(0);
          votes = next;
          expect(steps).toBeLessThan(16);
        }
        expect(nextVotes(votes, to, names)).toBeNull();
      }
    }
  });

  test('never takes the majority from those that are there, nor waits on somebody who is not', () => {
    for (const from of tables()) {
      for (const to of tables()) {
        for (const present of majorities(from)) {
          const next = nextVotes(from, to, present);
          if (next === null) continue;
          expect(isMajority(present, next)).toBe(true);
          const given = names.filter((node) => (next[node] ?? 0) > (from[node] ?? 0));
          expect(given.every((node) => present.includes(node))).toBe(true);
        }
      }
    }
  });
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Edge, withoutLoops } from './loops.ts';

const edge = ([later, sooner]: readonly [string, string]): Edge<string> => ({ later, sooner });
const kept = (before: Record<string, string[]>, more: readonly (readonly [string, string])[]): string[] =>
  withoutLoops(['a', 'b', 'c', 'd'], (each) => before[each] ?? [], more.map(edge)).map(
    ({ later, sooner }) => later + sooner,
  );

test.each<[Record<string, string[]>, [string, string][], string[]]>([
  [{}, [], []],
  [{ b: ['a'] }, [['c', 'b']], ['cb']],
  [{ b: ['a'] }, [['a', 'b']], []],
  [
    { b: ['a'], c: ['b'] },
    [
      ['a', 'c'],
      ['d', 'a'],
    ],
    ['da'],
  ],
  [
    {},
    [
      ['a', 'b'],
      ['b', 'a'],
      ['c', 'b'],
    ],
    ['ab', 'cb'],
  ],
  [
    {},
    [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
      ['d', 'c'],
    ],
    ['ab', 'bc', 'dc'],
  ],
  [
    { b: ['a'], d: ['c'] },
    [
      ['a', 'd'],
      ['c', 'b'],
    ],
    ['ad'],
  ],
  [
    {},
    [
      ['a', 'a'],
      ['b', 'a'],
    ],
    ['ba'],
  ],
])('%j and %j', (before, more, expected) => {
  expect(kept(before, more)).toEqual(expected);
});

test('no loop is left, and what was left out is part of one', () => {
  const vertices = [0, 1, 2, 3, 4, 5, 6];
  const pairs = fc.array(fc.tuple(fc.constantFrom(...vertices), fc.constantFrom(...vertices)), { maxLength: 20 });
  fc.assert(
    fc.property(pairs, pairs, (some, others) => {
      const hard = some.flatMap(([x, y]) => (x === y ? [] : [{ later: Math.max(x, y), sooner: Math.min(x, y) }]));
      const more = others.map(([later, sooner]) => ({ later, sooner }));
      const found = withoutLoops(
        vertices,
        (each) => hard.filter(({ later }) => later === each).map((e) => e.sooner),
        more,
      );
      const waitsFor = (edges: readonly Edge<number>[], later: number, sooner: number): boolean => {
        const met = new Set([later]);
        for (const each of met) for (const e of edges) if (e.later === each) met.add(e.sooner);
        return met.has(sooner);
      };
      for (const e of found) expect(waitsFor([...hard, ...found], e.sooner, e.later)).toBe(false);
      for (const e of more) if (!found.includes(e)) expect(waitsFor([...hard, ...more], e.sooner, e.later)).toBe(true);
    }),
  );
});

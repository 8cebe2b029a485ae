import { expect, test } from 'vitest';
import { differences, type Story, verdictOf } from './twoNodeStory.ts';

const story = (after: string[], outMs: number | null, more: Partial<Story> = {}): Story => ({
  fencings: [],
  resets: [],
  services: [{ service: 'data', after, outMs, twiceMs: 0 }],
  ...more,
});

test('the same, within what programs take to start', () => {
  expect(verdictOf(story(['beta'], 4000), story(['beta'], 5500))).toBe('same');
  expect(verdictOf(story(['alpha'], 0), story(['alpha'], 300))).toBe('same');
});

test('another history of the same fault that is less bad', () => {
  expect(verdictOf(story(['beta'], 12_000), story(['alpha'], 0))).toBe('better');
});

test('worse is different: longer, elsewhere for no reason, twice, somebody else switched off', () => {
  expect(verdictOf(story(['alpha'], 0), story(['alpha'], 9000))).toBe('DIFFERENT');
  expect(verdictOf(story(['alpha'], 0), story([], null))).toBe('DIFFERENT');
  expect(verdictOf(story(['alpha'], 0), story(['alpha'], 0, { fencings: ['alpha switches beta off'] }))).toBe(
    'DIFFERENT',
  );
  const twice = { services: [{ service: 'data', after: ['alpha'], outMs: 0, twiceMs: 20 }] };
  expect(differences(story(['alpha'], 0), story(['alpha'], 0, twice))).toEqual([
    'data: announced never two owners, seen two owners for 0.0 s',
  ]);
  expect(verdictOf(story(['alpha'], 0), story(['alpha'], 0, twice))).toBe('DIFFERENT');
});

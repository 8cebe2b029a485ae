import { describe, expect, it } from 'vitest';
import { givenUpMs, overlapOf, readLine } from './holding.ts';

describe('readLine', () => {
  it('reads what ip prints when an address comes and goes', () => {
    const line =
      '2: eth0    inet 192.168.200.120/24 scope global secondary eth0\\       valid_lft forever preferred_lft forever';
    expect(readLine(line, '192.168.200.120')).toBe(true);
    expect(readLine(`Deleted ${line}`, '192.168.200.120')).toBe(false);
    expect(readLine(line, '192.168.200.12')).toBeNull();
    expect(readLine('2: eth0    inet6 fd00::80/64 scope global \\', 'fd00::80')).toBe(true);
  });
});

describe('overlapOf', () => {
  const seen = (node: string, atMs: number, held: boolean) => ({ node, atMs, held });

  it('is nothing when one takes it after the other gave it up', () => {
    const sightings = [seen('a', 0, true), seen('a', 900, false), seen('b', 950, true)];
    expect(overlapOf(sightings, 2000)).toEqual({ longestMs: 0, holders: ['b'] });
    expect(givenUpMs(sightings, 'a', 100)).toBe(900);
    expect(givenUpMs(sightings, 'b', 0)).toBeNull();
  });

  it('measures the longest time that two held it, also when it goes on', () => {
    expect(overlapOf([seen('a', 0, true), seen('b', 900, true), seen('a', 1000, false)], 2000).longestMs).toBe(100);
    expect(overlapOf([seen('a', 0, true), seen('b', 900, true)], 2000)).toEqual({
      longestMs: 1100,
      holders: ['a', 'b'],
    });
  });
});

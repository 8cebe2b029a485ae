/** Chance, from one seed: the same name gives the same draws, whatever was drawn elsewhere. */
import { createHash } from 'node:crypto';

export interface Chance {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [from, to]. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

export function chanceFrom(name: string): Chance {
  let drawn = 0;
  const next = (): number => createHash('sha256').update(`${name}/${drawn++}`).digest().readUIntBE(0, 6) / 2 ** 48;
  return {
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (probability) => next() < probability,
    pick: <T>(items: readonly T[]): T => {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new RangeError('pick from an empty list');
      return item;
    },
  };
}

/** Chance, from one seed: the same draws again for the same name. */
import { createHash } from 'node:crypto';

export interface Draw {
  /** An integer in [0, bound). */
  below(bound: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

export function drawFrom(name: string): Draw {
  let count = 0;
  const next = (): number => createHash('sha256').update(`${name}/${count++}`).digest().readUInt32BE() / 2 ** 32;
  const below = (bound: number): number => Math.floor(next() * bound);
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const at = below(items.length);
      if (!(at in items)) throw new RangeError('a draw from nothing');
      return items[at] as (typeof items)[number];
    },
  };
}

/**
 * Chance, from one seed.
 *
 * Every user forks a stream of its own by name (`link n1>n2`), so that taking one fault out of a plan does not shift the
 * draws of everything else. Shrinking depends on this.
 */
export interface Prng {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [0, bound). */
  below(bound: number): number;
  /** An integer in [from, to]. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  fork(name: string): Prng;
}

export function prngFrom(seed: number, name = ''): Prng {
  const key = hash(`${seed}/${name}`);
  let a = key;
  // mulberry32: small, fast, good enough for drawing faults.
  const next = (): number => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return {
    next,
    below,
    between: (from, to) => from + below(to - from + 1),
    chance: (probability) => next() < probability,
    pick: <T>(items: readonly T[]): T => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('pick from an empty list');
      return item;
    },
    fork: (child) => prngFrom(seed, `${name}/${child}`),
  };
}

export function hash(text: string): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h >>> 0;
}

/** Adds a number to a running hash. */
export const mix = (h: number, value: number): number => Math.imul(h ^ (value | 0), 16777619) >>> 0;

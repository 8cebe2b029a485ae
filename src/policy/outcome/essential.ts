import type { PolicyAction } from '../plan.ts';
import { inSequence } from './sequence.ts';

/**
 * Pairs of actions of which the first must have ended before the second begins, among those that somebody wants to see: followed
 * through all others (steps without work, probes), and without the pairs that follow from two others.
 */
export function essentialOrder(
  actions: readonly PolicyAction[],
  isWanted: (action: PolicyAction) => boolean,
): (readonly [PolicyAction, PolicyAction])[] {
  const wanted = actions.filter(isWanted);
  const bitOf = new Map(wanted.map((action, bit) => [action.id, bit]));
  const words = (wanted.length + 31) >>> 5;
  const nearest: Uint32Array[] = [];
  const all: Uint32Array[] = [];
  const pairs: (readonly [PolicyAction, PolicyAction])[] = [];
  for (const action of inSequence(actions)) {
    const near = new Uint32Array(words);
    for (const first of action.after) {
      const bit = bitOf.get(first);
      if (bit === undefined) join(near, nearest[first]);
      else setBit(near, bit);
    }
    nearest[action.id] = near;
    const own = bitOf.get(action.id);
    if (own === undefined) continue;
    const implied = new Uint32Array(words);
    for (const bit of bitsOf(near)) join(implied, all[bit]);
    for (const bit of bitsOf(near)) {
      const first = wanted[bit];
      if (!hasBit(implied, bit) && first !== undefined) pairs.push([first, action]);
    }
    join(implied, near);
    all[own] = implied;
  }
  return pairs;
}

function join(bits: Uint32Array, others: Uint32Array | undefined): void {
  if (others === undefined) return;
  for (let at = 0; at < bits.length; at++) bits[at] = (bits[at] ?? 0) | (others[at] ?? 0);
}

function setBit(bits: Uint32Array, bit: number): void {
  bits[bit >>> 5] = (bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
}

const hasBit = (bits: Uint32Array, bit: number): boolean => ((bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;

function* bitsOf(bits: Uint32Array): Generator<number> {
  for (let at = 0; at < bits.length * 32; at++) if (hasBit(bits, at)) yield at;
}

/** Changes of a JSON value along its structure, so that the text stays JSON and the change gets to the inner readers. */
import type { Prng } from '../sim/world/prng.ts';
import { nasty } from './mutate-bytes.ts';

/** What holds the whole value. */
class Root {
  value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

type Slot = { readonly holder: Record<string, unknown> | unknown[]; readonly key: string | number };

const numbers: readonly number[] = [
  ...[0, -0, 1, -1, 0.5, 2, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32],
  ...[Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1, -Number.MAX_SAFE_INTEGER, 1e21, 1e300, 5e-324],
];

/** A new value; `other` is an example to take pieces from. */
export function mutateJson(chance: Prng, value: unknown, other: unknown, words: readonly string[]): unknown {
  const root = new Root(structuredClone(value));
  const times = chance.chance(0.6) ? 1 : chance.between(2, 6);
  for (let i = 0; i < times; i++) {
    const slots = slotsOf(root);
    change(chance, chance.pick(slots), slots, other, words);
  }
  return root.value;
}

const slotsMax = 5000;

function slotsOf(root: object): Slot[] {
  const slots: Slot[] = [];
  const waiting: unknown[] = [root];
  for (let holder = waiting.pop(); holder !== undefined && slots.length < slotsMax; holder = waiting.pop()) {
    for (const key of Object.keys(holder as object)) {
      const slot: Slot = { holder: holder as Record<string, unknown>, key };
      slots.push(slot);
      const value = get(slot);
      if (typeof value === 'object' && value !== null) waiting.push(value);
    }
  }
  return slots;
}

const get = ({ holder, key }: Slot): unknown => (holder as Record<string | number, unknown>)[key];

/** As JSON.parse does it: `__proto__` becomes a plain member. */
function set({ holder, key }: Slot, value: unknown): void {
  // A list with a hole of four billions would take its writer hours.
  if (Array.isArray(holder) && !(Number(key) < holder.length)) return void holder.push(value);
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

function change(chance: Prng, slot: Slot, slots: readonly Slot[], other: unknown, words: readonly string[]): void {
  switch (chance.below(12)) {
    case 0:
      return remove(slot);
    case 1:
      return set(slot, chance.pick<unknown>([null, true, false, '', [], {}, 0]));
    case 2:
      return set(slot, chance.pick(numbers));
    case 3:
      return set(slot, chance.pick([...nasty, ...words]));
    case 4:
      return set(slot, clone(get(chance.pick(slots))));
    case 5:
      return rename(chance, slot, words);
    case 6:
      return set(slot, repeated(chance, get(slot)));
    case 7:
      return set(slot, nested(get(slot), chance.pick([1, 2, 40, 3000]), chance.chance(0.5)));
    case 8:
      return set(slot, clone(pieceOf(chance, other)));
    case 9:
      return set(slot, otherScalar(chance, get(slot)));
    case 10:
      return set({ holder: slot.holder, key: chance.pick([...nasty, ...words]) }, clone(get(slot)));
    default:
      return set(slot, chance.pick([...words, ...nasty]));
  }
}

const clone = (value: unknown): unknown => structuredClone(value);

/** The value as a whole stays where it is. */
const isRoot = ({ holder }: Slot): boolean => holder instanceof Root;

function remove(slot: Slot): void {
  const { holder, key } = slot;
  if (isRoot(slot)) return;
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

function rename(chance: Prng, slot: Slot, words: readonly string[]): void {
  if (Array.isArray(slot.holder) || isRoot(slot)) return;
  const value = get(slot);
  remove(slot);
  set({ holder: slot.holder, key: chance.pick([...words, ...nasty]) }, value);
}

function repeated(chance: Prng, value: unknown): unknown {
  const times = chance.pick([2, 3, 20, 300]);
  if (typeof value === 'string') return value.repeat(Math.min(times, Math.ceil(30_000 / Math.max(1, value.length))));
  if (!Array.isArray(value)) return value;
  const size = JSON.stringify(value).length;
  const most = Math.ceil(30_000 / Math.max(1, size));
  return Array.from({ length: Math.min(times, most) }, () => clone(value) as unknown[]).flat();
}

function nested(value: unknown, depth: number, inLists: boolean): unknown {
  let out = clone(value);
  for (let i = 0; i < depth; i++) out = inLists ? [out] : { a: out };
  return out;
}

function pieceOf(chance: Prng, value: unknown): unknown {
  const slots = slotsOf({ value });
  return get(chance.pick(slots));
}

function otherScalar(chance: Prng, value: unknown): unknown {
  if (typeof value === 'number') return chance.chance(0.5) ? value + chance.between(-2, 2) : -value;
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string') return value;
  const at = chance.below(value.length + 1);
  return value.slice(0, at) + chance.pick(nasty) + value.slice(chance.chance(0.5) ? at : at + 1);
}

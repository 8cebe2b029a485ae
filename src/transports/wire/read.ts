/**
 * Readers: each turns parsed JSON into a value of a known type, or refuses it.
 *
 * A reader builds a new value out of the parts that it knows and leaves the rest behind, so that a message of a newer
 * version with more keys can be read and no foreign key (`__proto__`) gets anywhere. Refusing is `undefined`, never an
 * exception; `fault.at` then names the place. Every list, map and text has a bound.
 */

/** Where the value was refused, for people who look for the difference between two versions. */
export interface Fault {
  at: string;
}

export type Reader<T> = (value: unknown, fault: Fault) => T | undefined;

type Plain = Readonly<Record<string, unknown>>;

export function object<T>(fields: { readonly [K in keyof T]-?: Reader<T[K]> }): Reader<T> {
  const readers = Object.entries(fields) as [string, Reader<unknown>][];
  return (value, fault) => {
    if (!isPlain(value)) return undefined;
    const out: Record<string, unknown> = {};
    for (const [key, read] of readers) {
      const part = Object.hasOwn(value, key) ? read(value[key], fault) : undefined;
      if (part === undefined) return refuse(fault, key);
      out[key] = part;
    }
    return out as T;
  };
}

/** An object any of whose members may be missing. */
export function optional<T>(fields: { readonly [K in keyof T]-?: Reader<T[K] & {}> }): Reader<Partial<T>> {
  const readers = Object.entries(fields) as [string, Reader<unknown>][];
  return (value, fault) => {
    if (!isPlain(value)) return undefined;
    const out: Record<string, unknown> = {};
    for (const [key, read] of readers) {
      if (!Object.hasOwn(value, key)) continue;
      const part = read(value[key], fault);
      if (part === undefined) return refuse(fault, key);
      out[key] = part;
    }
    return out as Partial<T>;
  };
}

/** An object with the members of both. */
export const both =
  <A, B>(one: Reader<A>, other: Reader<B>): Reader<A & B> =>
  (value, fault) => {
    const [a, b] = [one(value, fault), other(value, fault)];
    return a === undefined || b === undefined ? undefined : { ...a, ...b };
  };

/** One of several objects, told apart by the text under `key`. */
export function tagged<T>(key: string, variants: Readonly<Record<string, Reader<T>>>): Reader<T> {
  const byTag = new Map(Object.entries(variants));
  return (value, fault) => {
    if (!isPlain(value)) return undefined;
    const tag = Object.hasOwn(value, key) ? value[key] : undefined;
    const read = typeof tag === 'string' ? byTag.get(tag) : undefined;
    return read === undefined ? refuse(fault, key) : read(value, fault);
  };
}

export function list<T>(read: Reader<T>, countMax: number): Reader<readonly T[]> {
  return (value, fault) => {
    if (!Array.isArray(value) || value.length > countMax) return undefined;
    const out: T[] = [];
    for (let i = 0; i < value.length; i++) {
      const part = read(value[i], fault);
      if (part === undefined) return refuse(fault, String(i));
      out.push(part);
    }
    return out;
  };
}

/** A map from names to values. `__proto__` is no name: assigning it would change the map's prototype. */
export function map<T>(read: Reader<T>, countMax: number): Reader<Readonly<Record<string, T>>> {
  return (value, fault) => {
    if (!isPlain(value)) return undefined;
    const keys = Object.keys(value);
    if (keys.length > countMax) return undefined;
    const out: Record<string, T> = {};
    for (const key of keys) {
      const part = isName(key) && key !== '__proto__' ? read(value[key], fault) : undefined;
      if (part === undefined) return refuse(fault, key.slice(0, 64));
      out[key] = part;
    }
    return out;
  };
}

export const nullable =
  <T>(read: Reader<T>): Reader<T | null> =>
  (value, fault) =>
    value === null ? null : read(value, fault);

/** A value that holds values like itself, to a depth. */
export function nested<T>(depthMax: number, read: (inner: Reader<T>) => Reader<T>): Reader<T> {
  const refused: Reader<T> = () => undefined;
  return depthMax === 0 ? refused : read((value, fault) => nested(depthMax - 1, read)(value, fault));
}

export const text =
  (lengthMax: number): Reader<string> =>
  (value) =>
    typeof value === 'string' && value.length <= lengthMax ? value : undefined;

export function oneOf<const T extends string | boolean | number>(...values: readonly T[]): Reader<T> {
  const known = new Set<unknown>(values);
  return (value) => (known.has(value) ? (value as T) : undefined);
}

export const integer =
  (min: number, max: number): Reader<number> =>
  (value) =>
    isCount(value) && value >= min && value <= max ? value : undefined;

/** With a sign: scores. */
export const whole: Reader<number> = (value) => (Number.isSafeInteger(value) ? (value as number) : undefined);

export const count: Reader<number> = (value) => (isCount(value) ? value : undefined);

/** Milliseconds: clocks give fractions of them. */
export const duration: Reader<number> = (value) => (isDuration(value) ? value : undefined);

export const flag: Reader<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

/** What nodes, services and servers are called. */
export const name: Reader<string> = (value) => (isName(value) ? value : undefined);

export const nameLengthMax = 255;

// A name is printed in terminals and logs: no control characters.
const control = /\p{Cc}/u;

export const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= nameLengthMax && !control.test(value);

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export const isDuration = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function refuse(fault: Fault, part: string): undefined {
  fault.at = fault.at === '' ? part : `${part}.${fault.at}`;
  return undefined;
}

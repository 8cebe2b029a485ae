import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { must } from '../lib/assert.ts';
import {
  advance,
  isChanging,
  keysMax,
  newestOf,
  type Ring,
  type RingState,
  ringKey,
  ringOf,
  stateOf,
  take,
} from './ring.ts';

const secret = () => createSecretKey(randomBytes(32));
const nextKey = (ring: Ring) => ringKey(secret(), newestOf(ring).generation + 1, null);

describe('ring', () => {
  test('takes newer keys only, within its bound', () => {
    const ring = ringOf(secret());
    const second = nextKey(ring);
    const two = must(take(ring, second), 'room');
    expect(stateOf(two)).toEqual({ has: [newestOf(ring).id, second.id], using: ring.using });
    expect(take(two, second)).toBe(two);
    const older = ringKey(secret(), 1, null);
    expect(take(two, older)).toBe(two);
    let full = two;
    while (full.keys.length < keysMax) full = must(take(full, nextKey(full)), 'room');
    expect(take(full, nextKey(full))).toBeNull();
    expect(take(full, second)).toBe(full);
  });

  test('says who is missing', () => {
    const ring = must(take(ringOf(secret()), ringKey(secret(), 2, null)), 'room');
    const said = new Map<string, RingState>([['n2', stateOf(ring)]]);
    const progress = advance(ring, ['n2', 'n3'], said);
    expect(progress).toEqual({ ring, withoutNewest: ['n3'], notUsing: ['n2', 'n3'] });
    expect(advance(ring, ['n2'], said).ring.using).toBe(newestOf(ring).id);
    expect(isChanging(advance(ring, ['n2'], said).ring)).toBe(true);
  });

  /** Nodes that ask each other in any order, lose answers, restart, and are rotated by operators at any moment. */
  test('whatever a node sends with, all others accept, and it comes to an end', () => {
    const act = fc.record({
      kind: fc.constantFrom('rotate', 'ask', 'ask', 'ask', 'ask', 'restart'),
      a: fc.nat(3),
      b: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const names = ['n0', 'n1', 'n2', 'n3'];
        const first = ringOf(secret());
        const rings = new Map(names.map((name) => [name, first]));
        const said = new Map(names.map((name) => [name, new Map<string, RingState>()]));
        const at = (name: string): Ring => must(rings.get(name), 'a ring');
        const go = (name: string): void => {
          const others = names.filter((other) => other !== name);
          rings.set(name, advance(at(name), others, must(said.get(name), 'what it heard')).ring);
        };
        const ask = (a: string, b: string): void => {
          const taken = take(at(b), newestOf(at(a)));
          if (taken !== null) rings.set(b, taken);
          must(said.get(b), 'what it heard').set(a, stateOf(at(a)));
          go(b);
          must(said.get(a), 'what it heard').set(b, stateOf(at(b)));
          go(a);
        };
        // Without `expect`: it is looked at a million times.
        const check = (): void => {
          const sent = new Set(names.map((name) => at(name).using));
          for (const name of names)
            for (const id of sent)
              if (!at(name).keys.some((key) => key.id === id)) throw new Error(`${name} does not accept ${id}`);
        };
        for (const { kind, a, b } of acts) {
          const [one, other] = [`n${a}`, `n${b}`];
          if (kind === 'rotate' && !isChanging(at(one))) rings.set(one, take(at(one), nextKey(at(one))) ?? at(one));
          else if (kind === 'restart') said.set(one, new Map());
          else if (kind === 'ask' && one !== other) ask(one, other);
          check();
        }
        for (let round = 0; round < 6; round++)
          for (const a of names)
            for (const b of names)
              if (a !== b) {
                ask(a, b);
                check();
              }
        expect(new Set(names.map((name) => JSON.stringify(stateOf(at(name))))).size).toBe(1);
        expect(at('n0').keys.length).toBe(1);
      }),
      { numRuns: 1000 },
    );
  });
});

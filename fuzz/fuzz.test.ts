import { expect, test } from 'vitest';
import { prngFrom } from '../sim/world/prng.ts';
import { mutate } from './mutate.ts';
import { runTarget } from './run.ts';
import { type Check, type Form, inputBytesMax, jsonOf, type Target } from './target.ts';

const example = Buffer.from(JSON.stringify({ kind: 'order', list: [1, 2, { name: 'n1' }], text: 'abc' }));
const forms: readonly Form[] = ['bytes', 'text', 'json', 'jsonLines', 'yaml'];

test.each(forms)('%s: the same seed gives the same inputs, within their bound', (form) => {
  const inputs = (): string[] => {
    const chance = prngFrom(7);
    return Array.from({ length: 300 }, () => mutate(chance, form, example, example, ['n2']).toString('latin1'));
  };
  const first = inputs();
  expect(inputs()).toEqual(first);
  expect(new Set(first).size).toBeGreaterThan(100);
  expect(Math.max(...first.map((input) => input.length))).toBeLessThanOrEqual(inputBytesMax);
});

const targetOf = (form: Form, check: Check): Target => ({
  name: 'planted',
  reads: 'a reader with a bug',
  form,
  inputMsMax: 5,
  prepare: () => ({ examples: [example], check }),
});
const order = { seed: 3, forMs: 15_000, onInput: () => undefined };

test('a reader that throws is found, and the input shortened', async () => {
  const { failed } = await runTarget(
    targetOf('bytes', (input) => {
      if (input.includes('\0')) throw new Error('a zero');
      return null;
    }),
    order,
  );
  expect(failed).toMatchObject({ broken: 'throws Error: a zero', input: Buffer.from('\0') });
});

test('a bug behind the outer checks is found by changes along the structure', async () => {
  const { failed } = await runTarget(
    targetOf('json', (input) => {
      const { kind, list } = (jsonOf(input) ?? {}) as Record<string, unknown>;
      return kind === 'order' && list === null ? 'takes null for a list' : null;
    }),
    order,
  );
  expect(failed?.broken).toBe('takes null for a list');
});

test('a reader that takes time with the square of its input is found', async () => {
  const slow: Check = (input) => {
    let pairs = 0;
    const some = input.subarray(0, 3000);
    for (const a of some) for (const b of some) pairs += a & b;
    return pairs < 0 ? 'never' : null;
  };
  const { failed } = await runTarget(targetOf('text', slow), order);
  expect(failed?.broken).toContain('takes too long');
});

test('what leads to a new word is kept, and built upon', async () => {
  const { failed, kept } = await runTarget(
    targetOf('text', (input, note) => {
      const depth = /^\{*/.exec(input.toString('latin1'))?.[0].length ?? 0;
      note('{'.repeat(Math.min(depth, 6)));
      return depth >= 6 ? 'six deep' : null;
    }),
    order,
  );
  expect(failed).toMatchObject({ broken: 'six deep', input: Buffer.from('{{{{{{') });
  expect(kept).toBeGreaterThan(1);
});

/**
 * The single values that a cluster file is made of. Every schema here says in its own words what it wants;
 * `issues.ts` puts the name of the key before it and the value that was found behind it.
 */
import * as z from 'zod';
import type { Ms } from '../core/model.ts';
import { durationPattern, type durationStem, durationWanted, formatDuration, parseDuration } from './duration.ts';
import { addressWanted, parseAddress } from './network.ts';

/** The one wish that needs no word on what was found. */
export const notEmpty = 'must not be empty';

/** Text of one line that fits the pattern. */
export const word = (pattern: RegExp, wanted: string) =>
  z.string({ error: wanted }).regex(pattern, { error: wanted, abort: true });

export const nameWanted =
  'must be a name of small letters, digits and «-» that begins with a letter, 63 characters at most';

export const name = word(/^[a-z][a-z0-9-]{0,62}$/, nameWanted);

/** Text that is handed to a program: anything that an argument or a variable can hold. */
export const argument = word(/^[^\0]{0,8192}$/s, 'must be text without NUL characters, 8192 characters at most');

/** What a program gets as text may be written as a number or truth value too. */
export const argumentLike = z.union([argument, z.number(), z.boolean()], {
  error: 'must be text, a number, true or false',
});

export const wholeNumber = (min: number, max: number) => {
  const error = min === max ? `must be ${min}` : `must be a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

export const port = wholeNumber(1, 65_535);

export const flag = z.boolean({ error: 'must be true or false' });

/** `wanted` is for a place that takes a word too. */
export const duration = (minMs: Ms, maxMs: Ms, wanted: `${typeof durationStem}${string}` = durationWanted) =>
  word(durationPattern, wanted).superRefine((text, context) => {
    const durationMs = parseDuration(text) ?? 0;
    if (durationMs >= minMs && durationMs <= maxMs) return;
    context.addIssue({ code: 'custom', message: `must be from ${formatDuration(minMs)} to ${formatDuration(maxMs)}` });
  });

/** Of anything that changes a service. */
export const actionTimeout = duration(100, 86_400_000);

/** `ADDRESS` or `ADDRESS/PREFIX`. */
export const address = z.string({ error: addressWanted }).superRefine((text, context) => {
  const parsed = parseAddress(text);
  if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.because, params: { hint: parsed.hint } });
});

/** `ADDRESS` alone. */
export const bareAddress = address.superRefine((text, context) => {
  if (text.includes('/')) context.addIssue({ code: 'custom', message: 'must be an address without a prefix' });
});

export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, { error: `must be ${words.length === 1 ? '' : 'one of '}${words.join(', ')}` });

export const nameOrNames = z.union(
  [name, z.array(name).min(1, { error: notEmpty }).max(1000, { error: 'must be shorter' })],
  {
    error: 'must be a name or a list of names',
  },
);

/** A list is a program and its arguments; a text is a line for the shell, because its writer said so by writing one. */
export const command = z.union(
  [
    argument.min(1, { error: notEmpty }),
    z
      .array(argumentLike)
      .max(256, { error: 'must have 256 items at most' })
      .refine((argv) => argv[0] !== undefined && argv[0] !== '', { error: 'must begin with a program' }),
  ],
  { error: 'must be a list (program, argument, ...) or a line for the shell' },
);

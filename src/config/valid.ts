/** Values of the file that are in order, and null for the others: what is wrong with them is reported elsewhere. */
import * as z from 'zod';

export const valid = <T>(schema: z.ZodType<T>, value: unknown): T | null => schema.safeParse(value).data ?? null;

/** Undefined: not in the file. */
export const optional = <T>(schema: z.ZodType<T>, value: unknown): T | undefined | null =>
  value === undefined ? undefined : valid(schema, value);

export function mapping(value: unknown): Readonly<Record<string, unknown>> | null {
  return z.record(z.string(), z.unknown()).safeParse(value).data ?? null;
}

/** Numbers and truth as Pacemaker writes them. */
import { infinity } from '../../policy/values.ts';

/** The whole number that the text begins with (what follows it is ignored, as by Pacemaker); `other` if there is none. */
export function wholeOr<T>(text: string | null | undefined, other: T): number | T {
  if (text === undefined || text === null) return other;
  const number = Number.parseInt(text, 10);
  return Number.isSafeInteger(number) ? number : other;
}

/** Saturated; `INFINITY`, `inf` and their like in any case; null: no score. */
export function scoreOf(text: string): number | null {
  const endless = /^\s*([+-]?)inf(inity)?\s*$/i.exec(text);
  if (endless !== null) return endless[1] === '-' ? -infinity : infinity;
  const digits = /^\s*[+-]?\d+/.exec(text);
  if (digits === null) return null;
  return Math.min(Math.max(Number(digits[0]), -infinity), infinity);
}

/** Whatever is not one of these words is false. */
export const isTrue = (text: string | null | undefined): boolean => /^(true|on|yes|y|1)$/i.test(text ?? '');

/** What is neither true nor false counts as not given. */
export function isTrueOrNull(text: string | null): boolean | null {
  if (isTrue(text)) return true;
  return /^(false|off|no|n|0)$/i.test(text ?? '') ? false : null;
}

const roles: ReadonlyMap<string, string> = new Map([
  ['master', 'Promoted'],
  ['promoted', 'Promoted'],
  ['slave', 'Unpromoted'],
  ['unpromoted', 'Unpromoted'],
  ['started', 'Started'],
  ['stopped', 'Stopped'],
]);

/** Today's name of a role; as written if it is none. */
export const roleOf = (text: string): string => roles.get(text.toLowerCase()) ?? text;

export const roleOrNull = (text: string | null): string | null => (text === null ? null : roleOf(text));

export const isScore = (text: string): boolean => /^[+-]?(inf(inity)?|\d+)$/i.test(text);

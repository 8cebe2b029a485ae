/** Texts of the configuration as values: what counts as true, as a score, as a length of time, as an older version. */
import { infinity } from '../values.ts';

const yes = new Set(['true', 'on', 'yes', 'y', '1']);
const no = new Set(['false', 'off', 'no', 'n', '0']);

/** Null: neither a word for true nor one for false. */
export function booleanOf(text: string | null | undefined): boolean | null {
  if (text === null || text === undefined) return null;
  const word = text.toLowerCase();
  if (yes.has(word)) return true;
  return no.has(word) ? false : null;
}

export const isTrue = (text: string | null | undefined): boolean => booleanOf(text) === true;

/** Leading whole number, as far as it can be read; null: there is none. */
export function wholeOf(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  const value = Number.parseInt(text, 10);
  return Number.isNaN(value) ? null : value;
}

/** Named levels of node health are scores too: their values are options of the cluster. */
export interface HealthScores {
  readonly red: number;
  readonly yellow: number;
  readonly green: number;
}

const noHealth: HealthScores = { red: -infinity, yellow: 0, green: 0 };

/** Saturated at plus and minus `infinity`; 0 for what is missing or is no number. */
export function scoreOf(text: string | null | undefined, health: HealthScores = noHealth): number {
  if (text === null || text === undefined) return 0;
  const word = text.toLowerCase();
  if (word === '-infinity') return -infinity;
  if (word === 'infinity' || word === '+infinity') return infinity;
  if (word === 'red') return health.red;
  if (word === 'yellow') return health.yellow;
  if (word === 'green') return health.green;
  return Math.min(Math.max(wholeOf(text) ?? 0, -infinity), infinity);
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  msec: 1,
  us: 0.001,
  usec: 0.001,
  '': 1000,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
};

/** `10`, `10s`, `5min`, `PT1M30S`: whole milliseconds; null: missing or not to be read. */
export function durationMsOf(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  if (/^\s*P/i.test(text)) return periodMsOf(text.trim());
  const match = /^\s*([+-]?\d+)\s*([a-z]*)/i.exec(text);
  if (match === null) return null;
  const unit = unitMs[(match[2] ?? '').toLowerCase()];
  return unit === undefined ? null : Math.trunc(Number(match[1]) * unit);
}

/** Some 50 days: Pacemaker keeps intervals in 32 bits. */
const intervalMsMax = 2 ** 32 - 1;

/** As `durationMsOf`, but intervals are never negative and have a limit; what cannot be read is 0: not recurring. */
export const intervalMsOf = (text: string | null | undefined): number =>
  Math.min(Math.max(durationMsOf(text) ?? 0, 0), intervalMsMax);

const periodMs: Readonly<Record<string, number>> = {
  y: 365 * 86_400_000,
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  s: 1000,
};

/**
 * Of an ISO 8601 period; a year is 365 days and a month 30, as where nothing says which month is meant. Only for `M` does it
 * matter whether it stands behind the `T`: others may leave that out.
 */
function periodMsOf(text: string): number | null {
  const [days = '', times = '', ...rest] = text.slice(1).toLowerCase().split('t');
  if (rest.length > 0 || !/^(\d+[ymwdhs])*$/.test(days) || !/^(\d+[ymwdhs])*$/.test(times)) return null;
  return partsMs(days, 30 * 86_400_000) + partsMs(times, 60_000);
}

function partsMs(parts: string, mMs: number): number {
  let sum = 0;
  for (const [, number, unit = ''] of parts.matchAll(/(\d+)([a-z])/g)) sum += Number(number) * (periodMs[unit] ?? mMs);
  return sum;
}

/** Negative: `a` is older. Parts between dots are compared as numbers, missing ones are 0; no version is the oldest. */
export function compareVersions(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  const left = a.split('.').map((part) => wholeOf(part) ?? 0);
  const right = b.split('.').map((part) => wholeOf(part) ?? 0);
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

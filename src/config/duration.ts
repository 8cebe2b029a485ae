/**
 * Answers «how long is `200ms`?», and how to write a time down again.
 *
 * A bare number is refused: is `timeout: 20` 20 seconds, as in one tool, or 20 milliseconds, as in the next?
 */
import type { Ms } from '../core/model.ts';

const unitMs: Readonly<Record<string, Ms>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const durationPattern = /^(\d{1,9})(ms|s|m|h|d)$/;

/** How every message begins that asks for a time. */
export const durationStem = 'must be a time such as';

export const durationWanted = `${durationStem} 200ms, 10s, 5m, 2h or 1d` as const;

/** Null when it is none. */
export function parseDuration(text: string): Ms | null {
  const match = durationPattern.exec(text);
  if (match === null) return null;
  const durationMs = Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0);
  return Number.isSafeInteger(durationMs) ? durationMs : null;
}

/** The time that the file says, or another one where it says none. */
export const msOf = (text: string | undefined, otherwiseMs: Ms): Ms =>
  text === undefined ? otherwiseMs : (parseDuration(text) ?? otherwiseMs);

/** In the largest unit that needs no fraction. */
export function formatDuration(durationMs: Ms): string {
  if (durationMs === 0) return '0s';
  const unit = ['d', 'h', 'm', 's'].find((name) => durationMs % (unitMs[name] ?? 1) === 0) ?? 'ms';
  return `${durationMs / (unitMs[unit] ?? 1)}${unit}`;
}

/** What somebody who wrote this probably meant: `0.5s` and `500 ms` are 500ms, a bare 5 is 5s or 5ms. */
export function durationHint(value: unknown): string | null {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) {
    return `say the unit: ${value}s or ${value}ms`;
  }
  if (typeof value !== 'string') return null;
  const match = /^(\d{1,6}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)[a-z]*$/i.exec(value.trim());
  if (match === null) return null;
  const meantMs = Number(match[1]) * (unitMs[(match[2] ?? '').toLowerCase()] ?? 0);
  const meant = formatDuration(meantMs);
  return Number.isInteger(meantMs) && parseDuration(meant) !== null ? `write ${meant}` : null;
}

/** One event as one line, in the time zone of the reader. Pure but for that time zone. */
import type { EventLine } from '../api/status.ts';
import { type Look, paint } from './terminal.ts';

export function renderEvent(event: EventLine, look: Look): string {
  const because = event.because === '' ? '' : ` ${paint(look, 'dim', `(${event.because})`)}`;
  return `${paint(look, 'dim', localTime(new Date(event.at)))} ${event.node} ${event.what}: ${event.from} => ${paint(look, 'strong', event.to)}${because}`;
}

/** As the system's own logs write it, so that the two can be read side by side. */
export function localTime(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The time that `10m`, `2h` or `2026-11-20T21:00:00Z` means; null: neither. */
export function parseSince(text: string, now: Date): string | null {
  const ago = /^(\d{1,6})([smhd])$/.exec(text);
  const ms = ago === null ? Date.parse(text) : now.getTime() - Number(ago[1]) * (unitMs[ago[2] ?? ''] ?? 0);
  return Number.isNaN(ms) || Math.abs(ms) > 8e15 ? null : new Date(ms).toISOString();
}

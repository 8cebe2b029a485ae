/** `sempre disarm --until TIME --reason TEXT` and `sempre arm`: no node is switched off, and none resets itself, for a while. */
import { formatDuration, parseDuration } from '../config/duration.ts';
import type { Ms } from '../core/model.ts';
import { type ChangeOptions, change } from './change.ts';
import { type Context, fail } from './context.ts';

const untilMin = 10_000;
const untilMax = 7 * 86_400_000;

export async function disarm(context: Context, until: string, options: ChangeOptions): Promise<number> {
  const forMs = untilToMs(until, Date.now());
  if (forMs === null || forMs < untilMin || forMs > untilMax) {
    const message = `--until takes a time from ${formatDuration(untilMin)} to ${formatDuration(untilMax)}, such as 30m, 2h or 2026-11-20T23:30:00Z, not ${until}`;
    return fail(context, { code: 'USAGE', message, next: 'sempre disarm --until 2h --reason TEXT' });
  }
  // The clocks of the nodes count from when they hear of it; this says to people when that ends.
  const end = new Date(Date.now() + forMs).toISOString().slice(0, 16);
  const because = `${options.reason}, until about ${end}Z`;
  return change(
    context,
    {
      command: { kind: 'disarm', forMs, because },
      foresee: null,
      title: `fencing and self-fencing are disarmed for ${formatDuration(forMs)}`,
      meaning: [
        'No node is switched off, none stops or resets itself when it is cut off, and nothing that needs one of these is taken over.',
        'What runs goes on. It ends by itself; before that with: sempre arm',
      ],
      needsYes: () => true,
      missed: ({ disarmed }) => (disarmed === null ? 'it was armed again meanwhile' : null),
    },
    options,
  );
}

export function arm(context: Context, options: ChangeOptions): Promise<number> {
  return change(
    context,
    {
      command: { kind: 'arm', because: options.reason },
      foresee: null,
      title: 'fencing and self-fencing are armed',
      meaning: ['A node that is cut off now stops what it runs, resets itself or is switched off, as the file says.'],
      needsYes: () => false,
      missed: ({ disarmed }) => (disarmed === null ? null : `it is disarmed again: ${disarmed.because}`),
    },
    options,
  );
}

/** A duration, or a moment of the wall clock; null when it is neither, or over. */
export function untilToMs(until: string, nowMs: Ms): Ms | null {
  const duration = parseDuration(until);
  if (duration !== null) return duration;
  if (!/^\d{4}-\d{2}-\d{2}T/.test(until)) return null;
  const at = Date.parse(until);
  return Number.isNaN(at) || at <= nowMs ? null : at - nowMs;
}

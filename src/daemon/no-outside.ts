/** The ports to fence devices, watchdog and ping for a node that only votes: it needs none, and so has no thread for them. */
import type { Ms } from '../core/model.ts';
import type { NodeEvent } from '../core/ports.ts';
import type { Outside } from './outside.ts';

export function noOutside(deliver: (event: NodeEvent) => void, nowMs: () => Ms): Outside {
  const later = (event: NodeEvent): void => void setImmediate(() => deliver(event));
  const result = { ok: false, because: 'a witness fences nobody' } as const;
  return {
    fences: { call: ({ callId }) => later({ kind: 'fenceDone', callId, result }) },
    pinger: { ping: () => later({ kind: 'pinged', sentAtMs: nowMs(), reached: [] }) },
    watchdog: {
      watch: (watchdog) =>
        later({
          kind: 'watchdog',
          state: watchdog === null ? 'none' : 'failed',
          because: watchdog === null ? '' : 'a witness has no watchdog',
        }),
      feed: () => undefined,
    },
    configure: () => undefined,
    close: () => Promise.resolve(),
  };
}

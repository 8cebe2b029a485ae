/**
 * While an address is held: announces it, more than once because frames get lost, and again whenever another station is
 * heard with it, so that after a conflict the neighbours' caches point at the survivor.
 */
import type { Ms } from '../../core/model.ts';
import type { Sighting } from './frames.ts';
import type { Segment } from './segment.ts';

export interface Holding {
  readonly segment: Segment;
  close(): void;
}

export interface HoldingOptions {
  readonly segment: Segment;
  /** False when a restarted daemon finds that it holds the address already: neighbours know. */
  readonly announce: boolean;
  /** We take it from another of our nodes, which must not defend it, for this long; 0: from nobody. */
  readonly handoverMs: Ms;
  readonly onConflict: (because: string) => void;
}

/** Five in the first second, then two for whoever was not listening yet. */
export const announceAtMs: readonly Ms[] = [0, 200, 400, 600, 800, 2000, 5000];
const watchMs = 50;
const answerEveryMs = 200;
const reportEveryMs = 10_000;
/** A node that announced a planned move has it done by then; later it is a conflict like any other. */
const handoverTrustMs = 10_000;

/** Begins to announce and watch at once. */
export function hold(options: HoldingOptions): Holding {
  const { segment } = options;
  const startMs = performance.now();
  const announce = (): void => segment.announce(performance.now() - startMs < options.handoverMs);
  const timers = options.announce ? announceAtMs.map((atMs) => schedule(announce, atMs)) : [];
  const watch = setInterval(watcher(options, announce), watchMs).unref();
  return {
    segment,
    close: () => {
      clearInterval(watch);
      for (const timer of timers) clearTimeout(timer);
      segment.close();
    },
  };
}

function schedule(act: () => void, atMs: Ms): NodeJS.Timeout | undefined {
  if (atMs > 0) return setTimeout(act, atMs).unref();
  act();
  return undefined;
}

function watcher({ segment, handoverMs, onConflict }: HoldingOptions, announce: () => void): () => void {
  // Until it has stopped, the old holder of a planned move is heard too, and that is no news.
  const reportFromMs = performance.now() + handoverMs;
  let answeredMs = Number.NEGATIVE_INFINITY;
  let reportedMs = Number.NEGATIVE_INFINITY;
  let handedOverMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = performance.now();
    const seen = segment.sightings().filter(({ kind }) => kind === 'uses');
    if (seen.some(({ handover }) => handover)) handedOverMs = nowMs;
    const rival = seen.find(({ handover }) => !handover);
    if (rival === undefined || nowMs - handedOverMs < handoverTrustMs || nowMs - answeredMs < answerEveryMs) return;
    answeredMs = nowMs;
    announce();
    if (nowMs < reportFromMs || nowMs - reportedMs < reportEveryMs) return;
    reportedMs = nowMs;
    onConflict(conflictText(rival));
  };
}

const conflictText = ({ mac }: Sighting): string => `it is also used by ${mac}: announced it again`;

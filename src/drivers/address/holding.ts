/**
 * While an address is held: announces it, more than once because frames get lost, and again whenever another station is
 * heard with it, so that after a conflict the neighbours' caches point at the survivor.
 *
 * Two nodes that did not hear each other may have held it both. The one that gives it up asks who has it, so a question is
 * answered with an announcement too: the kernel's own answer reaches only the one who asked.
 */
import type { Ms } from '../../core/model.ts';
import type { Sighting } from './frames.ts';
import type { Segment } from './segment.ts';

export interface Holding {
  readonly segment: Segment;
  close(): void;
  /** Closes because the address is given up. If two held it while they did not hear each other, neighbours may know only us. */
  leave(): void;
}

export interface HoldingOptions {
  readonly segment: Segment;
  /** False when a restarted daemon finds that it holds the address already: neighbours know. */
  readonly announce: boolean;
  /** We take it from another of our nodes, which must not defend it, for this long; 0: from nobody. */
  readonly handoverMs: Ms;
  /** The Ethernet address of that node, where it is known. */
  readonly handoverFrom: string | null;
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
  const watch = new Watch(options);
  const timers = options.announce ? announceAtMs.map((atMs) => schedule(() => watch.announceAgain(), atMs)) : [];
  const timer = setInterval(() => watch.look(), watchMs).unref();
  const close = (): void => {
    clearInterval(timer);
    for (const announcement of timers) clearTimeout(announcement);
    options.segment.close();
  };
  return {
    segment: options.segment,
    close,
    leave: () => {
      watch.askAround();
      close();
    },
  };
}

function schedule(act: () => void, atMs: Ms): NodeJS.Timeout | undefined {
  if (atMs > 0) return setTimeout(act, atMs).unref();
  act();
  return undefined;
}

class Watch {
  readonly #options: HoldingOptions;
  /** Until it has stopped, the old holder of a planned move is heard too, and that is no news. */
  readonly #handoverUntilMs: Ms;
  #answeredMs = Number.NEGATIVE_INFINITY;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #handedOverMs = Number.NEGATIVE_INFINITY;

  constructor(options: HoldingOptions) {
    this.#options = options;
    this.#handoverUntilMs = performance.now() + options.handoverMs;
    // What was heard before we have it says nothing about who takes it after us.
    options.segment.sightings();
  }

  /** Unless another of our nodes has begun to take it: announcing now would break the connections that began there. */
  announceAgain(): void {
    this.look();
    if (!this.#isHandedOver()) this.#announce();
  }

  /** Whoever else has it announces it then. Nobody has to be asked who took it in a planned move: it was heard to. */
  askAround(): void {
    this.look();
    if (!this.#isHandedOver()) this.#options.segment.inquire();
  }

  look(): void {
    const nowMs = performance.now();
    const heard = this.#options.segment.sightings();
    const seen = heard.filter(({ kind }) => kind === 'uses');
    if (seen.some((sighting) => this.#takesOver(sighting, nowMs))) this.#handedOverMs = nowMs;
    const rival = seen.find((sighting) => !this.#takesOver(sighting, nowMs));
    if (heard.length === 0 || this.#isHandedOver() || nowMs - this.#answeredMs < answerEveryMs) return;
    this.#answeredMs = nowMs;
    this.#announce();
    if (rival === undefined || nowMs < this.#handoverUntilMs || nowMs - this.#reportedMs < reportEveryMs) return;
    this.#reportedMs = nowMs;
    this.#options.onConflict(conflictText(rival));
  }

  /**
   * Another of our nodes has begun to take it in a planned move. The old holder of our own move still says the same of itself, until
   * it has heard us: yielding to that would leave neighbours with a holder that is about to stop.
   */
  #takesOver({ handover, mac }: Sighting, nowMs: Ms): boolean {
    const isOldHolder = nowMs < this.#handoverUntilMs && mac === this.#options.handoverFrom;
    return handover && !isOldHolder;
  }

  #announce(): void {
    this.#options.segment.announce(performance.now() < this.#handoverUntilMs);
  }

  #isHandedOver(): boolean {
    return performance.now() - this.#handedOverMs < handoverTrustMs;
  }
}

const conflictText = ({ mac }: Sighting): string => `it is also used by ${mac}: announced it again`;

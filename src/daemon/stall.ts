/**
 * How long the event loop was held up, at worst: the time in which this node could not have sent a heartbeat.
 *
 * Measured by the runtime's own timer outside of JavaScript. A pause of the whole process or machine counts too.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { StallReport } from '../api/status.ts';

const resolutionMs = 5;
const windowMs = 1000;
const windows = 60;

export class StallMeter {
  private readonly histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  private readonly recentMs: number[] = [];
  private maxMs = 0;
  private timer: NodeJS.Timeout | null = null;

  /** Call it when the loop runs: what came before was start-up and held up nobody. */
  start(): void {
    this.histogram.enable();
    this.timer = setInterval(() => this.turn(), windowMs);
    this.timer.unref();
  }

  stop(): void {
    this.histogram.disable();
    if (this.timer !== null) clearInterval(this.timer);
  }

  report(): StallReport {
    const nowMs = this.sinceTurnMs();
    return {
      maxMs: round(Math.max(this.maxMs, nowMs)),
      lastMinuteMs: round(Math.max(nowMs, ...this.recentMs)),
    };
  }

  private turn(): void {
    const worstMs = this.sinceTurnMs();
    this.histogram.reset();
    this.maxMs = Math.max(this.maxMs, worstMs);
    this.recentMs.push(worstMs);
    if (this.recentMs.length > windows) this.recentMs.shift();
  }

  /** The histogram holds the time between two ticks; what is above the tick's own length is the stall. */
  private sinceTurnMs(): number {
    return this.histogram.count === 0 ? 0 : Math.max(0, this.histogram.max / 1e6 - resolutionMs);
  }
}

const round = (ms: number): number => Math.round(ms * 10) / 10;

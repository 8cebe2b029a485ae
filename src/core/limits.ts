/**
 * Sizes and paces that decide nothing about safety. The daemon runs with `usualLimits`; the simulator also with tiny and with huge
 * ones, because code that is seldom reached at the usual sizes is where mistakes live.
 */
import type { Ms } from './model.ts';

export interface Limits {
  /** View numbers that are reserved on disk in advance, so that no promise has to wait for a disk. */
  readonly reserveAhead: number;
  /** A request that nobody answered is given up after this. */
  readonly requestTimeoutMs: Ms;
  readonly requestsMax: number;
  /** Answers that a coordinator remembers, for requests that come again. */
  readonly answeredMax: number;
  /** Repeated starts of what failed or met another holder are spaced by this, times how often; at most by `retryPaceMsMax`. */
  readonly retryPaceMs: Ms;
  readonly retryPaceMsMax: Ms;
  /** An order that no record shows is repeated after this, then after twice as long, and so on up to the heartbeat. */
  readonly firstRepeatMs: Ms;
  readonly saveAgainAfterMs: Ms;
  /** A change that no majority can keep is taken back after this. */
  readonly withdrawAfterMs: Ms;
  /** Between two rounds through all levels of fence devices, and after the last one before it is tried anew. */
  readonly fenceRoundMs: Ms;
  readonly fenceAgainMs: Ms;
}

export const usualLimits: Limits = {
  reserveAhead: 32,
  requestTimeoutMs: 8000,
  requestsMax: 64,
  answeredMax: 64,
  retryPaceMs: 250,
  retryPaceMsMax: 5000,
  firstRepeatMs: 10,
  saveAgainAfterMs: 1000,
  withdrawAfterMs: 5000,
  fenceRoundMs: 2000,
  fenceAgainMs: 30_000,
};

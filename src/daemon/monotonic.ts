/**
 * The clock of a node's loop: the machine's monotonic clock, and not the process's, because notes of a former life are
 * compared with it; the same in every thread.
 */
import type { Ms } from '../core/model.ts';

export const monotonicMs = (): Ms => Number(process.hrtime.bigint() / 100_000n) / 10;

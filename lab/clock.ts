/** One clock for all processes of the machine (CLOCK_MONOTONIC), so that a fault's moment can be found in a probe's record. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Some seeds in a row, in whatever thread: the same result everywhere. */
import { generateCase } from './generate/index.ts';
import { runPlan } from './run.ts';

export interface Batch {
  readonly from: number;
  readonly count: number;
  readonly world: string | null;
}

export interface BatchResult {
  readonly done: number;
  readonly simulatedMs: number;
  /** The first seed that failed, and how. */
  readonly failed: { readonly seed: number; readonly check: string; readonly message: string } | null;
}

/** Of so many seeds one runs twice: two histories that differ are a bug of the simulator or of the core. */
const repeatEvery = 20;

export function runBatch({ from, count, world }: Batch): BatchResult {
  let simulatedMs = 0;
  for (let seed = from; seed < from + count; seed++) {
    const { cluster, plan } = generateCase(seed, world);
    const { verdict } = runPlan(cluster, plan);
    const end = { done: seed - from, simulatedMs };
    if (!verdict.ok) return { ...end, failed: { seed, check: verdict.check, message: verdict.message } };
    simulatedMs += verdict.simulatedMs;
    if (seed % repeatEvery !== 0) continue;
    const { verdict: again } = runPlan(cluster, plan);
    if (!again.ok || again.fingerprint !== verdict.fingerprint)
      return { ...end, failed: { seed, check: 'repeat', message: 'a second run took another course' } };
  }
  return { done: count, simulatedMs, failed: null };
}

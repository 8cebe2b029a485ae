/**
 * Seeds on several cores. What is found does not depend on how many: a failure is told only when all lower seeds have passed.
 */
import { Worker } from 'node:worker_threads';
import { type BatchResult, runBatch } from './batch.ts';

export interface Range {
  readonly from: number;
  /** Infinity: until the time is over. */
  readonly count: number;
  readonly world: string | null;
  readonly jobs: number;
  /** Of this process's clock; Infinity: until all seeds are done. */
  readonly untilMs: number;
  readonly onProgress: (done: number) => void;
}

/** Seeds without a failure up to the first one that failed. */
export type Total = BatchResult;

const batchSize = 10;

export async function runRange(range: Range): Promise<Total> {
  const course = new Course(range);
  if (range.jobs > 1) await Promise.all(Array.from({ length: range.jobs }, () => inThread(course)));
  else await here(course);
  return course.total;
}

/** Gives batches out in order, and adds up what comes back. */
class Course {
  readonly #range: Range;
  #next: number;
  #failed: BatchResult['failed'] = null;
  #done = 0;
  #simulatedMs = 0;

  constructor(range: Range) {
    this.#range = range;
    this.#next = range.from;
  }

  take(): { from: number; count: number; world: string | null } | null {
    const { from, count, world, untilMs } = this.#range;
    const size = Math.min(batchSize, from + count - this.#next);
    if (size <= 0 || this.#failed !== null || performance.now() >= untilMs) return null;
    this.#next += size;
    return { from: this.#next - size, count: size, world };
  }

  add(result: BatchResult): void {
    this.#done += result.done;
    this.#simulatedMs += result.simulatedMs;
    if (result.failed !== null && result.failed.seed < (this.#failed?.seed ?? Number.POSITIVE_INFINITY))
      this.#failed = result.failed;
    this.#range.onProgress(this.#done);
  }

  get total(): Total {
    return { done: this.#done, simulatedMs: this.#simulatedMs, failed: this.#failed };
  }
}

async function here(course: Course): Promise<void> {
  for (let batch = course.take(); batch !== null; batch = course.take()) course.add(runBatch(batch));
}

function inThread(course: Course): Promise<void> {
  const worker = new Worker(new URL('worker.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const batch = course.take();
      if (batch !== null) return worker.postMessage(batch);
      void worker.terminate().then(() => resolve());
    };
    worker.on('error', reject);
    worker.on('message', (result: BatchResult) => {
      course.add(result);
      next();
    });
    next();
  });
}

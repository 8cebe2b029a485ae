/** Targets in threads, some at a time. A thread that dies, or does not come back from an input, has failed with that input. */
import { Worker } from 'node:worker_threads';
import type { Outcome } from './run.ts';
import { inputBytesMax, type Target } from './target.ts';
import type { Task } from './worker.ts';

export interface Job {
  readonly seed: number;
  readonly forMs: number;
  readonly jobs: number;
}

export interface Ended {
  readonly target: Target;
  readonly outcome: Outcome;
}

const hungMs = 30_000;
/** A machine that is busy may take long to load everything. */
const beginMs = 180_000;
const lookEveryMs = 500;

export async function runAll(targets: readonly Target[], job: Job, onEnd: (ended: Ended) => void): Promise<Ended[]> {
  const waiting = [...targets];
  const ended: Ended[] = [];
  const inLane = async (): Promise<void> => {
    let thread = new Thread();
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const each = { target, outcome: await thread.run({ name: target.name, seed: job.seed, forMs: job.forMs }) };
      ended.push(each);
      onEnd(each);
      if (thread.isLost) thread = new Thread();
    }
    await thread.end();
  };
  await Promise.all(Array.from({ length: Math.min(job.jobs, targets.length) }, inLane));
  return targets.flatMap((target) => ended.filter((each) => each.target === target));
}

class Thread {
  readonly #shared = new SharedArrayBuffer(8 + inputBytesMax);
  readonly #counters = new Int32Array(this.#shared, 0, 2);
  readonly #worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: this.#shared });
  #lost: string | null = null;
  #settle: (outcome: Outcome) => void = () => undefined;

  constructor() {
    this.#worker.on('message', (outcome: Outcome) => this.#settle({ ...outcome, failed: copied(outcome.failed) }));
    this.#worker.on('error', (error) => this.#lose(`throws, outside of its call: ${stackOf(error)}`));
    this.#worker.on('exit', (code) => this.#lose(`ends the process with exit code ${code}`));
  }

  get isLost(): boolean {
    return this.#lost !== null;
  }

  run(task: Task): Promise<Outcome> {
    Atomics.store(this.#counters, 0, 0);
    Atomics.store(this.#counters, 1, 0);
    const watch = this.#watch();
    return new Promise<Outcome>((resolve) => {
      this.#settle = resolve;
      this.#worker.postMessage(task);
    }).finally(() => clearInterval(watch));
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Looks whether it gets on. */
  #watch(): NodeJS.Timeout {
    let [last, sinceMs] = [0, performance.now()];
    return setInterval(() => {
      const now = Atomics.load(this.#counters, 0);
      if (now !== last) [last, sinceMs] = [now, performance.now()];
      else if (performance.now() - sinceMs > (now === 0 ? beginMs : hungMs)) {
        this.#lose(now === 0 ? 'does not begin' : `does not end within ${hungMs / 1000} s`);
        void this.#worker.terminate();
      }
    }, lookEveryMs);
  }

  #lose(broken: string): void {
    if (this.#lost !== null) return;
    this.#lost = broken;
    const [inputs = 0, length = 0] = this.#counters;
    const input = Buffer.from(new Uint8Array(this.#shared, 8, length));
    this.#settle({ inputs, tookMs: 0, kept: 0, words: 0, worstMs: 0, grownMb: 0, failed: { broken, input } });
  }
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** A Buffer arrives as plain bytes. */
const copied = (failed: Outcome['failed']): Outcome['failed'] =>
  failed === null ? null : { ...failed, input: Buffer.from(failed.input) };

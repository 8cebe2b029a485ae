/** Runs the probe as a process of its own and keeps what it records, so that windows can be measured from it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { monotonicMs, sleep } from '../clock.ts';
import { type Answer, measure, type Outcome } from '../probe/window.ts';
import { toolEnv } from '../run.ts';

/** A demo takes two minutes; this is an hour. */
const answersMax = 360_000;

export class Recorder {
  readonly #child: ChildProcess;
  #answers: Answer[] = [];
  readonly #limitMs: number;

  /** `argv` as `labProbe` gives it, with `--lines --while-stdin`; `limitMs` is the probe's own. */
  constructor(argv: readonly string[], limitMs: number) {
    const [program = '', ...args] = argv;
    this.#limitMs = limitMs;
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: toolEnv });
    this.#child.on('error', () => {});
    this.#child.stdin?.on('error', () => {});
    if (this.#child.stdout === null) return;
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (this.#answers.push(JSON.parse(line) as Answer) > answersMax)
        this.#answers = this.#answers.slice(answersMax / 2);
    });
  }

  /** The last `forMs` were answered without a failure. */
  isServing(forMs: number): boolean {
    const outcome = this.#measure(monotonicMs() - forMs, monotonicMs());
    return outcome.requests > forMs / 20 && outcome.failed === 0;
  }

  /** Waits until the last request of the window has ended, as answer or as failure. */
  async window(fromMs: number, toMs: number): Promise<Outcome> {
    await sleep(Math.max(0, toMs + this.#limitMs + 50 - monotonicMs()));
    return this.#measure(fromMs, toMs);
  }

  /** The answers of the window, in the order in which they were due. */
  between(fromMs: number, toMs: number): readonly Answer[] {
    return this.#answers
      .filter((answer) => answer.atMs >= fromMs && answer.atMs < toMs)
      .sort((a, b) => a.atMs - b.atMs);
  }

  stop(): void {
    this.#child.stdin?.end();
    this.#child.kill('SIGTERM');
  }

  #measure(fromMs: number, toMs: number): Outcome {
    return measure(this.#answers, fromMs, toMs);
  }
}

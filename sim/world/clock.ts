/**
 * A machine's monotonic clock: it runs a little fast or slow, and not always by as much. It never steps or runs
 * backwards while the machine runs.
 */
import type { Agenda } from './agenda.ts';

export class Clock {
  readonly #agenda: Agenda;
  #rate: number;
  #sinceMs = 0;
  #atThatMs: number;

  constructor(agenda: Agenda, rate: number, offsetMs: number) {
    this.#agenda = agenda;
    this.#rate = rate;
    this.#atThatMs = offsetMs;
  }

  get nowMs(): number {
    return this.#atThatMs + (this.#agenda.nowMs - this.#sinceMs) * this.#rate;
  }

  get rate(): number {
    return this.#rate;
  }

  /** The machine has booted: its clock begins anew. */
  restart(offsetMs: number): void {
    this.#atThatMs = offsetMs;
    this.#sinceMs = this.#agenda.nowMs;
  }

  runAt(rate: number): void {
    this.#atThatMs = this.nowMs;
    this.#sinceMs = this.#agenda.nowMs;
    this.#rate = rate;
  }
}

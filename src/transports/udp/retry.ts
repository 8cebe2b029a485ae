/**
 * Opens something again every second until it works: an interface may come up after the daemon, and an address may go
 * away and return. Said once when it fails and once when it works again.
 */
const retryMs = 1000;

export class Retry {
  readonly #what: string;
  readonly #attempt: () => void;
  readonly #note: (text: string) => void;
  #timer: NodeJS.Timeout | null = null;
  #failing = false;

  constructor(what: string, attempt: () => void, note: (text: string) => void) {
    this.#what = what;
    this.#attempt = attempt;
    this.#note = note;
  }

  succeeded(): void {
    if (this.#failing) this.#note(`${this.#what} is open again`);
    this.#failing = false;
  }

  failed(error: Error): void {
    if (!this.#failing) this.#note(`${this.#what} cannot be used: ${error.message}; tried again every second`);
    this.#failing = true;
    this.stop();
    this.#timer = setTimeout(this.#attempt, retryMs);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** What happens next in the simulated world: a heap of (time, sequence). One item runs at a time, at its own time. */
export class Agenda {
  #nowMs = 0;
  #sequence = 0;
  readonly #heap: Item[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `act` after a delay; the returned handle cancels it. */
  after(delayMs: number, act: () => void): Item {
    return this.at(this.#nowMs + Math.max(0, delayMs), act);
  }

  at(atMs: number, act: () => void): Item {
    const item: Item = { atMs: Math.max(atMs, this.#nowMs), sequence: this.#sequence++, act };
    this.#push(item);
    return item;
  }

  cancel(item: Item): void {
    item.act = null;
  }

  /** Runs everything up to that time, and leaves the clock there. */
  runUntil(endMs: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= endMs; first = this.#heap[0]) {
      this.#pop();
      this.#nowMs = first.atMs;
      first.act?.();
    }
    this.#nowMs = endMs;
  }

  #push(item: Item): void {
    const heap = this.#heap;
    let i = heap.push(item) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(item, heap[parent] as Item)) break;
      heap[i] = heap[parent] as Item;
      i = parent;
    }
    heap[i] = item;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Item;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Item, heap[child] as Item)) child++;
      if (!isBefore(heap[child] as Item, last)) break;
      heap[i] = heap[child] as Item;
      i = child;
    }
    heap[i] = last;
  }
}

export interface Item {
  readonly atMs: number;
  readonly sequence: number;
  act: (() => void) | null;
}

const isBefore = (a: Item, b: Item): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);

/** How often may somebody do something? For each name a bucket that fills up again. Pure: times come in. */
import type { Ms } from '../../core/model.ts';

interface Bucket {
  left: number;
  atMs: Ms;
}

export class Rates {
  readonly #atOnce: number;
  readonly #perSecond: number;
  readonly #namesMax: number;
  /** The one that was quiet for longest comes first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(atOnce: number, perSecond: number, namesMax: number) {
    this.#atOnce = atOnce;
    this.#perSecond = perSecond;
    this.#namesMax = namesMax;
  }

  /** True when it may do it now; that counts. */
  take(name: string, nowMs: Ms): boolean {
    const bucket = this.#buckets.get(name) ?? { left: this.#atOnce, atMs: nowMs };
    const filled = bucket.left + (Math.max(0, nowMs - bucket.atMs) / 1000) * this.#perSecond;
    bucket.left = Math.min(this.#atOnce, filled);
    bucket.atMs = nowMs;
    const may = bucket.left >= 1;
    if (may) bucket.left -= 1;
    this.#keep(name, bucket);
    return may;
  }

  /** Whether `take` would say yes. That does not count. */
  has(name: string, nowMs: Ms): boolean {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) return this.#atOnce >= 1;
    return bucket.left + (Math.max(0, nowMs - bucket.atMs) / 1000) * this.#perSecond >= 1;
  }

  #keep(name: string, bucket: Bucket): void {
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#namesMax) return;
      this.#buckets.delete(oldest);
    }
  }
}

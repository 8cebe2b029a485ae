/** One target for a while: examples first, then changes of them, and of what led somewhere new. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { prngFrom } from '../sim/world/prng.ts';
import { minimise } from './minimise.ts';
import { mutate } from './mutate.ts';
import type { Prepared, Target } from './target.ts';
import { tryInput } from './try.ts';

export interface Order {
  readonly seed: number;
  readonly forMs: number;
  /** Told before each input, so that one that never ends is known. */
  readonly onInput: (input: Buffer) => void;
}

export interface Failed {
  readonly broken: string;
  /** Shortened. */
  readonly input: Buffer;
}

export interface Outcome {
  readonly inputs: number;
  readonly tookMs: number;
  /** Examples, and inputs that were kept because they led somewhere new. */
  readonly kept: number;
  /** Different things that the reader said of them. */
  readonly words: number;
  readonly worstMs: number;
  readonly grownMb: number;
  readonly failed: Failed | null;
}

const keptMax = 512;
const wordsMax = 4096;
const warmUpInputs = 2000;
/** In shorter runs the collections would take more time than the inputs. */
const measuredMsMin = 20_000;
/** What stays in memory after a run, without the kept inputs: compiled code, caches of the runtime. */
const grownMbMax = 48;

export async function runTarget(target: Target, order: Order): Promise<Outcome> {
  const prepared = await target.prepare();
  try {
    return await new Run(target, prepared, order).go();
  } finally {
    await prepared.close?.();
  }
}

class Run {
  readonly #target: Target;
  readonly #prepared: Prepared;
  readonly #order: Order;
  readonly #kept: Buffer[];
  readonly #words = new Set<string>();
  #inputs = 0;
  #worstMs = 0;
  #settledMb: number | null = null;

  constructor(target: Target, prepared: Prepared, order: Order) {
    this.#target = target;
    this.#prepared = prepared;
    this.#order = order;
    this.#kept = prepared.examples.map((each) => Buffer.from(each as string));
  }

  async go(): Promise<Outcome> {
    const startMs = performance.now();
    const failed = await this.#fuzz(startMs + this.#order.forMs);
    const tookMs = performance.now() - startMs;
    const grownMb = this.#settledMb === null ? 0 : Math.max(0, heapMb() - this.#settledMb);
    const leak = `memory grows: ${Math.round(grownMb)} MiB over ${this.#inputs} inputs`;
    const leaked = failed === null && grownMb > grownMbMax ? { broken: leak, input: Buffer.alloc(0) } : null;
    return {
      inputs: this.#inputs,
      tookMs,
      kept: this.#kept.length,
      words: this.#words.size,
      worstMs: this.#worstMs,
      grownMb,
      failed: failed ?? leaked,
    };
  }

  async #fuzz(untilMs: number): Promise<Failed | null> {
    const chance = prngFrom(this.#order.seed, this.#target.name);
    for (const example of [...this.#kept]) {
      const failed = await this.#try(example);
      if (failed !== null) return failed;
    }
    while (performance.now() < untilMs) {
      const failed = await this.#try(this.#next(chance));
      if (failed !== null) return failed;
      if (this.#inputs === warmUpInputs && this.#order.forMs >= measuredMsMin) this.#settledMb = heapMb();
    }
    return null;
  }

  #next(chance: ReturnType<typeof prngFrom>): Buffer {
    const [input, other] = [chance.pick(this.#kept), chance.pick(this.#kept)];
    return mutate(chance, this.#target.form, input, other, this.#target.words ?? []);
  }

  async #try(input: Buffer): Promise<Failed | null> {
    this.#order.onInput(input);
    this.#inputs += 1;
    const { check } = this.#prepared;
    const before = this.#words.size;
    const tried = await tryInput(this.#target, check, input, (word) => this.#hear(word));
    if (this.#words.size > before && this.#kept.length < keptMax) this.#kept.push(input);
    if (tried.broken === null) this.#noteTime(tried.ms);
    if (tried.broken === null) return null;
    const found = { broken: tried.broken, input };
    return { ...found, input: await minimise(this.#target, check, found, this.#order.onInput) };
  }

  #noteTime(ms: number): void {
    // The first ones also pay for compiling.
    if (this.#inputs > 100) this.#worstMs = Math.max(this.#worstMs, ms);
  }

  /** Numbers differ without end and mean nothing. */
  #hear(word: string): void {
    if (this.#words.size < wordsMax) this.#words.add(word.slice(0, 200).replace(/\d+/g, '#'));
  }
}

let collect: (() => void) | null = null;

/** After a collection, so that it is what is really held. */
function heapMb(): number {
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

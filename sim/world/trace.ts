/** One line a change of state, of all nodes: kept as it came, written out only for those who read it. */
import type { NodeId } from '../../src/core/model.ts';
import type { Change } from '../../src/core/ports.ts';
import { hash, mix } from './prng.ts';

const entriesMax = 5000;

interface Entry {
  readonly atMs: number;
  readonly node: NodeId;
  readonly change: Change;
}

export class Trace {
  #entries: Entry[] = [];
  #hash = 0;

  add(atMs: number, node: NodeId, change: Change): void {
    this.#hash = mix(this.#hash, atMs * 1000);
    this.#hash = mix(this.#hash, hash(change.to) ^ hash(change.what));
    this.#entries.push({ atMs, node, change });
    if (this.#entries.length > entriesMax) this.#entries = this.#entries.slice(-entriesMax / 2);
  }

  /** Something of the truth that is no line. */
  mix(atMs: number, node: NodeId, what: string): void {
    this.#hash = mix(mix(this.#hash, atMs * 1000), hash(node) ^ hash(what));
  }

  fingerprint(...more: readonly (number | readonly number[])[]): number {
    return more.flat().reduce<number>((sum, each) => mix(sum, each * 1000), this.#hash);
  }

  lines(): string[] {
    return this.#entries.map(show);
  }
}

const show = ({ atMs, node, change }: Entry): string =>
  `${(atMs / 1000).toFixed(3).padStart(9)} ${node} ${change.what}: ${change.from} => ${change.to} (${change.because})`;

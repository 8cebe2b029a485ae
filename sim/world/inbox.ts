/** What waits for a daemon that is held up: packets in the sockets of its links, as many as fit, and answers that never get lost. */
import type { NodeEvent } from '../../src/core/ports.ts';
import type { Prng } from './prng.ts';

export class Inbox {
  readonly #packetsMax: number;
  readonly #prng: Prng;
  /** By link; the answers of agents and disks come under -1. */
  readonly #queues = new Map<number, NodeEvent[]>();

  constructor(packetsMax: number, prng: Prng) {
    this.#packetsMax = packetsMax;
    this.#prng = prng;
  }

  put(event: NodeEvent): void {
    const source = event.kind === 'message' ? event.link : -1;
    const queue = this.#queues.get(source) ?? [];
    this.#queues.set(source, queue);
    // A full socket drops what comes last.
    if (source === -1 || queue.length < this.#packetsMax) queue.push(event);
  }

  clear(): void {
    this.#queues.clear();
  }

  /** In order from each source; which source is read first is chance. */
  empty(): NodeEvent[] {
    const queues = [...this.#queues.values()];
    this.#queues.clear();
    const events: NodeEvent[] = [];
    while (queues.length > 0) events.push(...(queues.splice(this.#prng.below(queues.length), 1)[0] ?? []));
    return events;
  }
}

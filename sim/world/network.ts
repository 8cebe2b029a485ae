/** The simulated network: loses, delays, repeats and reorders packets, each direction of each link by itself. */
import type { NodeId } from '../../src/core/model.ts';
import type { Message } from '../../src/core/ports.ts';
import type { Host } from './host.ts';
import type { Prng } from './prng.ts';
import type { World } from './world.ts';

export class Network {
  readonly #world: World;
  readonly #prng: Prng;
  readonly #cuts = new Map<string, number>();
  lossProbability = 0;
  slowMs = 0;
  sent = 0;

  constructor(world: World, prng: Prng) {
    this.#world = world;
    this.#prng = prng;
  }

  /** Cuts are counted, so that overlapping faults heal one by one. */
  cut(from: NodeId, to: NodeId, link: number): void {
    const key = `${from}>${to}/${link}`;
    this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1);
  }

  heal(from: NodeId, to: NodeId, link: number): void {
    const key = `${from}>${to}/${link}`;
    const left = (this.#cuts.get(key) ?? 0) - 1;
    if (left > 0) this.#cuts.set(key, left);
    else this.#cuts.delete(key);
  }

  isCut(from: NodeId, to: NodeId, link: number): boolean {
    return this.#cuts.has(`${from}>${to}/${link}`);
  }

  /** Whether a question on that link's network gets an answer. */
  reaches(a: NodeId, b: NodeId, link: number): boolean {
    return !this.isCut(a, b, link) && !this.isCut(b, a, link);
  }

  send(from: Host, to: NodeId, message: Message): void {
    const links = message.kind === 'beat' ? this.#world.links : [from.bestLinkTo(to)];
    for (const link of links) this.#sendOn(from, to, link, message);
  }

  #sendOn(from: Host, to: NodeId, link: number, message: Message): void {
    this.sent++;
    if (this.isCut(from.id, to, link)) return;
    if (this.lossProbability > 0 && this.#prng.chance(this.lossProbability)) return;
    this.#arriveLater(from.id, to, link, message);
    if (this.lossProbability > 0 && this.#prng.chance(0.02)) this.#arriveLater(from.id, to, link, message);
  }

  #arriveLater(from: NodeId, to: NodeId, link: number, message: Message): void {
    const delayMs = 0.1 + this.#prng.next() * 1.5 + (this.slowMs > 0 ? this.#prng.next() * this.slowMs : 0);
    this.#world.agenda.after(delayMs, () => this.#world.host(to).receive(from, link, message));
  }
}

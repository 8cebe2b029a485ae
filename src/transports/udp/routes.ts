/** On which link is a peer reached best? Pure: times come in. */
import type { Ms } from '../../core/model.ts';

export class Routes {
  readonly #heardAtMs = new Map<number, Ms>();
  #confirmed: readonly number[] = [];

  /** Something authentic came from the peer on this link. */
  heard(link: number, nowMs: Ms): void {
    this.#heardAtMs.set(link, nowMs);
  }

  /** The peer says on which links it hears us: a link that is cut in one direction looks well from the other end. */
  confirmed(links: readonly number[]): void {
    this.#confirmed = links;
  }

  heardSince(link: number, sinceMs: Ms): boolean {
    return (this.#heardAtMs.get(link) ?? Number.NEGATIVE_INFINITY) >= sinceMs;
  }

  /** The given links, best first: confirmed by the peer before others, then by when it was heard there last. */
  inOrder(links: readonly number[]): readonly number[] {
    const confirmed = (link: number): number => (this.#confirmed.includes(link) ? 1 : 0);
    const heardAt = (link: number): Ms => this.#heardAtMs.get(link) ?? -1;
    return [...links].sort((a, b) => confirmed(b) - confirmed(a) || heardAt(b) - heardAt(a) || a - b);
  }
}

/**
 * The simulated network: loses, delays, repeats and reorders packets. Every direction of every link is a path of its own with
 * its own chance, so that a fault on one of them changes nothing on the others.
 */
import type { NodeId } from '../../src/core/model.ts';
import type { Message } from '../../src/core/ports.ts';
import type { Fault } from './faults.ts';
import type { Host } from './host.ts';
import type { Prng } from './prng.ts';
import { asNewer } from './versions.ts';
import type { World } from './world.ts';

export type Trouble = Extract<Fault, { kind: 'packets' }>;

interface Path {
  readonly to: Host;
  readonly from: NodeId;
  readonly link: number;
  readonly prng: Prng;
  /** Cuts are counted, so that overlapping faults heal one by one. */
  cuts: number;
  troubles: readonly Trouble[];
  /** What went over it lately, while somebody records. */
  readonly recorded: Message[];
}

const recordedMax = 200;

export class Network {
  readonly #world: World;
  /** By sender, receiver and link. */
  readonly #paths = new Map<NodeId, Map<NodeId, readonly Path[]>>();
  /** Hosts that are cut off from everything else on link 0's network: ping addresses, and fence devices where they are there. */
  readonly #outsideCuts = new Map<NodeId, number>();
  readonly #downTargets: { readonly address: string; readonly node: NodeId | null }[] = [];
  sent = 0;

  constructor(world: World, hosts: readonly Host[], links: readonly number[], prng: Prng) {
    this.#world = world;
    for (const from of hosts) {
      const paths = new Map<NodeId, readonly Path[]>();
      for (const to of hosts) if (to !== from) paths.set(to.id, pathsOf(from.id, to, links, prng));
      this.#paths.set(from.id, paths);
    }
  }

  // ---------------------------------------------------------------- faults

  /** Null: all links. Returns how it heals. */
  cut(from: NodeId, to: NodeId, link: number | null): () => void {
    const paths = this.#select(from, to, link);
    for (const path of paths) path.cuts++;
    return () => {
      for (const path of paths) path.cuts--;
    };
  }

  cutOutside(node: NodeId): () => void {
    this.#outsideCuts.set(node, (this.#outsideCuts.get(node) ?? 0) + 1);
    return () => this.#outsideCuts.set(node, (this.#outsideCuts.get(node) ?? 1) - 1);
  }

  /** How long the slowest of all packets of this run may have been on its way. */
  slowestMs = 0;

  disturb(trouble: Trouble): () => void {
    this.slowestMs = Math.max(this.slowestMs, trouble.delayMs);
    const paths = this.#select(trouble.from, trouble.to, trouble.link);
    for (const path of paths) path.troubles = [...path.troubles, trouble];
    return () => {
      for (const path of paths) {
        path.troubles = path.troubles.filter((other) => other !== trouble);
        path.recorded.length = 0;
      }
    };
  }

  downTarget(address: string, node: NodeId | null): () => void {
    const down = { address, node };
    this.#downTargets.push(down);
    return () => this.#downTargets.splice(this.#downTargets.indexOf(down), 1);
  }

  #select(from: NodeId | null, to: NodeId | null, link: number | null): Path[] {
    const found: Path[] = [];
    for (const [sender, paths] of this.#paths) {
      if (from !== null && from !== sender) continue;
      for (const [receiver, list] of paths)
        if (to === null || to === receiver) found.push(...list.filter((path) => link === null || link === path.link));
    }
    return found;
  }

  // ---------------------------------------------------------------- what is reached

  /** Whether a question on that link's network gets an answer. */
  reaches(a: NodeId, b: NodeId, link: number): boolean {
    return this.#path(a, b, link)?.cuts === 0 && this.#path(b, a, link)?.cuts === 0;
  }

  reachesOutside(node: NodeId): boolean {
    return (this.#outsideCuts.get(node) ?? 0) === 0;
  }

  reachesTarget(node: NodeId, address: string): boolean {
    const isDown = this.#downTargets.some(
      (down) => down.address === address && (down.node === null || down.node === node),
    );
    return !isDown && this.reachesOutside(node);
  }

  #path(from: NodeId, to: NodeId, link: number): Path | undefined {
    return this.#paths.get(from)?.get(to)?.[link];
  }

  // ---------------------------------------------------------------- packets

  send(from: Host, to: NodeId, message: Message): void {
    const paths = this.#paths.get(from.id)?.get(to);
    if (paths === undefined) return;
    const sent = from.isNewer ? asNewer(message, this.#world.agenda.nowMs) : message;
    if (sent.kind !== 'beat') {
      const path = paths[from.bestLinkTo(to)];
      if (path !== undefined) this.#sendOn(path, sent);
    } else for (const path of paths) this.#sendOn(path, sent);
  }

  #sendOn(path: Path, message: Message): void {
    this.sent++;
    const delayMs = 0.1 + path.prng.next() * 1.5;
    if (path.cuts > 0) return;
    if (path.troubles.length === 0) this.#arriveAfter(path, delayMs, message);
    else this.#sendTroubled(path, delayMs, message);
  }

  #sendTroubled(path: Path, delayMs: number, message: Message): void {
    let lateMs = delayMs;
    for (const { how, probability, delayMs: upToMs } of path.troubles) {
      if (how === 'slow') lateMs += upToMs;
      const strikes = path.prng.chance(probability);
      const moreMs = path.prng.next() * upToMs;
      if (how === 'replay') this.#record(path, message);
      if (!strikes) continue;
      if (how === 'lose' || how === 'corrupt') return;
      if (how === 'delay' || how === 'reorder') lateMs += moreMs;
      if (how === 'repeat') this.#arriveAfter(path, delayMs + moreMs, message);
      if (how === 'replay' && path.recorded.length > 0)
        this.#arriveAfter(path, delayMs + moreMs, path.prng.pick(path.recorded));
    }
    this.#arriveAfter(path, lateMs, message);
  }

  /** The channel that carries requests and answers takes each once. */
  #record(path: Path, message: Message): void {
    if (message.kind === 'request' || message.kind === 'answer') return;
    path.recorded.push(message);
    if (path.recorded.length > recordedMax) path.recorded.shift();
  }

  #arriveAfter(path: Path, delayMs: number, message: Message): void {
    this.#world.agenda.after(delayMs, () => path.to.receive(path.from, path.link, message));
  }
}

function pathsOf(from: NodeId, to: Host, links: readonly number[], prng: Prng): Path[] {
  return links.map((link) => ({
    to,
    from,
    link,
    prng: prng.fork(`${from}>${to.id}/${link}`),
    cuts: 0,
    troubles: [],
    recorded: [],
  }));
}

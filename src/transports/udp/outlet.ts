/**
 * What this node has to say to one peer over the reliable channel: parcels that wait, parcels that are on their way until
 * the peer acknowledges them, and the connection, on whichever link works.
 *
 * A connection that fails gives its unacknowledged parcels back; they go out again on the next one, so that a message
 * may arrive twice (the core expects that) and a question is recognised by its id. A parcel that nobody takes is
 * dropped when it is too old or when newer ones need its place, and counted.
 */
import type { Ms } from '../../core/model.ts';
import type { Message } from '../../core/ports.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import { type Frame, frameKind } from './frames.ts';
import {
  flyingMax,
  messageAgeMsMax,
  parcelBytesMax,
  parcelsMax,
  pingEveryMs,
  redialMsMax,
  redialMsMin,
  stallMs,
  stallMsMax,
  writeAheadBytes,
} from './limits.ts';

export interface Parcel {
  readonly kind: number;
  readonly body: Uint8Array;
  readonly madeAtMs: Ms;
  /** A newer message of these kinds makes an older one worthless. Null: a question, which its asker takes back in time. */
  readonly message: Message['kind'] | null;
}

export interface Route {
  readonly link: number;
  /** The peer was heard there lately. */
  readonly heard: boolean;
}

export interface OutletPorts {
  /** Links to the peer that can be tried now, best first. */
  readonly routes: () => readonly Route[];
  readonly dial: (link: number, events: ConnectionEvents) => Connection;
  readonly frame: (frame: Frame) => void;
  /** A connection ended; parcels on their way go out again. */
  readonly lost: (because: string) => void;
  readonly dropped: () => void;
}

export class Outlet {
  readonly #ports: OutletPorts;
  #waiting: Parcel[] = [];
  /** Written and not acknowledged; null is a ping. */
  #flying: (Parcel | null)[] = [];
  #connection: Connection | null = null;
  #link: number | null = null;
  #acknowledged = 0;
  #movedAtMs: Ms = 0;
  #failedLink: number | null = null;
  #failuresInRow = 0;
  #dialAtMs: Ms = 0;

  constructor(ports: OutletPorts) {
    this.#ports = ports;
  }

  /** The link of the connection that is open or being opened. */
  get link(): number | null {
    return this.#link;
  }

  /** Takes a parcel. False: there is no room, and nothing older that would give way. */
  post(parcel: Parcel): boolean {
    if (parcel.message === 'record' || parcel.message === 'doc')
      this.#dropFirst((older) => older.message === parcel.message);
    while (!this.#hasRoomFor(parcel)) if (!this.#dropFirst((older) => older.message !== null)) return false;
    this.#waiting.push(parcel);
    this.#go(performance.now());
    return true;
  }

  /** Takes a question back that was answered or given up. */
  withdraw(parcel: Parcel): void {
    this.#waiting = this.#waiting.filter((it) => it !== parcel);
  }

  /** Puts a question back that went out on a connection which failed before the answer. */
  repost(parcel: Parcel): void {
    if (!this.#waiting.includes(parcel)) this.#waiting.push(parcel);
  }

  tick(nowMs: Ms): void {
    while (this.#dropFirst((it) => it.message !== null && nowMs - it.madeAtMs > messageAgeMsMax));
    this.#connection?.tick(nowMs);
    this.#leaveWhenStuck(nowMs);
    if (this.#connection?.ready && this.#flying.length === 0 && nowMs - this.#movedAtMs > pingEveryMs)
      this.#ping(nowMs);
    this.#go(nowMs);
  }

  close(because: string): void {
    this.#connection?.close(because);
  }

  /** A working connection takes what waits; without one, a new one is dialled. */
  #go(nowMs: Ms): void {
    if (this.#connection !== null) return this.#pump(nowMs);
    if (this.#waiting.length === 0 || nowMs < this.#dialAtMs) return;
    const route = this.#route();
    if (route !== undefined) this.#dial(route.link, nowMs);
  }

  /** The best link but the one that failed last; a link without heartbeats only when there are none anywhere. */
  #route(): Route | undefined {
    const all = this.#ports.routes();
    const heard = all.filter((route) => route.heard);
    const usable = heard.length > 0 ? heard : all;
    return usable.find(({ link }) => link !== this.#failedLink) ?? usable[0];
  }

  #dial(link: number, nowMs: Ms): void {
    this.#link = link;
    this.#movedAtMs = nowMs;
    this.#acknowledged = 0;
    const connection: Connection = this.#ports.dial(link, {
      ready: () => this.#begin(),
      frame: (frame) => this.#frame(frame),
      pause: () => {},
      drained: () => this.#go(performance.now()),
      closed: (because) => this.#lost(because),
    });
    this.#connection = connection;
  }

  /** The acceptor waits for a first frame, also when nothing waits any more. */
  #begin(): void {
    this.#pump(this.#moved());
    if (this.#flying.length === 0) this.#ping(performance.now());
  }

  #pump(nowMs: Ms): void {
    const connection = this.#connection;
    if (!connection?.ready) return;
    while (connection.queuedBytes < writeAheadBytes && this.#flying.length < flyingMax) {
      const parcel = this.#waiting.shift();
      if (parcel === undefined) return;
      // The clock of the stall starts with the first parcel that is under way.
      if (this.#flying.length === 0) this.#movedAtMs = nowMs;
      this.#flying.push(parcel);
      connection.send(parcel.kind, parcel.body);
    }
  }

  #ping(nowMs: Ms): void {
    this.#movedAtMs = nowMs;
    this.#flying.push(null);
    this.#connection?.send(frameKind.ping, new Uint8Array(0));
  }

  #frame(frame: Frame): void {
    this.#moved();
    if (frame.kind !== frameKind.ack) return this.#ports.frame(frame);
    const count = frame.body.length === 6 ? frame.body.readUIntBE(0, 6) : -1;
    const fresh = count - this.#acknowledged;
    if (fresh < 0 || fresh > this.#flying.length) return this.close('the peer acknowledged what was not sent');
    this.#acknowledged = count;
    this.#flying.splice(0, fresh);
    this.#failedLink = null;
    this.#failuresInRow = 0;
    this.#pump(performance.now());
  }

  #moved(): Ms {
    this.#movedAtMs = performance.now();
    return this.#movedAtMs;
  }

  #leaveWhenStuck(nowMs: Ms): void {
    if (this.#connection === null || (this.#connection.ready && this.#flying.length === 0)) return;
    const stuckMs = nowMs - this.#movedAtMs;
    const elsewhere = this.#ports.routes().some(({ link, heard }) => heard && link !== this.#link);
    if (stuckMs > stallMsMax || (stuckMs > stallMs && elsewhere)) this.close('it does not get on');
  }

  #lost(because: string): void {
    // Questions come back by `repost`: some of these were answered or given up meanwhile.
    const messages = this.#flying.filter((parcel) => parcel !== null && parcel.message !== null) as Parcel[];
    this.#waiting = [...messages, ...this.#waiting];
    this.#flying = [];
    this.#connection = null;
    this.#failedLink = this.#link;
    this.#link = null;
    this.#failuresInRow += 1;
    this.#ports.lost(because);
    const delayMs = Math.min(redialMsMax, redialMsMin * 2 ** Math.min(this.#failuresInRow - 1, 10));
    this.#dialAtMs = performance.now() + delayMs;
  }

  #hasRoomFor(parcel: Parcel): boolean {
    let bytes = parcel.body.length;
    for (const other of this.#waiting) bytes += other.body.length;
    for (const other of this.#flying) bytes += other?.body.length ?? 0;
    return this.#waiting.length < parcelsMax && bytes <= parcelBytesMax;
  }

  #dropFirst(worthless: (parcel: Parcel) => boolean): boolean {
    const index = this.#waiting.findIndex(worthless);
    if (index === -1) return false;
    this.#waiting.splice(index, 1);
    this.#ports.dropped();
    return true;
  }
}

/**
 * Connections that others dialled to this node: within bounds, from peers' addresses only, and from elsewhere while a new
 * machine is awaited. Every frame is counted back to the dialler, questions are answered, messages are given on.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Ms, NodeId } from '../../core/model.ts';
import { Answers, type Reply } from './answers.ts';
import { Connection } from './connection.ts';
import { type Frame, frameKind } from './frames.ts';
import {
  connectionsMax,
  connectionsPerPeerMax,
  handshakesAtOnce,
  handshakesPerSecond,
  parcelBytesMax,
  ratesMax,
  strangersAtOnce,
  strangersPerSecond,
} from './limits.ts';
import { Rates } from './rates.ts';
import { acceptTls, type Credentials, joinProtocol, refusalOf } from './tls.ts';

/** Where new machines ask to be let in. */
export interface Door {
  /** Somebody is awaited; otherwise only peers' addresses may connect. */
  isOpen(): boolean;
  /** Owns the socket from now on: what it says, for how long, and its end. */
  take(socket: TLSSocket, address: string): void;
}

export interface InletPorts {
  readonly credentials: () => Credentials;
  readonly peerAt: (address: string) => NodeId | undefined;
  readonly door: Door;
  readonly message: (link: number, from: NodeId, bytes: Uint8Array) => void;
  readonly ask: (from: NodeId, question: unknown) => Promise<unknown>;
  readonly accepted: () => void;
  readonly ended: (because: string) => void;
}

interface Inlet {
  /** Null: an address that no peer has. */
  readonly peer: NodeId | null;
  /** Whose connections are counted together. */
  readonly address: string;
  readonly link: () => number;
  readonly connection: Connection;
  frames: number;
  acknowledged: number;
}

export class Inlets {
  readonly #ports: InletPorts;
  /** Oldest first. */
  readonly #open = new Set<Inlet>();
  readonly #answers = new Map<NodeId, Answers>();
  readonly #handshakes = new Rates(handshakesAtOnce, handshakesPerSecond, ratesMax);
  readonly #strangers = new Rates(strangersAtOnce, strangersPerSecond, 1);

  constructor(ports: InletPorts) {
    this.#ports = ports;
  }

  /** `link` is asked anew each time: the numbers of links can change with the cluster file. */
  accept(raw: Socket, address: string, link: () => number): void {
    const peer = this.#ports.peerAt(address) ?? null;
    const closed = this.#closedTo(peer, address);
    if (closed !== null) return this.#turnAway(raw, closed);
    this.#makeRoom((other) => other.address === address && !other.connection.ready);
    const credentials = this.#ports.credentials();
    const socket = acceptTls(credentials, raw);
    const inlet: Inlet = {
      peer,
      address,
      link,
      frames: 0,
      acknowledged: 0,
      connection: new Connection(socket, false, () => this.#refusal(inlet, socket), {
        ready: () => this.#ready(inlet),
        frame: (frame) => this.#frame(inlet, frame),
        pause: () => this.#acknowledge(inlet),
        drained: () => {},
        closed: (because) => this.#closed(inlet, because),
      }),
    };
    this.#open.add(inlet);
  }

  tick(nowMs: Ms): void {
    for (const { connection } of this.#open) connection.tick(nowMs);
  }

  /** Closes connections of nodes and addresses that are not of the cluster any more. */
  closeWhere(stale: (peer: NodeId, link: number) => boolean, because: string): void {
    for (const { peer, link, connection } of this.#open)
      if (peer === null || stale(peer, link())) connection.close(because);
  }

  forgetAnswersOf(peer: NodeId): void {
    this.#answers.delete(peer);
  }

  /** In the order of what it costs to find out. */
  #closedTo(peer: NodeId | null, address: string): string | null {
    if (peer === null && !this.#ports.door.isOpen()) return 'not the address of a peer';
    if (this.#open.size >= connectionsMax) return 'too many connections';
    const nowMs = performance.now();
    if (!this.#handshakes.take(address, nowMs)) return 'too many handshakes';
    return peer !== null || this.#strangers.take('', nowMs) ? null : 'too many handshakes';
  }

  /** With a reset: what was turned away leaves nothing behind in the kernel. */
  #turnAway(socket: Socket, because: string): void {
    socket.on('error', () => {});
    socket.resetAndDestroy();
    this.#ports.ended(because);
  }

  /** Whether the handshake led to a peer. Machines that join leave for the door here. */
  #refusal(inlet: Inlet, socket: TLSSocket): string | null {
    if (socket.alpnProtocol === joinProtocol && this.#ports.door.isOpen()) {
      this.#open.delete(inlet);
      this.#ports.door.take(inlet.connection.release(), inlet.address);
      return null;
    }
    if (inlet.peer === null) return 'not the address of a peer';
    return refusalOf(socket, this.#ports.credentials(), inlet.peer, Date.now());
  }

  /** Those in their handshake are counted apart: a stranger at a peer's address must not push the peer out. */
  #makeRoom(isAlike: (inlet: Inlet) => boolean): void {
    const alike = [...this.#open].filter(isAlike);
    if (alike.length >= connectionsPerPeerMax) alike[0]?.connection.close('too many connections of one peer');
  }

  #ready(inlet: Inlet): void {
    this.#ports.accepted();
    this.#makeRoom((other) => other !== inlet && other.peer === inlet.peer && other.connection.ready);
  }

  #frame(inlet: Inlet, frame: Frame): void {
    const { peer } = inlet;
    if (peer === null) return;
    inlet.frames += 1;
    switch (frame.kind) {
      case frameKind.ping:
        return;
      case frameKind.message:
        return this.#ports.message(inlet.link(), peer, frame.body);
      case frameKind.ask:
        void this.#answersOf(peer)
          .take(frame.body)
          .then((reply) => this.#reply(inlet, reply));
        return;
      default:
        // A later version may say more; what this one does not know is acknowledged and left.
        return;
    }
  }

  #acknowledge(inlet: Inlet): void {
    if (!inlet.connection.ready || inlet.frames === inlet.acknowledged) return;
    inlet.acknowledged = inlet.frames;
    const count = Buffer.alloc(6);
    count.writeUIntBE(inlet.frames, 0, 6);
    this.#send(inlet, frameKind.ack, count);
  }

  #reply(inlet: Inlet, reply: Reply): void {
    this.#send(inlet, reply.kind, reply.body);
  }

  #send(inlet: Inlet, kind: number, body: Uint8Array): void {
    if (!inlet.connection.ready) return;
    if (inlet.connection.queuedBytes > parcelBytesMax) inlet.connection.close('it asks and does not read');
    else inlet.connection.send(kind, body);
  }

  #answersOf(peer: NodeId): Answers {
    const known = this.#answers.get(peer) ?? new Answers((question) => this.#ports.ask(peer, question));
    this.#answers.set(peer, known);
    return known;
  }

  #closed(inlet: Inlet, because: string): void {
    this.#open.delete(inlet);
    this.#ports.ended(because);
  }
}

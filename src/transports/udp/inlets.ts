/**
 * Connections that peers dialled to this node: within bounds, from peers' addresses only. Every frame is counted back to
 * the dialler, questions are answered, messages are given on.
 */
import type { Socket } from 'node:net';
import type { Ms, NodeId } from '../../core/model.ts';
import { Answers, type Reply } from './answers.ts';
import { acceptConnection, type Connection } from './connection.ts';
import { type Frame, frameKind } from './frames.ts';
import type { Keys } from './keys.ts';
import { connectionsMax, connectionsPerPeerMax, parcelBytesMax } from './limits.ts';

export interface InletPorts {
  readonly self: NodeId;
  readonly keys: () => Keys;
  readonly peerAt: (address: string) => NodeId | undefined;
  readonly message: (link: number, from: NodeId, bytes: Uint8Array) => void;
  readonly ask: (from: NodeId, question: unknown) => Promise<unknown>;
  readonly accepted: () => void;
  readonly ended: (because: string) => void;
}

interface Inlet {
  readonly peer: NodeId;
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

  constructor(ports: InletPorts) {
    this.#ports = ports;
  }

  /** `link` is asked anew each time: the numbers of links can change with the cluster file. */
  accept(socket: Socket, address: string, link: () => number): void {
    const peer = this.#ports.peerAt(address);
    if (peer === undefined) return this.#turnAway(socket, 'not the address of a peer');
    if (this.#open.size >= connectionsMax) return this.#turnAway(socket, 'too many connections');
    this.#makeRoom(peer, false);
    const inlet: Inlet = {
      peer,
      link,
      frames: 0,
      acknowledged: 0,
      connection: acceptConnection(this.#ports.keys(), this.#ports.self, peer, socket, {
        ready: () => this.#ready(peer),
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
    for (const { peer, link, connection } of this.#open) if (stale(peer, link())) connection.close(because);
  }

  forgetAnswersOf(peer: NodeId): void {
    this.#answers.delete(peer);
  }

  #turnAway(socket: Socket, because: string): void {
    socket.on('error', () => {});
    socket.destroy();
    this.#ports.ended(because);
  }

  /** Those in their handshake are counted apart: a stranger at a peer's address must not push the peer out. */
  #makeRoom(peer: NodeId, ready: boolean): void {
    const alike = [...this.#open].filter((inlet) => inlet.peer === peer && inlet.connection.ready === ready);
    if (alike.length >= connectionsPerPeerMax) alike[0]?.connection.close('too many connections of one peer');
  }

  #ready(peer: NodeId): void {
    this.#ports.accepted();
    this.#makeRoom(peer, true);
  }

  #frame(inlet: Inlet, frame: Frame): void {
    inlet.frames += 1;
    switch (frame.kind) {
      case frameKind.ping:
        return;
      case frameKind.message:
        return this.#ports.message(inlet.link(), inlet.peer, frame.body);
      case frameKind.ask:
        void this.#answersOf(inlet.peer)
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

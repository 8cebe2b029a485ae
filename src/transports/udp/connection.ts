/**
 * One TCP connection between two nodes: the handshake, then frames, within deadlines. Whatever goes wrong ends it, once,
 * with a reason; whoever owns it decides what to do next.
 */
import { connect, type Socket } from 'node:net';
import type { Ms, NodeId } from '../../core/model.ts';
import { assert } from '../../lib/assert.ts';
import { ByteQueue } from './bytes.ts';
import { type Frame, FrameReader, FrameSealer } from './frames.ts';
import { accept, type ConnectionKeys, dial, helloBytes, senderOfHello, welcomeBytes } from './handshake.ts';
import type { Keys } from './keys.ts';
import { frameMs, handshakeMs, silentMs } from './limits.ts';

export interface ConnectionEvents {
  /** The other side has proved who it is. */
  readonly ready: () => void;
  readonly frame: (frame: Frame) => void;
  /** All frames that arrived together were given out. */
  readonly pause: () => void;
  /** The kernel took what was written. */
  readonly drained: () => void;
  /** Exactly once, also when the owner closed it. */
  readonly closed: (because: string) => void;
}

/** What one side does in the handshake: it says something at first or not, and waits for one message of known length. */
interface Opening {
  readonly first: Buffer | null;
  readonly expectedBytes: number;
  readonly answer: (message: Buffer) => { readonly keys: ConnectionKeys; readonly reply: Buffer | null } | null;
}

export class Connection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #opening: Opening;
  readonly #dialled: boolean;
  readonly #early = new ByteQueue();
  #sealer: FrameSealer | null = null;
  #reader: FrameReader | null = null;
  #ready = false;
  #closed = false;
  readonly #startedAtMs = performance.now();
  #receivedAtMs = this.#startedAtMs;
  #frameSinceMs: Ms | null = null;

  constructor(socket: Socket, opening: Opening, dialled: boolean, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#opening = opening;
    this.#dialled = dialled;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#data(chunk));
    socket.on('drain', () => events.drained());
    socket.on('error', (error) => this.close(error.message));
    socket.on('close', () => this.close('the other side closed it'));
    if (opening.first !== null) socket.write(opening.first);
  }

  get ready(): boolean {
    return this.#ready && !this.#closed;
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Bytes on their way to the kernel count in `queuedBytes`; the caller bounds them. */
  send(kind: number, body: Uint8Array): void {
    assert(this.#sealer !== null, 'frames are sent after the handshake');
    if (!this.#closed) this.#socket.write(this.#sealer.seal(kind, body));
  }

  close(because: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.#events.closed(because);
  }

  /** Ends what has been open for too long without getting on. */
  tick(nowMs: Ms): void {
    if (!this.#ready && nowMs - this.#startedAtMs > handshakeMs) this.close('the handshake took too long');
    else if (!this.#dialled && nowMs - this.#receivedAtMs > silentMs) this.close('nothing came for too long');
    else if (this.#frameSinceMs !== null && nowMs - this.#frameSinceMs > frameMs) this.close('a frame took too long');
  }

  #data(chunk: Buffer): void {
    if (this.#closed) return;
    this.#receivedAtMs = performance.now();
    if (this.#reader !== null) this.#read(this.#reader, chunk);
    else this.#handshake(chunk);
  }

  #handshake(chunk: Buffer): void {
    this.#early.push(chunk);
    if (this.#early.length < this.#opening.expectedBytes) return;
    const answer = this.#opening.answer(this.#early.take(this.#opening.expectedBytes));
    if (answer === null) return this.close('the handshake failed');
    if (answer.reply !== null) this.#socket.write(answer.reply);
    this.#sealer = new FrameSealer(answer.keys.seal);
    this.#reader = new FrameReader(answer.keys.open);
    // The acceptor knows that the dialler is of now, and no recording, when the first frame opens.
    if (this.#dialled) this.#proved();
    this.#read(this.#reader, this.#early.take(this.#early.length));
  }

  #proved(): void {
    if (this.#ready) return;
    this.#ready = true;
    this.#events.ready();
  }

  #read(reader: FrameReader, chunk: Buffer): void {
    reader.push(chunk);
    for (;;) {
      const next = reader.next();
      if (next === 'broken') return this.close('a frame was tampered with or torn');
      if (next === 'more') break;
      this.#frameSinceMs = null;
      this.#proved();
      this.#events.frame(next);
      if (this.#closed) return;
    }
    this.#frameSinceMs = reader.isInside ? (this.#frameSinceMs ?? performance.now()) : null;
    this.#events.pause();
  }
}

export interface Target {
  readonly peer: NodeId;
  readonly localAddress: string;
  readonly address: string;
  readonly port: number;
}

export function dialConnection(keys: Keys, self: NodeId, target: Target, events: ConnectionEvents): Connection {
  const { hello, finish } = dial(keys, self, target.peer);
  const answer = (welcome: Buffer): ReturnType<Opening['answer']> => {
    const found = finish(welcome);
    return found === null ? null : { keys: found, reply: null };
  };
  const socket = connect({ host: target.address, port: target.port, localAddress: target.localAddress });
  return new Connection(socket, { first: hello, expectedBytes: welcomeBytes, answer }, true, events);
}

/** `peer` is who the address belongs to; the handshake must agree. */
export function acceptConnection(
  keys: Keys,
  self: NodeId,
  peer: NodeId,
  socket: Socket,
  events: ConnectionEvents,
): Connection {
  const tag = keys.senderTag(peer).toString('latin1');
  const answer = (hello: Buffer): ReturnType<Opening['answer']> => {
    if (senderOfHello(hello) !== tag) return null;
    const accepted = accept(keys, self, peer, hello);
    return accepted === null ? null : { keys: accepted.keys, reply: accepted.welcome };
  };
  return new Connection(socket, { first: null, expectedBytes: helloBytes, answer }, false, events);
}

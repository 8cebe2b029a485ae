/**
 * One connection between two nodes: the handshake, then frames, within deadlines. Whatever goes wrong ends it, once, with
 * a reason; whoever owns it decides what to do next.
 */
import type { TLSSocket } from 'node:tls';
import type { Ms } from '../../core/model.ts';
import { assert } from '../../lib/assert.ts';
import { type Frame, FrameReader, frameBytes } from './frames.ts';
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

export class Connection {
  readonly #socket: TLSSocket;
  readonly #events: ConnectionEvents;
  readonly #dialled: boolean;
  readonly #reader = new FrameReader();
  #ready = false;
  #closed = false;
  readonly #startedAtMs = performance.now();
  #receivedAtMs = this.#startedAtMs;
  #frameSinceMs: Ms | null = null;

  /** `refusal` is asked once, when the handshake is over: why the other side is not who it has to be. */
  constructor(socket: TLSSocket, dialled: boolean, refusal: () => string | null, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#dialled = dialled;
    socket.setNoDelay(true);
    socket.once(dialled ? 'secureConnect' : 'secure', () => this.#shaken(refusal()));
    socket.on('data', (chunk: Buffer) => this.#data(chunk));
    socket.on('drain', () => events.drained());
    socket.on('error', (error) => this.close(this.#ready ? error.message : `handshake: ${error.message}`));
    // Node tells the side that accepted of broken records by this name only.
    socket.on('_tlsError', () => this.close(this.#ready ? 'a record was tampered with' : 'the handshake failed'));
    socket.on('close', () => this.close(this.#ready ? 'the other side closed it' : 'the handshake was broken off'));
  }

  get ready(): boolean {
    return this.#ready && !this.#closed;
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Bytes on their way to the kernel count in `queuedBytes`; the caller bounds them. */
  send(kind: number, body: Uint8Array): void {
    assert(this.#ready, 'frames are sent after the handshake');
    if (!this.#closed) this.#socket.write(frameBytes(kind, body));
  }

  close(because: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.#events.closed(because);
  }

  /** Lets somebody else have the socket. Nothing is told any more. */
  release(): TLSSocket {
    this.#closed = true;
    this.#socket.removeAllListeners('data');
    this.#socket.removeAllListeners('drain');
    return this.#socket;
  }

  /** Ends what has been open for too long without getting on. */
  tick(nowMs: Ms): void {
    if (!this.#ready && nowMs - this.#startedAtMs > handshakeMs) this.close('the handshake took too long');
    else if (!this.#dialled && nowMs - this.#receivedAtMs > silentMs) this.close('nothing came for too long');
    else if (this.#frameSinceMs !== null && nowMs - this.#frameSinceMs > frameMs) this.close('a frame took too long');
  }

  #shaken(refusal: string | null): void {
    if (this.#closed) return;
    if (refusal !== null) return this.close(refusal);
    this.#receivedAtMs = performance.now();
    this.#ready = true;
    this.#events.ready();
  }

  #data(chunk: Buffer): void {
    if (this.#closed) return;
    if (!this.#ready) return this.close('it spoke before the handshake was over');
    this.#receivedAtMs = performance.now();
    this.#reader.push(chunk);
    for (;;) {
      const next = this.#reader.next();
      if (next === 'broken') return this.close('a frame is no frame');
      if (next === 'more') break;
      this.#frameSinceMs = null;
      this.#events.frame(next);
      if (this.#closed) return;
    }
    this.#frameSinceMs = this.#reader.isInside ? (this.#frameSinceMs ?? performance.now()) : null;
    this.#events.pause();
  }
}

/**
 * The stream of a connection as frames. TLS keeps what is in it secret and in order; this only says where each one ends.
 *
 *   length of the rest  4  |  kind 1  |  body
 */
import { assert } from '../../lib/assert.ts';
import { ByteQueue } from './bytes.ts';
import { frameBytesMax } from './limits.ts';

export const frameKind = {
  /** Empty; asks for an acknowledgement. */
  ping: 0,
  message: 1,
  /** id 8, question as JSON. */
  ask: 2,
  /** Back from the acceptor: how many frames of the dialler it has read. */
  ack: 3,
  /** id 8, answer as JSON. */
  answer: 4,
  /** id 8, a sentence. */
  failure: 5,
} as const;

export interface Frame {
  readonly kind: number;
  readonly body: Buffer;
}

const lengthBytes = 4;
const kindBytes = 1;
export const frameBodyBytesMax = frameBytesMax - lengthBytes - kindBytes;

export function frameBytes(kind: number, body: Uint8Array): Buffer {
  assert(body.length <= frameBodyBytesMax, 'a frame is within its bound');
  const head = Buffer.allocUnsafe(lengthBytes + kindBytes);
  head.writeUInt32BE(kindBytes + body.length);
  head.writeUInt8(kind, lengthBytes);
  return Buffer.concat([head, body]);
}

export class FrameReader {
  readonly #queue = new ByteQueue();
  #restBytes: number | null = null;

  /** A frame has begun and is not complete. */
  get isInside(): boolean {
    return this.#restBytes !== null || this.#queue.length > 0;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  /** The next frame; `more`: its bytes are not there yet; `broken`: the stream cannot be read any further. */
  next(): Frame | 'more' | 'broken' {
    if (this.#restBytes === null) {
      if (this.#queue.length < lengthBytes) return 'more';
      this.#restBytes = this.#queue.take(lengthBytes).readUInt32BE();
    }
    const restBytes = this.#restBytes;
    if (restBytes < kindBytes || restBytes > frameBytesMax - lengthBytes) return 'broken';
    if (this.#queue.length < restBytes) return 'more';
    const rest = this.#queue.take(restBytes);
    this.#restBytes = null;
    return { kind: rest.readUInt8(0), body: rest.subarray(kindBytes) };
  }
}

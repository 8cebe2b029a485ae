/**
 * The stream of a connection as frames: length, then kind and body sealed with AES-256-GCM under the key of this
 * direction of this connection. The nonce is the frame's number, so that frames cannot be repeated, left out or
 * exchanged; the first one that does not fit ends the connection.
 *
 *   length of the rest  4  |  ciphertext of: kind 1, body  |  tag 16
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
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
const tagBytes = 16;
const restBytesMin = 1 + tagBytes;
export const frameBodyBytesMax = frameBytesMax - lengthBytes - restBytesMin;

export class FrameSealer {
  readonly #key: KeyObject;
  #number = 0;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  seal(kind: number, body: Uint8Array): Buffer {
    assert(body.length <= frameBodyBytesMax, 'a frame is within its bound');
    const length = Buffer.allocUnsafe(lengthBytes);
    length.writeUInt32BE(restBytesMin + body.length);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonceOf(this.#number++));
    cipher.setAAD(length);
    const start = cipher.update(Buffer.of(kind));
    const rest = cipher.update(body);
    cipher.final();
    return Buffer.concat([length, start, rest, cipher.getAuthTag()]);
  }
}

export class FrameReader {
  readonly #key: KeyObject;
  readonly #queue = new ByteQueue();
  #number = 0;
  #length: Buffer | null = null;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** A frame has begun and is not complete. */
  get isInside(): boolean {
    return this.#length !== null || this.#queue.length > 0;
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk);
  }

  /** The next frame; `more`: its bytes are not there yet; `broken`: the stream cannot be read any further. */
  next(): Frame | 'more' | 'broken' {
    if (this.#length === null) {
      if (this.#queue.length < lengthBytes) return 'more';
      this.#length = this.#queue.take(lengthBytes);
    }
    const restBytes = this.#length.readUInt32BE();
    if (restBytes < restBytesMin || restBytes > frameBytesMax - lengthBytes) return 'broken';
    if (this.#queue.length < restBytes) return 'more';
    const frame = this.#open(this.#length, this.#queue.take(restBytes));
    this.#length = null;
    return frame ?? 'broken';
  }

  #open(length: Buffer, rest: Buffer): Frame | null {
    const tagAt = rest.length - tagBytes;
    const nonce = nonceOf(this.#number++);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(length);
    decipher.setAuthTag(rest.subarray(tagAt));
    const plain = decipher.update(rest.subarray(0, tagAt));
    try {
      decipher.final();
    } catch {
      return null;
    }
    return { kind: plain.readUInt8(0), body: plain.subarray(1) };
  }
}

function nonceOf(number: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 6, 6);
  return nonce;
}

/** Bytes as they come from a stream, and taken out in the pieces that are needed, without copying them over and over. */
import { assert, must } from '../../lib/assert.ts';

const chunksMax = 1024;

export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    // Many tiny chunks would cost far more memory than their bytes.
    if (this.#chunks.length > chunksMax) this.#chunks = [Buffer.concat(this.#chunks)];
  }

  /** Takes the first `count` bytes, which must be there. */
  take(count: number): Buffer {
    assert(count <= this.#length, 'no more bytes are taken than there are');
    this.#length -= count;
    const parts: Buffer[] = [];
    let missing = count;
    let used = 0;
    while (missing > 0) {
      const chunk = must(this.#chunks[used], 'a chunk for each byte');
      parts.push(chunk.subarray(0, missing));
      if (chunk.length > missing) this.#chunks[used] = chunk.subarray(missing);
      else used += 1;
      missing -= Math.min(missing, chunk.length);
    }
    this.#chunks.splice(0, used);
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, count);
  }
}

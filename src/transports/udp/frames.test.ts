import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Frame, FrameReader, frameBodyBytesMax, frameBytes } from './frames.ts';

const frame = fc.record({ kind: fc.nat(255), body: fc.uint8Array({ maxLength: 300 }) });

const streamOf = (frames: readonly { kind: number; body: Uint8Array }[]): Buffer =>
  Buffer.concat(frames.map(({ kind, body }) => frameBytes(kind, body)));

/** Everything that comes out when the stream arrives in pieces that end at `cuts`. */
function read(stream: Buffer, cuts: readonly number[]): { frames: Frame[]; broken: boolean; inside: boolean } {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  const ends = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    reader.push(stream.subarray(start, end));
    start = end;
    for (let next = reader.next(); next !== 'more'; next = reader.next()) {
      if (next === 'broken') return { frames, broken: true, inside: true };
      frames.push(next);
    }
  }
  return { frames, broken: false, inside: reader.isInside };
}

const plain = (frames: readonly { kind: number; body: Uint8Array }[]) =>
  frames.map(({ kind, body }) => `${kind} ${Buffer.from(body).toString('hex')}`);

describe('FrameReader', () => {
  test('gives back the frames, however the stream is torn', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 30 }), (frames, cuts) => {
        const result = read(streamOf(frames), cuts);
        expect(plain(result.frames)).toEqual(plain(frames));
        expect(result).toMatchObject({ broken: false, inside: false });
      }),
    );
  });

  test('says of a stream that ends too early that something is missing', () => {
    fc.assert(
      fc.property(frame, fc.nat(), (sent, cut) => {
        const stream = streamOf([sent]);
        const result = read(stream.subarray(0, cut % stream.length), []);
        expect(result).toEqual({ frames: [], broken: false, inside: cut % stream.length > 0 });
      }),
    );
  });

  test('refuses lengths outside of the bounds at once', () => {
    const lengthOf = (length: number): Buffer => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(length);
      return bytes;
    };
    for (const length of [0, 4 * 1024 * 1024, 2 ** 32 - 1]) expect(read(lengthOf(length), []).broken).toBe(true);
    const largest = streamOf([{ kind: 1, body: Buffer.alloc(frameBodyBytesMax) }]);
    expect(read(largest, [5, 70_000]).frames.length).toBe(1);
  });

  test('never throws on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(), { maxLength: 5 }), (bytes, cuts) => {
        expect(read(Buffer.from(bytes), cuts).frames.length).toBeLessThanOrEqual(bytes.length / 5);
      }),
    );
  });
});

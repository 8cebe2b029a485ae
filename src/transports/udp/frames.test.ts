import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Frame, FrameReader, FrameSealer, frameBodyBytesMax } from './frames.ts';

const key = createSecretKey(randomBytes(32));

const frame = fc.record({ kind: fc.nat(255), body: fc.uint8Array({ maxLength: 300 }) });

function streamOf(frames: readonly { kind: number; body: Uint8Array }[]): Buffer {
  const sealer = new FrameSealer(key);
  return Buffer.concat(frames.map(({ kind, body }) => sealer.seal(kind, body)));
}

/** Everything that comes out when the stream arrives in pieces that end at `cuts`. */
function read(stream: Buffer, cuts: readonly number[]): { frames: Frame[]; broken: boolean; inside: boolean } {
  const reader = new FrameReader(key);
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

  test('gives only frames from before the first change of the stream', () => {
    const frames = fc.array(frame, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(frames, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, place, by) => {
        const stream = streamOf(sent);
        stream[place % stream.length] = (stream[place % stream.length] ?? 0) ^ by;
        const result = read(stream, []);
        expect(result.frames.length).toBeLessThan(sent.length);
        expect(plain(sent).slice(0, result.frames.length)).toEqual(plain(result.frames));
        expect(result.broken || result.inside).toBe(true);
      }),
    );
  });

  test('refuses a repeated, a left-out and an exchanged frame', () => {
    const sealer = new FrameSealer(key);
    const [a, b] = [sealer.seal(1, Buffer.from('a')), sealer.seal(1, Buffer.from('b'))];
    expect(read(Buffer.concat([a, b]), []).broken).toBe(false);
    for (const wrong of [[a, a], [b], [b, a]]) expect(read(Buffer.concat(wrong), []).broken).toBe(true);
  });

  test('refuses lengths outside of the bounds at once', () => {
    const lengthOf = (length: number): Buffer => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(length);
      return bytes;
    };
    for (const length of [0, 16, 4 * 1024 * 1024, 2 ** 32 - 1]) expect(read(lengthOf(length), []).broken).toBe(true);
    expect(read(streamOf([{ kind: 1, body: Buffer.alloc(frameBodyBytesMax) }]), [5, 70_000]).frames.length).toBe(1);
  });

  test('never throws on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(read(Buffer.from(bytes), []).frames).toEqual([]);
      }),
    );
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { md5 } from './md5.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('md5', () => {
  it.each([
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['abc', '900150983cd24fb0d6963f7d28e17f72'],
    [
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
      '57edf4a22be3c955ac49da2e2107b67a',
    ],
  ])('gives what RFC 1321 says for %j', (text, digest) => {
    expect(md5(bytesOf(text))).toBe(digest);
  });

  it('agrees with the library of the platform at all lengths around the edge of a block', () => {
    for (let length = 0; length < 200; length += 1) {
      const text = 'Straße '.repeat(length).slice(0, length);
      expect(md5(bytesOf(text))).toBe(createHash('md5').update(text).digest('hex'));
    }
  });
});

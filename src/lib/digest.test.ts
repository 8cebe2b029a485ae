import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, digest, fnv1a64 } from './digest.ts';

describe('fnv1a64', () => {
  test.each([
    ['', 'cbf29ce484222325'],
    ['a', 'af63dc4c8601ec8c'],
    ['foobar', '85944171f73967e8'],
  ])('gives the published value for «%s»', (text, expected) => {
    expect(fnv1a64(text)).toBe(expected);
  });

  test('agrees with the definition in big integers over UTF-8', () => {
    const plain = (text: string) => {
      let hash = 0xcbf29ce484222325n;
      for (const byte of new TextEncoder().encode(text))
        hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & (2n ** 64n - 1n);
      return hash.toString(16).padStart(16, '0');
    };
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => fnv1a64(text) === plain(text)));
  });

  test('takes a lone surrogate', () => {
    expect(fnv1a64('\ud800')).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('digest', () => {
  test('does not depend on the order of keys', () => {
    expect(digest({ a: 1, b: { c: 2, d: [3] } })).toBe(digest({ b: { d: [3], c: 2 }, a: 1 }));
  });

  test('depends on the order of lists and on types', () => {
    expect(digest([1, 2])).not.toBe(digest([2, 1]));
    expect(digest({ port: 80 })).not.toBe(digest({ port: '80' }));
  });

  test('is the digest of what JSON keeps', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => digest(value) === digest(JSON.parse(JSON.stringify(value)))));
  });

  test('canonical JSON is JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

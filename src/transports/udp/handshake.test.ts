import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { must } from '../../lib/assert.ts';
import { accept, dial, helloBytes, senderOfHello, welcomeBytes } from './handshake.ts';
import { Keys } from './keys.ts';

const clusterKey = createSecretKey(randomBytes(32));
const keys = new Keys(clusterKey, 'prod');

describe('handshake', () => {
  test('gives both sides the same two keys, new ones each time', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const dialling = dial(keys, 'n1', 'n2');
      expect(senderOfHello(dialling.hello)).toBe(keys.senderTag('n1').toString('latin1'));
      const accepted = must(accept(keys, 'n2', 'n1', dialling.hello), 'an answer');
      const mine = must(dialling.finish(accepted.welcome), 'keys');
      expect(mine.seal.equals(accepted.keys.open) && mine.open.equals(accepted.keys.seal)).toBe(true);
      expect(mine.seal.equals(mine.open)).toBe(false);
      seen.add(mine.seal.export().toString('hex'));
    }
    expect(seen.size).toBe(3);
  });

  test('is refused with another key, cluster, receiver or sender', () => {
    const { hello } = dial(keys, 'n1', 'n2');
    expect(accept(new Keys(createSecretKey(randomBytes(32)), 'prod'), 'n2', 'n1', hello)).toBeNull();
    expect(accept(new Keys(clusterKey, 'test'), 'n2', 'n1', hello)).toBeNull();
    expect(accept(keys, 'n3', 'n1', hello)).toBeNull();
    expect(accept(keys, 'n2', 'n3', hello)).toBeNull();
    expect(accept(keys, 'n1', 'n2', hello)).toBeNull();
  });

  test('is refused when an answer belongs to another connection', () => {
    const [one, two] = [dial(keys, 'n1', 'n2'), dial(keys, 'n1', 'n2')];
    const accepted = must(accept(keys, 'n2', 'n1', one.hello), 'an answer');
    expect(two.finish(accepted.welcome)).toBeNull();
  });

  test('is refused with any byte changed, and never throws', () => {
    const dialling = dial(keys, 'n1', 'n2');
    const { welcome } = must(accept(keys, 'n2', 'n1', dialling.hello), 'an answer');
    fc.assert(
      fc.property(fc.nat(helloBytes - 1), fc.nat(welcomeBytes - 1), fc.integer({ min: 1, max: 255 }), (h, w, by) => {
        const [hello, answer] = [Buffer.from(dialling.hello), Buffer.from(welcome)];
        hello[h] = (hello[h] ?? 0) ^ by;
        answer[w] = (answer[w] ?? 0) ^ by;
        expect(accept(keys, 'n2', 'n1', hello)).toBeNull();
        expect(dialling.finish(answer)).toBeNull();
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(accept(keys, 'n2', 'n1', Buffer.from(bytes))).toBeNull();
        expect(dialling.finish(Buffer.from(bytes))).toBeNull();
        expect(senderOfHello(Buffer.from(bytes))).toBeNull();
      }),
    );
  });
});

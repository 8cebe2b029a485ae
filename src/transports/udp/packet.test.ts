import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Keys } from './keys.ts';
import {
  datagramBytesMax,
  inspectPacket,
  largestDatagramBytes,
  openPacket,
  packetOverheadBytes,
  sealPacket,
} from './packet.ts';

const clusterKey = createSecretKey(randomBytes(32));
const keys = new Keys(clusterKey, 'prod');
const key = keys.packetKey('n1', 'n2');

function sealed(body: Uint8Array, counter = 7): Buffer {
  const sealing = { cookie: keys.cookie, senderTag: keys.senderTag('n1'), key, salt: 5, counter };
  return sealPacket(sealing, { challenge: 11, echo: 12, body });
}

describe('sealPacket and openPacket', () => {
  test('give back what was sealed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: datagramBytesMax - packetOverheadBytes }),
        fc.nat(2 ** 48 - 1),
        (body, counter) => {
          const packet = sealed(body, counter);
          expect(packet.length).toBe(body.length + packetOverheadBytes);
          const header = inspectPacket(keys, packet);
          expect(header).toEqual({ sender: keys.senderTag('n1').toString('latin1'), salt: 5, counter });
          const content = openPacket(key, packet);
          expect(content).toMatchObject({ challenge: 11, echo: 12 });
          expect(Buffer.compare(Buffer.from(content?.body ?? []), body)).toBe(0);
        },
      ),
    );
  });

  test('refuse a packet with any bit flipped, or cut anywhere', () => {
    const packet = sealed(Buffer.from('a heartbeat'));
    for (let bit = 0; bit < packet.length * 8; bit++) {
      const flipped = Buffer.from(packet);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(openPacket(key, flipped)).toBeNull();
    }
    for (let length = packetOverheadBytes; length < packet.length; length++)
      expect(openPacket(key, packet.subarray(0, length))).toBeNull();
  });

  test('refuse another direction, another receiver, another cluster and another key', () => {
    const packet = sealed(Buffer.from('a heartbeat'));
    const others = [
      keys.packetKey('n2', 'n1'),
      keys.packetKey('n1', 'n3'),
      new Keys(clusterKey, 'test').packetKey('n1', 'n2'),
      new Keys(createSecretKey(randomBytes(32)), 'prod').packetKey('n1', 'n2'),
    ];
    for (const other of others) expect(openPacket(other, packet)).toBeNull();
  });
});

describe('inspectPacket', () => {
  test('names what is not ours, by the cheapest sign', () => {
    const packet = sealed(Buffer.from('x'));
    expect(inspectPacket(keys, Buffer.alloc(0))).toBe('short');
    expect(inspectPacket(keys, packet.subarray(0, packetOverheadBytes - 1))).toBe('short');
    expect(inspectPacket(keys, Buffer.alloc(largestDatagramBytes + 1))).toBe('oversize');
    expect(inspectPacket(keys, Buffer.alloc(100))).toBe('foreign');
    expect(inspectPacket(new Keys(clusterKey, 'test'), packet)).toBe('wrongCluster');
  });

  test('never throws, nor does openPacket, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, disguised) => {
        const packet = Buffer.from(bytes);
        if (disguised) sealed(Buffer.alloc(0)).copy(packet, 0, 0, 12);
        const header = inspectPacket(keys, packet);
        if (typeof header !== 'string') expect(openPacket(key, packet)).toBeNull();
      }),
    );
  });
});

import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beatOf, message } from './wire/messages.testing.ts';
import { decodeMessage, encodeMessage } from './wire.ts';

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const orderMessage = {
  kind: 'order',
  from: 'n1',
  boot: 1,
  order: {
    id: { view: 1, plan: 2, action: 3 },
    verb: 'start',
    serviceId: 'site',
    handFrom: null,
    handTo: null,
    drained: [],
    peer: null,
    notice: null,
    because: 'it should run here',
  },
} as const;

describe('encodeMessage and decodeMessage', () => {
  test('give back every message exactly', () => {
    fc.assert(
      fc.property(message, (it) => {
        same(decodeMessage(encodeMessage(it)), it);
      }),
      { numRuns: 2000 },
    );
  });

  test('keep a heartbeat of sixteen nodes in one datagram', () => {
    expect(encodeMessage(beatOf(16)).length).toBeLessThan(1130);
    expect(encodeMessage(beatOf(32)).length).toBeLessThan(2200);
  });
});

describe('decodeMessage', () => {
  test('never throws on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeMessage(bytes)).toBeNull();
      }),
    );
  });

  test('never throws on random JSON', () => {
    const start = fc.constantFrom({ kind: 'record' }, { kind: 'doc' }, { kind: '__proto__' }, {});
    fc.assert(
      fc.property(fc.jsonValue(), start, (value, head) => {
        expect(decodeMessage(bytesOf(value))).toBeNull();
        const object = Object.assign({}, value, head);
        expect(decodeMessage(bytesOf(object))).toBeNull();
        expect(decodeMessage(bytesOf(['beat', ...(Array.isArray(value) ? value : [value])]))).toBeNull();
      }),
    );
  });

  test('gives a valid message or none when bytes of a valid one are changed', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.nat(255), (it, place, byte) => {
        const bytes = Buffer.from(encodeMessage(it));
        bytes[place % bytes.length] = byte;
        const read = decodeMessage(bytes);
        if (read !== null) same(decodeMessage(encodeMessage(read)), read);
      }),
      { numRuns: 2000 },
    );
  });

  test('gives a valid message or none when a part of a valid one is replaced', () => {
    const odd = fc.constantFrom<unknown>(null, -1, 1.5, 1e300, '', {}, [], true, 'x'.repeat(70_000), [[[]]]);
    fc.assert(
      fc.property(message, odd, fc.nat(), (it, part, place) => {
        const value = JSON.parse(Buffer.from(encodeMessage(it)).toString()) as unknown;
        const read = decodeMessage(bytesOf(replacePart(value, part, place)));
        if (read !== null) same(decodeMessage(encodeMessage(read)), read);
      }),
      { numRuns: 2000 },
    );
  });

  test('ignores what a later version adds', () => {
    const more = { ...orderMessage, later: 1, order: { ...orderMessage.order, later: { a: [] } } };
    same(decodeMessage(bytesOf(more)), orderMessage);
    const one = beatOf(3);
    const packed = JSON.parse(Buffer.from(encodeMessage(one)).toString()) as unknown[];
    same(decodeMessage(bytesOf([...packed, 'later', { a: 1 }])), one);
  });

  test('says where a message was refused', () => {
    const fault = { at: '' };
    const wrong = { ...orderMessage, order: { ...orderMessage.order, drained: ['web1', 7] } };
    expect(decodeMessage(bytesOf(wrong), fault)).toBeNull();
    expect(fault.at).toBe('order.drained.1');
  });

  test('refuses unknown kinds, foreign prototypes and what is too long', () => {
    const record = { node: 'n1', boot: 1, version: 1, services: {} };
    const refused = [
      { ...orderMessage, kind: 'orders' },
      { ...orderMessage, from: '' },
      { ...orderMessage, from: 'a\u001b[2J' },
      { ...orderMessage, boot: -1 },
      { ...orderMessage, boot: 2 ** 53 },
      { ...orderMessage, order: { ...orderMessage.order, because: 'x'.repeat(100_000) } },
      { ...orderMessage, order: { ...orderMessage.order, drained: Array(2000).fill('web1') } },
      { kind: 'record', from: 'n1', boot: 1, record: [record] },
      ['record', record],
      null,
      'beat',
    ];
    for (const value of refused) expect(decodeMessage(bytesOf(value)), JSON.stringify(value).slice(0, 80)).toBeNull();
    const proto =
      '{"kind":"record","from":"n1","boot":1,"record":{"node":"n1","boot":1,"version":1,"services":{"__proto__":{}}}}';
    expect(decodeMessage(Buffer.from(proto))).toBeNull();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('refuses a heartbeat that points at names that are not there', () => {
    const packed = JSON.parse(Buffer.from(encodeMessage(beatOf(3))).toString()) as unknown[];
    const withPart = (place: number, part: unknown): unknown[] => packed.map((it, i) => (i === place ? part : it));
    expect(decodeMessage(bytesOf(packed))).not.toBeNull();
    for (const [place, part] of [
      [6, [9, 1]],
      [6, [0.5, 1]],
      [7, [7, 1, 1, 1]],
      [7, [0, 1, 1]],
      [7, [0, 1, 1, 1 << 16]],
      [8, [-1]],
      [9, [1]],
      [9, [1, -2]],
      [12, [99, 1]],
      [13, [1, 1, 1, 1]],
      [14, [99, 1]],
      [14, [0]],
    ] as const)
      expect(decodeMessage(bytesOf(withPart(place, part))), `${place} ${String(part)}`).toBeNull();
  });

  test('reads a heartbeat quickly', () => {
    const bytes = encodeMessage(beatOf(32));
    const startedAt = performance.now();
    for (let i = 0; i < 1000; i++) decodeMessage(bytes);
    expect((performance.now() - startedAt) / 1000).toBeLessThan(1);
  });
});

/** `toStrictEqual` stumbles over a key `constructor`; a clone gives every object the ordinary prototype. */
const same = (a: unknown, b: unknown): void => deepStrictEqual(a, structuredClone(b));

/** Replaces one part, somewhere in the tree, by another value. */
function replacePart(value: unknown, part: unknown, place: number): unknown {
  if (typeof value !== 'object' || value === null) return part;
  const keys = Object.keys(value);
  if (keys.length === 0) return part;
  const key = keys[place % keys.length] as string;
  const next = Math.floor(place / keys.length);
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...value };
  const fields = copy as Record<string, unknown>;
  fields[key] = next === 0 ? part : replacePart(fields[key], part, next);
  return copy;
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { countLines, parseArpingReply, parsePlaces, prefixHeld, sameAddress } from './parse.ts';

const capture = (name: string): string => readFileSync(new URL(`captures/${name}`, import.meta.url), 'utf8');

describe('ip -j addr', () => {
  it('reads interfaces, their state and their addresses, without what a filter left empty', () => {
    const places = parsePlaces(capture('ip-addr-show-to.iproute2-6.1.0.json')) ?? [];
    expect(places.map((place) => place.interface)).toEqual(['lo', 'e0']);
    expect(places[1]).toEqual({
      interface: 'e0',
      index: 4,
      up: true,
      carrier: true,
      loopback: false,
      addresses: [{ address: '10.9.0.5', prefix: 24 }],
    });
    expect(places.map((place) => prefixHeld(place, '10.9.0.5'))).toEqual([32, 24]);
  });

  it('nothing found is an empty list, and damaged output is no list', () => {
    expect(parsePlaces('')).toEqual([]);
    expect(parsePlaces('[{}]')).toEqual([]);
    expect(parsePlaces('[{"ifname":"e0"')).toBeNull();
    expect(parsePlaces('{"ifname": 3}')).toBeNull();
  });

  it('the same IPv6 address in two spellings is the same address', () => {
    expect(sameAddress('fd00:0::5', 'FD00::0005')).toBe(true);
    expect(sameAddress('fd00::5', 'fd00::6')).toBe(false);
    expect(sameAddress('nonsense', 'nonsense')).toBe(false);
  });
});

it('arping names who answered', () => {
  expect(parseArpingReply(capture('arping-duplicate.iputils-20221126.txt'))).toBe('02:00:00:00:00:0a');
  expect(parseArpingReply('Sent 3 probes (3 broadcast(s))\nReceived 0 response(s)\n')).toBeNull();
});

it('sockets are counted by lines', () => {
  expect(countLines('\n0 0 10.0.0.1:80 10.0.0.2:5\n0 0 10.0.0.1:80 10.0.0.3:5\n')).toBe(2);
  expect(countLines('')).toBe(0);
});

import { describe, expect, test } from 'vitest';
import { networkHolds, networkOf, parseAddress } from './network.ts';

describe('parseAddress', () => {
  test.each([
    ['192.168.200.121/24', { address: '192.168.200.121', prefix: 24, family: 4 }],
    ['10.0.0.1', { address: '10.0.0.1', prefix: null, family: 4 }],
    ['10.0.0.0/31', { address: '10.0.0.0', prefix: 31, family: 4 }],
    ['10.0.0.255/8', { address: '10.0.0.255', prefix: 8, family: 4 }],
    ['2001:DB8:0::0001/64', { address: '2001:db8::1', prefix: 64, family: 6 }],
    ['fd00::1', { address: 'fd00::1', prefix: null, family: 6 }],
    ['127.77.0.1/24', { address: '127.77.0.1', prefix: 24, family: 4 }],
  ])('reads %s', (text, expected) => {
    expect(parseAddress(text)).toEqual({ ok: true, value: expected });
  });

  test.each([
    ['', 'must be an IP address'],
    ['server1', 'must be an IP address'],
    ['10.0.1', 'must be an IP address'],
    ['10.0.0.010', 'must be an IP address'],
    ['0x7f.0.0.1', 'must be an IP address'],
    ['10.0.0.1/24/24', 'must be an IP address'],
    [' 10.0.0.1', 'must be an IP address'],
    ['10.0.0.1/', 'must have a prefix from 1 to 32'],
    ['10.0.0.1/0', 'must have a prefix from 1 to 32'],
    ['10.0.0.1/33', 'must have a prefix from 1 to 32'],
    ['fd00::1/129', 'must have a prefix from 1 to 128'],
    ['10.0.0.0/24', 'network itself'],
    ['10.0.0.255/24', 'broadcast address of its network'],
    ['255.255.255.255', 'broadcast address'],
    ['0.0.0.0', 'any address'],
    ['::', 'any address'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['::ffff:10.0.0.1', 'in disguise'],
  ])('refuses «%s»: %s', (text, because) => {
    expect(parseAddress(text)).toMatchObject({ ok: false, because: expect.stringContaining(because) });
  });

  test('turns a netmask into a prefix', () => {
    expect(parseAddress('10.0.0.1/255.255.254.0')).toMatchObject({ hint: 'write /23' });
    expect(parseAddress('10.0.0.1/255.0.255.0')).toMatchObject({ hint: null });
  });
});

test('networkOf and networkHolds', () => {
  expect(networkOf({ address: '192.168.200.121', prefix: 23 })).toBe('192.168.200.0/23');
  expect(networkOf({ address: '2001:db8::1:2', prefix: 64 })).toBe('2001:db8::/64');
  expect(networkHolds({ address: '192.168.200.121', prefix: 24 }, '192.168.200.120')).toBe(true);
  expect(networkHolds({ address: '192.168.200.121', prefix: 24 }, '192.168.201.120')).toBe(false);
  expect(networkHolds({ address: '192.168.200.121', prefix: 24 }, 'fd00::1')).toBe(false);
});

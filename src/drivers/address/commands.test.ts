import { describe, expect, it } from 'vitest';
import type { AddressResource } from '../../core/model.ts';
import { addAddress, handoverRules, networkOf, parkAddress, removeAddress, removeHandoverRules } from './commands.ts';

const v4: AddressResource = {
  kind: 'address',
  address: '192.168.200.120',
  prefix: 24,
  family: 4,
  interface: null,
  probeMs: 50,
  drainMs: 5000,
};
const v6: AddressResource = { ...v4, address: 'fd00::120', prefix: 64, family: 6 };

describe('adding', () => {
  it('an IPv4 address is labelled, unless the label would be too long for the kernel', () => {
    expect(addAddress(v4, 'eth0').join(' ')).toBe('ip addr add 192.168.200.120/24 dev eth0 label eth0:sempre');
    expect(addAddress(v4, 'enp0s31f6').join(' ')).toBe('ip addr add 192.168.200.120/24 dev enp0s31f6');
  });

  it('an IPv6 address skips the kernel’s own duplicate detection and is no source of own connections', () => {
    expect(addAddress(v6, 'eth0').join(' ')).toBe('ip addr add fd00::120/64 dev eth0 preferred_lft 0 nodad');
  });

  it('the parked copy is for this host only', () => {
    expect(parkAddress(v4).join(' ')).toBe('ip addr add 192.168.200.120/32 dev lo scope host');
    expect(parkAddress(v6).join(' ')).toBe('ip addr add fd00::120/128 dev lo preferred_lft 0 nodad');
  });

  it('what is removed is what was added', () => {
    expect(removeAddress(v4, 25, 'eth0').join(' ')).toBe('ip addr del 192.168.200.120/25 dev eth0');
  });
});

it('knows the network of an address', () => {
  expect(networkOf(v4)).toBe('192.168.200.0');
  expect(networkOf(v6)).toBe('fd00::');
});

describe('rules of a planned move', () => {
  const rules = (resource: AddressResource): string =>
    handoverRules({
      serviceId: 'site address',
      resource,
      device: 'eth0',
      newMac: '02:00:00:00:00:0b',
      oldMac: '02:00:00:00:00:0a',
    })[1] ?? '';

  it('replace a former table, end by themselves, and keep own connections', () => {
    expect(rules(v4)).toMatchInlineSnapshot(`
      "add table netdev sempre_site_address
      delete table netdev sempre_site_address
      table netdev sempre_site_address {
        set handover { type ipv4_addr; flags timeout; elements = { 192.168.200.120 timeout 5s }; }
        set ours {
          type ipv4_addr . inet_service . inet_service; size 65536
          flags dynamic,timeout; timeout 10s
        }
        chain ingress {
          type filter hook ingress device "eth0" priority 0; policy accept;
          ip daddr @handover tcp flags & (syn | ack) == syn add @ours { ip saddr . tcp sport . tcp dport } accept
          ip daddr @handover ip saddr . tcp sport . tcp dport @ours accept
          ip daddr @handover meta l4proto tcp ether saddr set 02:00:00:00:00:0b ether daddr set 02:00:00:00:00:0a fwd to "eth0"
        }
      }"
    `);
    expect(removeHandoverRules('site address')).toEqual(['nft', 'delete table netdev sempre_site_address']);
  });

  it('speak IPv6 where the address does', () => {
    expect(rules({ ...v6, drainMs: 2500 })).toContain('elements = { fd00::120 timeout 2s500ms }');
    expect(rules(v6)).toContain('add @ours { ip6 saddr . tcp sport . tcp dport }');
  });
});

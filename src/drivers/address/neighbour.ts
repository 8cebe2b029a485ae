/**
 * Neighbour discovery frames about one IPv6 address (RFC 4861, RFC 4862).
 *
 * Offsets: Ethernet header 0 to 13, IPv6 header 14 to 53 (payload length 18, next header 20, hop limit 21, source 22,
 * destination 38), ICMPv6 from 54 (type 54, checksum 56, flags 58, target 62), options from 78.
 */
import ipaddr from 'ipaddr.js';
import { neighbourFilter } from './filter.ts';
import type { AddressFrames, Sighting } from './frames.ts';
import { macBytes, macText } from './frames.ts';
import { holds, join, uint16 } from './wire.ts';

const etherTypeIpv6 = 0x86dd;
const icmpv6 = 58;
const solicitation = 135;
const advertisement = 136;
const overrideFlag = 0x20;
const linkLayerTarget = 2;
const hopLimit = 255;
const optionsAt = 78;
const unspecified = new Uint8Array(16);
const allNodes = addressBytes('ff02::1');
/**
 * The experimental option (RFC 4727) that marks announcements of a planned move; every station ignores options that it does
 * not know. The old holder finds it and does not defend the address.
 */
const handoverOption = [253, 1, ...new TextEncoder().encode('sempre')];

/** Everything that is said by neighbour discovery about `address`. */
export function neighbourFrames(address: string): AddressFrames {
  const own = addressBytes(address);
  const group = solicitedNode(own);
  return {
    etherType: etherTypeIpv6,
    multicast: multicastMac(group),
    filter: neighbourFilter(own),
    // Without a source address, as duplicate address detection asks: it claims nothing and cannot confuse a cache.
    probe: (mac) => packet(mac, unspecified, group, [solicitation, 0, 0, 0, 0, 0, 0, 0, ...own]),
    announcements: (mac, handover) => {
      const options = [linkLayerTarget, 1, ...macBytes(mac), ...(handover ? handoverOption : [])];
      return [packet(mac, own, allNodes, [advertisement, 0, 0, 0, overrideFlag, 0, 0, 0, ...own, ...options])];
    },
    sighting: (seen) => sighting(seen, own),
  };
}

function addressBytes(address: string): Uint8Array {
  return Uint8Array.from(ipaddr.IPv6.parse(address).toByteArray());
}

function solicitedNode(own: Uint8Array): Uint8Array {
  return join(addressBytes('ff02::1:ff00:0').subarray(0, 13), own.subarray(13));
}

const multicastMac = (group: Uint8Array): Uint8Array => join([0x33, 0x33], group.subarray(12));

function packet(mac: string, source: Uint8Array, destination: Uint8Array, body: readonly number[]): Uint8Array {
  const message = Uint8Array.from(body);
  message.set(uint16(checksum(source, destination, message)), 2);
  const header = [0x60, 0, 0, 0, ...uint16(message.length), icmpv6, hopLimit];
  const ethernet = join(multicastMac(destination), macBytes(mac), uint16(etherTypeIpv6));
  return join(ethernet, header, source, destination, message);
}

/** Over the pseudo header and the message, whose own checksum field is still zero. */
function checksum(source: Uint8Array, destination: Uint8Array, message: Uint8Array): number {
  const bytes = join(source, destination, [0, 0, ...uint16(message.length)], [0, 0, 0, icmpv6], message);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function sighting(frame: Uint8Array, own: Uint8Array): Sighting | null {
  // A hop limit below 255 shows that it came through a router: then it is no neighbour's word.
  if (!holds(frame, 12, uint16(etherTypeIpv6)) || !holds(frame, 20, [icmpv6, hopLimit]) || !holds(frame, 62, own))
    return null;
  const mac = macText(frame.subarray(6, 12));
  if (frame[54] === advertisement) return { mac, kind: 'uses', handover: hasHandoverOption(frame) };
  const asks = frame[54] === solicitation && holds(frame, 22, unspecified);
  return asks ? { mac, kind: 'asks', handover: false } : null;
}

function hasHandoverOption(frame: Uint8Array): boolean {
  let at = optionsAt;
  while (at + 2 <= frame.length) {
    if (holds(frame, at, handoverOption)) return true;
    const units = frame[at + 1] ?? 0;
    if (units === 0) return false; // A length of zero would never end.
    at += units * 8;
  }
  return false;
}

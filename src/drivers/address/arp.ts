/**
 * ARP frames about one IPv4 address (RFC 826, RFC 5227).
 *
 * Offsets: Ethernet header 0 to 13, then operation 20, sender MAC 22, sender address 28, target MAC 32, target address 38,
 * and from 42 padding up to the smallest frame that Ethernet carries.
 */
import ipaddr from 'ipaddr.js';
import { arpFilter } from './filter.ts';
import type { AddressFrames, Sighting } from './frames.ts';
import { macBytes, macText } from './frames.ts';
import { holds, join, uint16 } from './wire.ts';

const broadcast = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const nobody = [0, 0, 0, 0, 0, 0];
const zeroAddress = [0, 0, 0, 0];
const etherTypeArp = 0x0806;
const ethernetIpv4 = [0, 1, 8, 0, 6, 4];
const request = 1;
const reply = 2;
const frameBytesMin = 60;

/**
 * Rides in the padding of announcements of a planned move. Stations ignore padding; the old holder finds it here and does not
 * defend the address, which would send the clients back and forth between the two.
 */
const handoverMark = new TextEncoder().encode('sempre handover 1');

/** Everything that is said by ARP about `address`. */
export function arpFrames(address: string): AddressFrames {
  const own = Uint8Array.from(ipaddr.IPv4.parse(address).toByteArray());
  return {
    etherType: etherTypeArp,
    multicast: null,
    filter: arpFilter(own),
    probe: (mac) => frame(request, macBytes(mac), zeroAddress, own, []),
    announcements: (mac, handover) => {
      // Some stations learn from requests only, some from replies only.
      const mark = handover ? handoverMark : [];
      return [request, reply].map((operation) => frame(operation, macBytes(mac), own, own, mark));
    },
    sighting: (seen) => sighting(seen, own),
  };
}

function frame(
  operation: number,
  mac: Uint8Array,
  sender: Uint8Array | readonly number[],
  target: Uint8Array,
  padding: Uint8Array | readonly number[],
): Uint8Array {
  // RFC 5227: the target hardware address is left empty in requests; in a reply to all it names the sender.
  const targetMac = operation === reply ? mac : nobody;
  const bytes = join(
    broadcast,
    mac,
    uint16(etherTypeArp),
    ethernetIpv4,
    uint16(operation),
    mac,
    sender,
    targetMac,
    target,
  );
  const padded = new Uint8Array(frameBytesMin);
  padded.set(bytes);
  padded.set(padding, bytes.length);
  return padded;
}

function sighting(frame: Uint8Array, own: Uint8Array): Sighting | null {
  if (!holds(frame, 12, uint16(etherTypeArp)) || !holds(frame, 14, ethernetIpv4) || frame.length < 42) return null;
  const mac = macText(frame.subarray(22, 28));
  if (holds(frame, 28, own)) return { mac, kind: 'uses', handover: holds(frame, 42, handoverMark) };
  const asks = holds(frame, 28, zeroAddress) && holds(frame, 20, uint16(request)) && holds(frame, 38, own);
  return asks ? { mac, kind: 'asks', handover: false } : null;
}

/**
 * Which bytes ask for an address on the wire, announce it, and tell that another station uses it? (Ethernet, pure.)
 *
 * IPv4: ARP as in RFC 826 and RFC 5227. IPv6: neighbour discovery as in RFC 4861. Both hide behind `AddressFrames`, so that
 * the rest of the driver does not know the family.
 */
import { assert } from '../../lib/assert.ts';
import { arpFrames } from './arp.ts';
import { neighbourFrames } from './neighbour.ts';

/** Another station was seen with the address. */
export interface Sighting {
  readonly mac: string;
  /** uses: it answers or announces; asks: it is about to take it and probes first. */
  readonly kind: 'uses' | 'asks';
  /** It takes the address over in a planned move, so its announcement is no conflict for the node that hands it over. */
  readonly handover: boolean;
}

/** All that is said about one address on one Ethernet network, in complete frames. */
export interface AddressFrames {
  /** What the socket listens for. */
  readonly etherType: number;
  /** Ethernet multicast group that probes of others go to; null: they are broadcast. */
  readonly multicast: Uint8Array | null;
  /** Classic BPF: lets through only frames that may hold a sighting, so that a busy network wakes nobody. */
  readonly filter: Uint8Array;
  /** «Does anybody have it?», without claiming it. */
  probe(mac: string): Uint8Array;
  /** «I have it now»: every neighbour's cache follows. */
  announcements(mac: string, handover: boolean): Uint8Array[];
  /** Never throws: frames come from anybody. */
  sighting(frame: Uint8Array): Sighting | null;
}

/** Frames about `address`, which is valid and of that family. */
export function framesFor(address: string, family: 4 | 6): AddressFrames {
  return family === 4 ? arpFrames(address) : neighbourFrames(address);
}

export const macPattern = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

export function macBytes(mac: string): Uint8Array {
  assert(macPattern.test(mac), `an Ethernet address has six bytes: ${mac}`);
  return Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16));
}

export const macText = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');

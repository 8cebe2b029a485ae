/** What `ip -j addr`, `arping -D` and `ss` said. */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** An interface of this machine and what it holds. */
export interface Place {
  readonly interface: string;
  readonly index: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly loopback: boolean;
  readonly addresses: readonly { readonly address: string; readonly prefix: number }[];
}

// `ip` leaves empty objects for what its own filter took out.
const addressInfo = z.looseObject({ local: z.string().optional(), prefixlen: z.number().optional() });
const place = z.looseObject({
  ifindex: z.number(),
  ifname: z.string(),
  flags: z.array(z.string()),
  addr_info: z.array(addressInfo).default([]),
});
const places = z.array(z.union([place, z.strictObject({}).transform(() => null)]));

/** Null when it is not what `ip -j addr show` prints. */
export function parsePlaces(json: string): Place[] | null {
  const parsed = places.safeParse(jsonOrNull(json.trim() === '' ? '[]' : json));
  if (!parsed.success) return null;
  return parsed.data.filter((entry) => entry !== null).map(toPlace);
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function toPlace(entry: z.infer<typeof place>): Place {
  const addresses = entry.addr_info.flatMap(({ local, prefixlen }) =>
    local === undefined || prefixlen === undefined ? [] : [{ address: local, prefix: prefixlen }],
  );
  return {
    interface: entry.ifname,
    index: entry.ifindex,
    up: entry.flags.includes('UP'),
    carrier: entry.flags.includes('LOWER_UP'),
    loopback: entry.flags.includes('LOOPBACK'),
    addresses,
  };
}

/** Whether both texts are the same address: IPv6 can be written in many ways. */
export function sameAddress(a: string, b: string): boolean {
  if (!ipaddr.isValid(a) || !ipaddr.isValid(b)) return false;
  return ipaddr.parse(a).toString() === ipaddr.parse(b).toString();
}

/** The prefix with which the place holds the address, null when it does not. */
export function prefixHeld(place: Place, address: string): number | null {
  return place.addresses.find((held) => sameAddress(held.address, address))?.prefix ?? null;
}

/** Who answered `arping -D`; null: nobody. */
export function parseArpingReply(text: string): string | null {
  const mac = /\[((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\]/i.exec(text)?.[1];
  return mac === undefined ? null : mac.toLowerCase();
}

/** How many lines, so how many sockets. */
export const countLines = (text: string): number => text.split('\n').filter((line) => line.trim() !== '').length;

/** Answers «is this an address that a machine can have, and in which network does it lie?» */
import ipaddr from 'ipaddr.js';

export interface HostAddress {
  /** In its one canonical spelling, so that equal addresses are equal texts. */
  readonly address: string;
  /** Null: not written. */
  readonly prefix: number | null;
  readonly family: 4 | 6;
}

export type ParsedAddress =
  | { readonly ok: true; readonly value: HostAddress }
  | { readonly ok: false; readonly because: string; readonly hint: string | null };

export const addressWanted = 'must be an IP address such as 192.168.200.121/24 or 2001:db8::10/64';

/** Reads `ADDRESS` or `ADDRESS/PREFIX`. */
export function parseAddress(text: string): ParsedAddress {
  const [addressText = '', prefixText, ...rest] = text.split('/');
  const ip = rest.length === 0 ? readIp(addressText) : null;
  if (ip === null) return refuse(addressWanted);
  const family = ip.kind() === 'ipv4' ? 4 : 6;
  const prefix = prefixText === undefined ? null : readPrefix(prefixText, family === 4 ? 32 : 128);
  if (prefix === undefined) {
    return refuse(`must have a prefix from 1 to ${family === 4 ? 32 : 128} after the «/»`, netmaskHint(prefixText));
  }
  const address = ip.toString();
  const bad = unfit(ip) ?? (family === 4 && prefix !== null ? edgeOfNetwork(address, prefix) : null);
  return bad === null ? { ok: true, value: { address, prefix, family } } : refuse(bad);
}

/** Whether the address lies in the network of `host` with that prefix. */
export function networkHolds(host: { readonly address: string; readonly prefix: number }, address: string): boolean {
  const [own, other] = [ipaddr.parse(host.address), ipaddr.parse(address)];
  return own.kind() === other.kind() && other.match(own, host.prefix);
}

/** `192.168.200.0/24` */
export function networkOf(host: { readonly address: string; readonly prefix: number }): string {
  const cidr = `${host.address}/${host.prefix}`;
  const network =
    familyOf(host.address) === 4 ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${network.toString()}/${host.prefix}`;
}

/** Of an address that was parsed before. */
export const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

const refuse = (because: string, hint: string | null = null): ParsedAddress => ({ ok: false, because, hint });

/** Four decimal parts only: the library would also read `127.1` and take `010` for eight. */
function readIp(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return text.includes(':') && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : null;
}

/** Undefined when it is no prefix. */
function readPrefix(text: string, max: number): number | undefined {
  const prefix = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : 0;
  return prefix >= 1 && prefix <= max ? prefix : undefined;
}

function netmaskHint(text: string | undefined): string | null {
  if (text === undefined || !ipaddr.IPv4.isValidFourPartDecimal(text)) return null;
  const prefix = ipaddr.IPv4.parse(text).prefixLengthFromSubnetMask();
  return prefix === null ? null : `write /${prefix}`;
}

/** Why no machine can hold this address alone, or null. */
function unfit(ip: ipaddr.IPv4 | ipaddr.IPv6): string | null {
  const range = ip.range();
  if (range === 'unspecified') return 'stands for any address, not for one machine';
  if (range === 'multicast') return 'is a multicast group, not one machine';
  if (range === 'broadcast') return 'is the broadcast address, not one machine';
  if (ip.kind() === 'ipv4') return null;
  if (range === 'linkLocal') return 'is a link-local address, which means another machine on each interface';
  if (range === 'ipv4Mapped') return 'is an IPv4 address in disguise: write the IPv4 address';
  return null;
}

function edgeOfNetwork(address: string, prefix: number): string | null {
  if (prefix >= 31) return null; // Networks of one or two hosts have no such edges (RFC 3021).
  const cidr = `${address}/${prefix}`;
  if (ipaddr.IPv4.networkAddressFromCIDR(cidr).toString() === address) return 'is the network itself, not a host in it';
  if (ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString() === address)
    return 'is the broadcast address of its network, not a host in it';
  return null;
}

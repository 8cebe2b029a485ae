/** The command lines that look at, add, hand over and remove an address. */
import ipaddr from 'ipaddr.js';
import type { AddressResource, Ms, ServiceId } from '../../core/model.ts';

export type Argv = readonly [string, ...string[]];

const labelCharsMax = 15;
/** More connections than this start on the new holder during one handover: the rest is still served by the old one. */
const handoverConnectionsMax = 65_536;

/** Where the address is, on whichever interface. */
export const showAddress = (resource: AddressResource): Argv => ['ip', '-j', 'addr', 'show', 'to', resource.address];

/** Which interfaces hold an address of the same network. */
export function showNetwork(resource: AddressResource): Argv {
  return ['ip', '-j', 'addr', 'show', 'to', `${networkOf(resource)}/${resource.prefix}`];
}

export const showInterface = (name: string): Argv => ['ip', '-j', 'addr', 'show', 'dev', name];

export function networkOf(resource: AddressResource): string {
  const cidr = `${resource.address}/${resource.prefix}`;
  const network =
    resource.family === 4 ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return network.toString();
}

export function addAddress(resource: AddressResource, device: string): Argv {
  const add: Argv = ['ip', 'addr', 'add', `${resource.address}/${resource.prefix}`, 'dev', device];
  // We have probed already. Deprecated in the sense of RFC 4862: it takes connections, but the node's own ones do not start
  // from an address that may move away.
  if (resource.family === 6) return [...add, 'preferred_lft', '0', 'nodad'];
  const label = `${device}:sempre`;
  return label.length <= labelCharsMax ? [...add, 'label', label] : add;
}

export const removeAddress = (resource: AddressResource, prefix: number, device: string): Argv => [
  'ip',
  'addr',
  'del',
  `${resource.address}/${prefix}`,
  'dev',
  device,
];

export const hostPrefix = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** On `lo` it is still delivered and keeps its connections, but nobody is told that it is here. */
export function parkAddress(resource: AddressResource): Argv {
  const add: Argv = ['ip', 'addr', 'add', `${resource.address}/${hostPrefix(resource.family)}`, 'dev', 'lo'];
  return resource.family === 4 ? [...add, 'scope', 'host'] : [...add, 'preferred_lft', '0', 'nodad'];
}

const openStates = ['established', 'close-wait', 'fin-wait-1'].flatMap((state) => ['state', state]);

/** One line a connection of clients with this address. */
export const openConnections = (resource: AddressResource): Argv => [
  'ss',
  '-Htn',
  ...openStates,
  'src',
  resource.address,
];

/** Closes what is left, so that clients are told at once instead of waiting for an answer that never comes. */
export const closeConnections = (resource: AddressResource): Argv => [
  'ss',
  '-K',
  '-Htn',
  ...openStates,
  'src',
  resource.address,
];

export const duplicateProbe = (resource: AddressResource, device: string): Argv => [
  'arping',
  '-D',
  '-f',
  '-c',
  '3',
  '-w',
  '1',
  '-I',
  device,
  resource.address,
];

/** Two forms, because some stations learn from requests only and some from replies only. */
export const announceByArping = (resource: AddressResource, device: string): Argv[] =>
  ['-U', '-A'].map((form) => ['arping', form, '-c', '1', '-w', '1', '-I', device, resource.address]);

export interface Handover {
  readonly serviceId: ServiceId;
  readonly resource: AddressResource;
  readonly device: string;
  readonly newMac: string;
  readonly oldMac: string;
}

const tableName = (serviceId: ServiceId): string => `sempre_${serviceId.replace(/[^A-Za-z0-9_.-]/g, '_')}`;

/**
 * Rules at the ingress of the new holder: connections that start here stay here; packets of any other connection are sent on
 * to the old holder, which still serves them.
 *
 * The source MAC is rewritten too: else the switch would learn the client's MAC at our port. The kernel itself ends the
 * forwarding when the element of `handover` times out, even if this daemon is gone by then.
 */
export function handoverRules({ serviceId, resource, device, newMac, oldMac }: Handover): Argv {
  const table = `table netdev ${tableName(serviceId)}`;
  const [ip, type] = resource.family === 4 ? ['ip', 'ipv4_addr'] : ['ip6', 'ipv6_addr'];
  const connection = `${ip} saddr . tcp sport . tcp dport`;
  const memoryMs = resource.drainMs + 5_000;
  return [
    'nft',
    `add ${table}
delete ${table}
${table} {
  set handover { type ${type}; flags timeout; elements = { ${resource.address} timeout ${durationText(resource.drainMs)} }; }
  set ours {
    type ${type} . inet_service . inet_service; size ${handoverConnectionsMax}
    flags dynamic,timeout; timeout ${durationText(memoryMs)}
  }
  chain ingress {
    type filter hook ingress device "${device}" priority 0; policy accept;
    ${ip} daddr @handover tcp flags & (syn | ack) == syn add @ours { ${connection} } accept
    ${ip} daddr @handover ${connection} @ours accept
    ${ip} daddr @handover meta l4proto tcp ether saddr set ${newMac} ether daddr set ${oldMac} fwd to "${device}"
  }
}`,
  ];
}

/** nft reads no fractions. */
const durationText = (timeMs: Ms): string => {
  const wholeMs = Math.max(1, Math.round(timeMs));
  const seconds = Math.floor(wholeMs / 1000);
  return `${seconds > 0 ? `${seconds}s` : ''}${wholeMs % 1000 > 0 ? `${wholeMs % 1000}ms` : ''}`;
};

export const removeHandoverRules = (serviceId: ServiceId): Argv => [
  'nft',
  `delete table netdev ${tableName(serviceId)}`,
];

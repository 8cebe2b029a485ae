/**
 * Which hosts, bridges, ports and addresses a lab has for a cluster file. Pure.
 *
 * Each node becomes a host with one interface a link (`eth0`, `eth1`, ...), plugged into one bridge a link. One more host,
 * `client`, has an address in every network: there the probe runs, as a user of the cluster would. Addresses that the nodes
 * ping are hosts too: `gateway`, `gateway2`, ...
 */
import ipaddr from 'ipaddr.js';
import { networkHolds } from '../src/config/network.ts';
import type { Cluster, Link } from '../src/core/model.ts';
import { failure, type Result, success } from '../src/lib/errors.ts';

export const clientName = 'client';
export const gatewayName = 'gateway';

export interface Topology {
  /** One for each link, named after it. */
  readonly bridges: readonly string[];
  /** The nodes in the order of the file, then the client, then gateways. */
  readonly hosts: readonly LabHost[];
}

export interface LabHost {
  readonly name: string;
  /** What its supervisor runs; outside: nothing, it is none of the cluster's machines. */
  readonly role: 'node' | 'witness' | 'outside';
  readonly interfaces: readonly LabInterface[];
}

export interface LabInterface {
  readonly name: string;
  readonly link: number;
  readonly address: string;
  readonly prefix: number;
  /** The switch's end of the cable. */
  readonly port: string;
  /** The same after each boot: it is the same network card. */
  readonly mac: string;
}

/** Kernel names of interfaces end at 15 characters and our MAC addresses count hosts in one byte. */
const hostsMax = 200;

export function topologyOf(cluster: Cluster): Result<Topology> {
  if (cluster.nodes.length > hostsMax) {
    return failure('UNSUPPORTED', `A lab holds ${hostsMax} nodes at most; the file has ${cluster.nodes.length}`);
  }
  if (cluster.nodes.some((node) => node.id === clientName)) {
    return failure(
      'UNSUPPORTED',
      `The lab calls the host of its probe ${clientName}; a node of the file has the same name`,
    );
  }
  const linkCount = Math.max(...cluster.nodes.map((node) => node.links.length));
  const links = Array.from({ length: linkCount }, (_, link) => link);
  const clientLinks = links.map((link) => clientLink(cluster, link));
  const hosts = [
    ...cluster.nodes.map(({ id, witness, links: own }) => ({
      name: id,
      role: witness ? ('witness' as const) : ('node' as const),
      plugs: own.map((link, index) => ({ link, index })),
    })),
    { name: clientName, role: 'outside' as const, plugs: clientLinks.map((link, index) => ({ link, index })) },
    ...gatewaysOf(cluster),
  ];
  return success({
    bridges: links.map((link) => `link${link}`),
    hosts: hosts.map(({ name, role, plugs }, number) => ({
      name,
      role,
      interfaces: plugs.map(({ link, index }) => plug(link, number, index)),
    })),
  });
}

interface Gateway {
  readonly name: string;
  readonly role: 'outside';
  readonly plugs: readonly { readonly link: Link; readonly index: number }[];
}

/** Those outside of the nodes' networks are left out: nothing leads there. */
function gatewaysOf({ nodes, quorum }: Cluster): Gateway[] {
  const links = nodes.find(({ witness }) => !witness)?.links ?? [];
  const plugs = quorum.ping.flatMap((address) => {
    const index = links.findIndex((link) => networkHolds(link, address));
    const like = links[index];
    return like === undefined ? [] : [{ link: { address, prefix: like.prefix }, index }];
  });
  const names = plugs.map((_, number) => (number === 0 ? gatewayName : `${gatewayName}${number + 1}`));
  return plugs.flatMap((one, number): Gateway[] => {
    const name = names[number] ?? gatewayName;
    return nodes.some(({ id }) => id === name) ? [] : [{ name, role: 'outside', plugs: [one] }];
  });
}

function plug(link: Link, host: number, index: number): LabInterface {
  return {
    name: `eth${index}`,
    link: index,
    address: link.address,
    prefix: link.prefix,
    port: `h${host}l${index}`,
    mac: `02:5e:00:${hex(index)}:00:${hex(host + 1)}`,
  };
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

function clientLink(cluster: Cluster, index: number): Link {
  // A witness is reached through routers: its network is not that of the nodes.
  const members = cluster.nodes.filter(({ witness }) => !witness).flatMap((node) => node.links[index] ?? []);
  const like = members[0] ?? { address: `10.254.${index}.1`, prefix: 24 };
  return { address: freeAddress(like, takenAddresses(cluster)), prefix: like.prefix };
}

function takenAddresses(cluster: Cluster): Set<string> {
  const taken = new Set(cluster.nodes.flatMap((node) => node.links.map((link) => canonical(link.address))));
  for (const address of cluster.quorum.ping) taken.add(canonical(address));
  for (const { resource } of cluster.services) {
    if (resource.kind === 'address') taken.add(canonical(resource.address));
    if (resource.kind === 'balance') for (const server of resource.servers) taken.add(canonical(server.address));
  }
  return taken;
}

/** The highest address of the network that nobody in the file has, below the broadcast address. */
export function freeAddress(like: Link, taken: ReadonlySet<string>): string {
  const bytes = ipaddr.parse(like.address).toByteArray();
  const hostBits = BigInt(bytes.length * 8 - like.prefix);
  const base = (toNumber(bytes) >> hostBits) << hostBits;
  for (let host = (1n << hostBits) - 2n; host > 0n; host--) {
    const address = ipaddr.fromByteArray(toBytes(base + host, bytes.length)).toString();
    if (!taken.has(address)) return address;
  }
  return like.address;
}

const canonical = (address: string): string => (ipaddr.isValid(address) ? ipaddr.parse(address).toString() : address);

const toNumber = (bytes: readonly number[]): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

const toBytes = (value: bigint, length: number): number[] =>
  Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn));

/**
 * Which hosts, bridges, ports and addresses a lab has for a cluster file. Pure.
 *
 * Each node becomes a host with one interface a link (`eth0`, `eth1`, ...), plugged into one bridge a link. One more host,
 * `client`, has an address in every network: there the probe runs, as a user of the cluster would.
 */
import ipaddr from 'ipaddr.js';
import type { Cluster, Link } from '../src/core/model.ts';
import { failure, type Result, success } from '../src/lib/errors.ts';

export const clientName = 'client';

export interface Topology {
  /** One for each link, named after it. */
  readonly bridges: readonly string[];
  /** The nodes in the order of the file, then the client. */
  readonly hosts: readonly LabHost[];
}

export interface LabHost {
  readonly name: string;
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
    ...cluster.nodes.map((node) => ({ name: node.id, links: node.links })),
    { name: clientName, links: clientLinks },
  ];
  return success({
    bridges: links.map((link) => `link${link}`),
    hosts: hosts.map((host, index) => ({
      name: host.name,
      interfaces: host.links.map((link, i) => plug(link, index, i)),
    })),
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
  const members = cluster.nodes.flatMap((node) => node.links[index] ?? []);
  const like = members[0] ?? { address: `10.254.${index}.1`, prefix: 24 };
  return { address: freeAddress(like, takenAddresses(cluster)), prefix: like.prefix };
}

function takenAddresses(cluster: Cluster): Set<string> {
  const taken = new Set(cluster.nodes.flatMap((node) => node.links.map((link) => canonical(link.address))));
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

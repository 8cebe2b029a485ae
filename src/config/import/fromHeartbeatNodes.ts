/** Who is in the cluster, and on which addresses: ha.cf names machines and interfaces, a cluster file names addresses. */
import { failure, type Result, success } from '../../lib/errors.ts';
import { type ClusterFileDraft, flowList, mark, nameFor, type Sourced, scalar, sourced } from './fromHeartbeatText.ts';
import type { HaCf, HaResources, HeartbeatLink } from './heartbeat.ts';

export interface ReadHaCf {
  readonly file: string;
  /** The node that has this file, where its name says so (ha.cf.NODE). */
  readonly node: string | null;
  readonly value: HaCf;
}

export interface ReadHaResources {
  readonly file: string;
  readonly value: HaResources;
}

export interface ImportedNode {
  /** In the cluster file. */
  readonly id: string;
  /** In Heartbeat's files, in small letters. */
  readonly was: string;
  readonly from: string;
}

/** In the order of ha.cf; without one, those that haresources and the command line name. */
export function nodesOf(
  haCf: ReadHaCf | null,
  haResources: ReadHaResources | null,
  said: ReadonlyMap<string, readonly string[]>,
  draft: ClusterFileDraft,
): Result<readonly ImportedNode[]> {
  const named = haCf === null ? preferred(haResources) : written(haCf);
  const short = new Set([...named.keys()].map(hostOf));
  const unknown = [...said.keys()].filter((name) => !named.has(name) && !short.has(name));
  if (haCf !== null && unknown[0] !== undefined) {
    const message = `--node ${unknown[0]}: ${haCf.file} has no such node, but ${[...named.keys()].join(', ') || 'none'}`;
    return failure('USAGE', message);
  }
  for (const name of unknown) named.set(name, null);
  const taken = new Set<string>();
  const nodes = [...named].map(([was, source]): ImportedNode => {
    const id = nameFor(hostOf(was), taken);
    taken.add(id);
    if (id !== was && id !== hostOf(was))
      draft.note(source, `«${was}» cannot be a name here: it is ${id} now, which its daemon is told by --node ${id}`);
    return { id, was, from: source === null ? 'no file names it' : mark(source) };
  });
  return success(nodes);
}

/** Without its domain. */
const hostOf = (name: string): string => name.split('.')[0] ?? name;

type Named = Map<string, Sourced | null>;

function written({ file, value }: ReadHaCf): Named {
  const named: Named = new Map();
  for (const node of value.nodes)
    if (!named.has(node.value.toLowerCase())) named.set(node.value.toLowerCase(), sourced(file, node));
  return named;
}

function preferred(haResources: ReadHaResources | null): Named {
  const named: Named = new Map();
  for (const line of haResources?.value.lines ?? []) {
    const name = line.preferredNode.toLowerCase();
    if (!named.has(name)) named.set(name, haResources === null ? null : sourced(haResources.file, line));
  }
  return named;
}

// ---------------------------------------------------------------- addresses

/** Addresses by the names of nodes, in small letters. */
export type Addresses = ReadonlyMap<string, readonly string[]>;

/** What is known of one node. */
export interface KnownAddresses {
  readonly addresses: readonly string[];
  readonly from: string;
}

/** By `was`: those that the command line tells, else those of the table of hosts. */
export function knownAddresses(
  nodes: readonly ImportedNode[],
  said: Addresses,
  hosts: Addresses | null,
  draft: ClusterFileDraft,
): ReadonlyMap<string, KnownAddresses> {
  const known = new Map<string, KnownAddresses>();
  for (const { id, was } of nodes) {
    const own = said.get(was) ?? said.get(hostOf(was));
    const listed = usable(hosts?.get(was) ?? hosts?.get(hostOf(was)) ?? []);
    if (own !== undefined) known.set(was, { addresses: own, from: 'addresses from --node' });
    else if (listed.length > 0)
      known.set(was, { addresses: listed, from: 'address from the table of hosts: write its prefix if it is not /24' });
    else if (hosts !== null)
      draft.note(null, `${id} has no address in the table of hosts but those of the machine itself`);
  }
  return known;
}

/** Of one family: a node with both would have two links that are one. */
function usable(addresses: readonly string[]): readonly string[] {
  const outside = addresses.filter((address) => !/^(127\.|::1$|fe80:)/i.test(address));
  const four = outside.filter((address) => !address.includes(':'));
  return four.length > 0 ? four : outside;
}

/** Writes `nodes:`, with a blank for each address that nobody told. */
export function writeNodes(
  nodes: readonly ImportedNode[],
  haCfs: readonly ReadHaCf[],
  known: ReadonlyMap<string, KnownAddresses>,
  draft: ClusterFileDraft,
): void {
  const links = linksOf(haCfs[0] ?? null);
  draft.line(0, 'nodes:');
  for (const { device, from } of links) draft.comment(1, `link: ${device} (${from.join(', ')})`);
  for (const node of nodes) {
    const own = known.get(node.was);
    if (own !== undefined) {
      draft.line(1, `${node.id}: ${flowList(own.addresses)}`, `${node.from}, ${own.from}`);
      if (links.length > own.addresses.length)
        draft.note(
          null,
          `${node.id} has ${own.addresses.length} of the ${links.length} links of ha.cf: ${devices(links)}`,
        );
      continue;
    }
    const devicesOrOne = links.length === 0 ? [null] : links.map(({ device }) => device);
    draft.line(1, `${node.id}:`, node.from);
    for (const device of devicesOrOne) {
      const { text, comment } = addressOf(node, nodes, device, haCfs, draft);
      draft.line(2, `- ${scalar(text)}`, comment);
    }
  }
}

interface ImportedLink {
  readonly device: string;
  readonly from: readonly string[];
}

const devices = (links: readonly ImportedLink[]): string => links.map(({ device }) => device).join(', ');

/** By interface: several ways to reach the same cable are one link. */
function linksOf(haCf: ReadHaCf | null): readonly ImportedLink[] {
  const byDevice = new Map<string, string[]>();
  for (const link of haCf?.value.links ?? []) {
    if (link.kind === 'serial' || haCf === null) continue;
    const from = `${words[link.kind]} ${mark(sourced(haCf.file, link))}`;
    byDevice.set(link.interface, [...(byDevice.get(link.interface) ?? []), from]);
  }
  return [...byDevice].map(([device, from]) => ({ device, from }));
}

const words: Readonly<Record<HeartbeatLink['kind'], string>> = {
  broadcast: 'bcast',
  multicast: 'mcast',
  unicast: 'ucast',
  serial: 'serial',
};

function addressOf(
  node: ImportedNode,
  nodes: readonly ImportedNode[],
  device: string | null,
  haCfs: readonly ReadHaCf[],
  draft: ClusterFileDraft,
): { readonly text: string; readonly comment: string } {
  const peer = nodes.find(({ id }) => id !== node.id);
  const told = device === null || nodes.length !== 2 ? [] : unicast(haCfs, device, peer?.was ?? null);
  const [only] = told;
  if (only !== undefined && told.length === 1)
    return { text: only.address, comment: `ucast ${only.from}: write its prefix if it is not /24` };
  const where = device === null ? '' : ` on ${device}`;
  const among = unicast(haCfs, device, null).map(({ address }) => address);
  const hint = among.length === 0 ? '' : `; perhaps ${among.join(' or ')}, which ucast names`;
  const text = draft.blank(`address of ${node.id}${where}`);
  return { text, comment: `fill in: the address of ${node.id}${where}, such as 192.168.1.10/24${hint}` };
}

/** The file of one node names the address of the other one. Null: of whichever node. */
function unicast(haCfs: readonly ReadHaCf[], device: string | null, writtenBy: string | null): Unicast[] {
  const found = haCfs
    .filter(({ node }) => writtenBy === null || node === writtenBy)
    .flatMap(({ file, value }) =>
      value.links.flatMap((link): Unicast[] =>
        link.kind === 'unicast' && link.interface === device
          ? [{ address: link.address, from: mark(sourced(file, link)) }]
          : [],
      ),
    );
  return found.filter(({ address }, at) => found.findIndex((other) => other.address === address) === at);
}

interface Unicast {
  readonly address: string;
  readonly from: string;
}

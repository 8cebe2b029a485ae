/** What runs where, as far as the members say? */
import { byText } from '../../lib/compare.ts';
import type { NodeId, Service, ServiceId } from '../model.ts';
import type { NodeRecord, ServiceRecord, ServiceState, View } from '../ports.ts';
import type { Graph } from './graph.ts';
import type { ScheduleInput } from './plan.ts';

/** A service on a member that may run it or has a record of it. */
export interface Copy {
  readonly node: NodeId;
  /** A member without an entry has not looked yet: unknown. */
  readonly state: ServiceState;
  /** Null: there is none, or it says nothing but `stopped`. */
  readonly record: ServiceRecord | null;
  /** The node is named in the service's `on`. */
  readonly listed: boolean;
}

export interface SeenService {
  /** In the order of the file's nodes; members that the file no longer names come last. */
  readonly copies: readonly Copy[];
  /** The same by place of the node in the file. */
  readonly at: readonly (Copy | undefined)[];
  /** Place of each node of the file in `on`; undefined: not listed. */
  readonly places: readonly (number | undefined)[];
}

/** Something that a member still has although the file does not name it any more. */
export interface Orphan {
  readonly node: NodeId;
  readonly service: ServiceId;
}

export interface Seen {
  readonly services: ReadonlyMap<ServiceId, SeenService>;
  /** Those that have to be stopped now. */
  readonly orphans: readonly Orphan[];
}

export function seenOf(graph: Graph, input: ScheduleInput): Seen {
  const members = membersOf(graph, input);
  const services = new Map<ServiceId, SeenService>();
  for (const service of graph.cluster.services) services.set(service.id, seenService(graph, service, members));
  return { services, orphans: members.flatMap((member) => orphansOn(graph, member)) };
}

interface Member {
  readonly node: NodeId;
  /** Place in the file; null when the file no longer names it. */
  readonly index: number | null;
  readonly entries: NodeRecord['services'];
  /** Most copies of a large cluster look like one of these: made once. */
  readonly stopped: Copy;
  readonly unseen: Copy;
}

function membersOf(graph: Graph, { view, records }: ScheduleInput): readonly Member[] {
  const inFile = graph.cluster.nodes.filter((node) => isMember(view, node.id)).map((node) => node.id);
  const strays = view.members.filter((node) => !graph.nodeIndex.has(node)).sort(byText);
  return [...inFile, ...strays].map((node) => ({
    node,
    index: graph.nodeIndex.get(node) ?? null,
    entries: records.get(node)?.services ?? {},
    stopped: { node, state: 'stopped', record: null, listed: true },
    unseen: { node, state: 'unknown', record: null, listed: true },
  }));
}

export const isMember = (view: View, node: NodeId): boolean => view.members.includes(node);

function seenService(graph: Graph, service: Service, members: readonly Member[]): SeenService {
  const places = placesOf(graph, service);
  const at: (Copy | undefined)[] = graph.cluster.nodes.map(() => undefined);
  const copies: Copy[] = [];
  for (const member of members) {
    const copy = copyOn(member, service.id, member.index !== null && places[member.index] !== undefined);
    if (copy === undefined) continue;
    copies.push(copy);
    if (member.index !== null) at[member.index] = copy;
  }
  return { copies, at, places };
}

function placesOf(graph: Graph, service: Service): readonly (number | undefined)[] {
  const places: (number | undefined)[] = graph.cluster.nodes.map(() => undefined);
  service.on.forEach((node, place) => {
    const index = graph.nodeIndex.get(node);
    if (index !== undefined) places[index] = place;
  });
  return places;
}

function copyOn({ node, entries, stopped, unseen }: Member, id: ServiceId, listed: boolean): Copy | undefined {
  const record = Object.hasOwn(entries, id) ? entries[id] : undefined;
  if (record === undefined) return listed ? unseen : undefined;
  if (listed && isPlainlyStopped(record)) return stopped;
  return { node, state: record.state, record, listed };
}

/** There is nothing to say of it but that it is stopped. */
function isPlainlyStopped({ state, failures, banned, conflicts }: ServiceRecord): boolean {
  return state === 'stopped' && failures === 0 && banned === 'no' && conflicts === 0;
}

/**
 * Under way or blocked: nothing to order now. Never looked at: nobody, not even the node, knows a definition that could
 * be used to stop it.
 */
function orphansOn(graph: Graph, { node, entries }: Member): readonly Orphan[] {
  const gone = Object.keys(entries).filter((id) => !graph.services.has(id));
  return gone
    .sort(byText)
    .filter((id) => mustStop(entries[id]))
    .map((service) => ({ node, service }));
}

function mustStop(record: ServiceRecord | undefined): boolean {
  switch (record?.state) {
    case 'running':
    case 'failed':
      return true;
    case 'unknown':
      return record.digest !== null;
    default:
      return false;
  }
}

/** It serves, or will in a moment. */
export const isActive = (state: ServiceState): boolean =>
  state === 'running' || state === 'starting' || state === 'reloading';

/** An operation is under way, whose end has to be awaited. In words, for «X is ... on web1». */
export function underWay(state: ServiceState): string | null {
  switch (state) {
    case 'probing':
      return 'being looked at';
    case 'starting':
    case 'reloading':
    case 'stopping':
      return state;
    default:
      return null;
  }
}

/** It was started here once and nobody knows whether it still runs, on a node where it is not even looked for. */
export const mayLinger = (copy: Copy): boolean =>
  copy.state === 'unknown' && !copy.listed && (copy.record?.digest ?? null) !== null;

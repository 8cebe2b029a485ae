/** What runs where, as far as the members say? */
import { must } from '../../lib/assert.ts';
import { byText } from '../../lib/compare.ts';
import type { NodeId, Service, ServiceId } from '../model.ts';
import { leadsTo } from '../onFail.ts';
import type { NodeRecord, ServiceRecord, ServiceState, View } from '../ports.ts';
import { type Entries, entriesOf } from './entries.ts';
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
  /** Those on listed nodes in the order of `on`, then those elsewhere. */
  readonly copies: readonly Copy[];
  /** Nodes of `on`, most wanted first. */
  readonly listed: readonly Listed[];
}

export interface Listed {
  /** Place of the node in the file. */
  readonly index: number;
  /** Undefined: not a member. */
  readonly copy: Copy | undefined;
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
  const slots = slotsOf(graph, members);
  for (const service of graph.cluster.services) services.set(service.id, seenService(service, slots));
  const orphans: Orphan[] = [];
  for (const member of members) {
    if (member.byService.size === member.claimed) continue;
    for (const id of [...member.byService.keys()].sort(byText)) addUnlisted(graph, member, id, services, orphans);
  }
  return { services, orphans };
}

interface Member {
  readonly node: NodeId;
  readonly entries: NodeRecord['services'];
  readonly byService: Entries['byService'];
  /** How many entries belong to services that list the node. */
  claimed: number;
}

/** A node of the file. Most copies of a large cluster look like one of these three: made once. */
interface Slot {
  readonly index: number;
  readonly member: Member | undefined;
  readonly absent: Listed;
  readonly unseen: Listed;
  readonly stopped: Listed;
}

const nothing: NodeRecord['services'] = {};

/** In the order of the file; members that the file no longer names come last. */
function membersOf(graph: Graph, { view, records }: ScheduleInput): readonly Member[] {
  const inFile = graph.cluster.nodes.filter((node) => isMember(view, node.id)).map((node) => node.id);
  const strays = view.members.filter((node) => !graph.nodeIndex.has(node)).sort(byText);
  return [...inFile, ...strays].map((node) => {
    const entries = records.get(node)?.services ?? nothing;
    return { node, entries, byService: entriesOf(entries).byService, claimed: 0 };
  });
}

function slotsOf(graph: Graph, members: readonly Member[]): ReadonlyMap<NodeId, Slot> {
  const slots = new Map<NodeId, Slot>();
  for (const [node, index] of graph.nodeIndex) {
    const plain = (state: ServiceState): Listed => ({ index, copy: { node, state, record: null, listed: true } });
    const member = members.find((each) => each.node === node);
    const absent: Listed = { index, copy: undefined };
    slots.set(node, { index, member, absent, unseen: plain('unknown'), stopped: plain('stopped') });
  }
  return slots;
}

export const isMember = (view: View, node: NodeId): boolean => view.members.includes(node);

function seenService(service: Service, slots: ReadonlyMap<NodeId, Slot>): SeenService {
  const copies: Copy[] = [];
  const listed: Listed[] = [];
  for (const node of service.on) {
    const slot = slots.get(node);
    if (slot === undefined) continue;
    const one = listedOn(slot, service);
    if (one.copy !== undefined) copies.push(one.copy);
    listed.push(one);
  }
  return { copies, listed };
}

function listedOn({ index, member, absent, unseen, stopped }: Slot, service: Service): Listed {
  const { id } = service;
  if (member === undefined) return absent;
  const record = member.byService.get(id);
  if (record === undefined) return unseen;
  member.claimed++;
  if (record === null) return stopped;
  return { index, copy: { node: member.node, state: stateOf(service, record), record, listed: true } };
}

/** What the file says is blocked by a failure is so by any, not only by a failed stop. */
const stateOf = (service: Service, record: ServiceRecord): ServiceState =>
  record.state === 'failed' && leadsTo(service, record) === 'block' ? 'blocked' : record.state;

/** What a node has of a service that does not list it, or that the file does not name. */
function addUnlisted(
  graph: Graph,
  { node, entries }: Member,
  id: ServiceId,
  services: Map<ServiceId, SeenService>,
  orphans: Orphan[],
): void {
  const record = must(entries[id], `entry of ${id} on ${node}`);
  const seen = services.get(id);
  if (seen === undefined) {
    if (mustStop(record)) orphans.push({ node, service: id });
    return;
  }
  const service = must(graph.services.get(id), `service ${id}`);
  if (!service.on.includes(node)) {
    const copy: Copy = { node, state: stateOf(service, record), record, listed: false };
    services.set(id, { ...seen, copies: [...seen.copies, copy] });
  }
}

/**
 * Under way or blocked: nothing to order now. Never looked at: nobody, not even the node, knows a definition that could
 * be used to stop it.
 */
function mustStop(record: ServiceRecord): boolean {
  switch (record.state) {
    case 'running':
    case 'failed':
    case 'moved':
    case 'arriving':
      return true;
    case 'unknown':
      return record.digest !== null;
    default:
      return false;
  }
}

/** Nothing of it was seen there: it has stopped, or nobody has looked yet. */
export const isAbsent = ({ state }: Copy): boolean => state === 'stopped' || state === 'unknown' || state === 'probing';

/** It serves, or will in a moment. */
export const isActive = (state: ServiceState): boolean =>
  state === 'running' || state === 'starting' || state === 'reloading' || changesInPlace(state);

const changesInPlace = (state: ServiceState): boolean =>
  state === 'promoting' || state === 'demoting' || state === 'notifying';

/** An operation is under way, whose end has to be awaited. In words, for «X is ... on web1». */
export function underWay(state: ServiceState): string | null {
  switch (state) {
    case 'probing':
      return 'being looked at';
    case 'starting':
    case 'reloading':
    case 'stopping':
    case 'migrating':
      return state;
    case 'promoting':
      return 'being promoted';
    case 'demoting':
      return 'being demoted';
    case 'notifying':
      return 'being told what other copies do';
    default:
      return null;
  }
}

/** It was started here once and nobody knows whether it still runs, on a node where it is not even looked for. */
export const mayLinger = (copy: Copy): boolean =>
  copy.state === 'unknown' && !copy.listed && (copy.record?.digest ?? null) !== null;

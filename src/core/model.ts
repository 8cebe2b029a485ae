/**
 * The cluster as the core knows it: what the cluster file says, after parsing, defaults and checks (`src/config`).
 *
 * Plain readonly data that survives JSON, because nodes send it to each other and keep it on disk.
 * The core looks at a `Resource` only through the traits at the end of this file: which program runs is a driver's matter.
 */

import type { ColocationConfig, LocationConfig, OrderConfig, TicketConfig } from '../policy/input.ts';
import type { ContainerResource } from './container.ts';
import type { MetaRule, NodeRule, RuledValues } from './ruled.ts';

/** The words of constraints are those of the policy engine. */
export type {
  ColocationConfig,
  Expression,
  LocationConfig,
  OrderConfig,
  ResourceSet,
  Rule,
  Subject,
  TicketConfig,
} from '../policy/input.ts';
export { colocationOfTwo, orderOfTwo, plainSet } from '../policy/plain.ts';
export type { ContainerMount, ContainerResource } from './container.ts';
export type { MetaRule, NodeRule, RuledValues } from './ruled.ts';

export type NodeId = string;
export type ServiceId = string;
/** A duration or an instant of a node's own monotonic clock, in milliseconds. */
export type Ms = number;

export interface Cluster {
  readonly name: string;
  readonly heartbeat: Heartbeat;
  readonly quorum: QuorumRules;
  /** In the order of the file; the witness, where there is one, comes last. */
  readonly nodes: readonly ClusterNode[];
  readonly fencing: Fencing;
  /** In the order of the file; `needs` and `with` name services of this list and hold no cycle. */
  readonly services: readonly Service[];
  /** What else decides where services run and in which order they start. */
  readonly rules: Rules;
}

/** Constraints in the form of the policy engine. They name services, groups and tags. */
export interface Rules {
  readonly locations: readonly LocationConfig[];
  readonly colocations: readonly ColocationConfig[];
  readonly orders: readonly OrderConfig[];
  readonly tickets: readonly TicketConfig[];
  /** Tickets that this cluster was given. One that is not named here is not held. */
  readonly ticketStates: Readonly<Record<string, TicketState>>;
  /** Options of the whole cluster by the names of the field, such as placement-strategy. */
  readonly options: Readonly<Record<string, string>>;
  /** Services and groups that a tag or a template stands for in a constraint. */
  readonly tags: Readonly<Record<string, readonly string[]>>;
  /** In the order of the file. That members run together and start in turn stands in their `with` and `needs` too. */
  readonly groups: readonly Group[];
}

/** standby: what depends on the ticket stops in an orderly way, whatever the loss policy says. */
export type TicketState = 'granted' | 'standby' | 'revoked';

export interface Group {
  readonly id: string;
  /** In the order in which they start. */
  readonly members: readonly ServiceId[];
  /** Copies of the whole group run; how many and in which way, each member says alike. */
  readonly clone: boolean;
  /** As `Service.meta`. Its members have inherited it already. */
  readonly meta: Readonly<Record<string, string>>;
}

export interface Heartbeat {
  /** Time between two packets to each peer on each link. */
  readonly intervalMs: Ms;
  /** A peer that did not confirm, for this long, anything that we sent is lost; also how long a lease lasts. */
  readonly deadMs: Ms;
  /** UDP port of the heartbeat and TCP port of the reliable channel. */
  readonly port: number;
}

/** Who may act when not everybody is there. See docs/internals/quorum.md. */
export interface QuorumRules {
  /**
   * What a node does when its lease ends. stop: it stops what it runs; freeze: that goes on, and nothing is started;
   * ignore: it acts on alone. Only nodes that stop can be known to have stopped without being fenced.
   */
  readonly noQuorum: 'stop' | 'freeze' | 'ignore';
  /**
   * What two voting nodes do when one of them is lost. none: what runs goes on, nothing is taken over; fence: whoever has switched
   * the other one off goes on alone; ping: whoever reaches the addresses of `ping` does.
   */
  readonly tie: 'none' | 'fence' | 'ping';
  /** The node with the head start in a race to fence; null: the one that runs more. */
  readonly prefer: NodeId | null;
  /** How long the other one waits before it fences. */
  readonly headStartMs: Ms;
  /** Addresses outside of the cluster. Reaching one of them is enough. With `tie: fence` too: who reaches none does not fence. */
  readonly ping: readonly string[];
  /** How long a cluster that starts waits for nodes that are missing; null: until all are there or confirmed off. */
  readonly startWaitMs: Ms | null;
}

export interface ClusterNode {
  readonly id: NodeId;
  /** One address a link; the i-th addresses of all nodes share link i. */
  readonly links: readonly Link[];
  /** UDP port of its heartbeat and TCP port of its channel. */
  readonly port: number;
  /** 0: it follows what others decide. */
  readonly votes: number;
  /** It votes and keeps the cluster file, runs nothing and never coordinates. */
  readonly witness: boolean;
  /** The device that resets the node when its daemon no longer feeds it; null: none. */
  readonly watchdog: Watchdog | null;
  /** Ways to switch the node off, tried in this order; all devices of a level have to succeed together. Names of `FenceDevice`s. */
  readonly fence: readonly (readonly string[])[];
  /** What rules may ask about, by name. */
  readonly attributes: Readonly<Record<string, string>>;
  /** What it has room for, by the names that the services use; of what is not named, none. */
  readonly utilization: Readonly<Record<string, number>>;
  /** It is a guest: its machine is this service of the cluster (see `guests.ts`). Missing: a machine of its own. */
  readonly guest?: ServiceId;
  /** What is otherwise while a rule about dates holds; the later one first. Missing: nothing. */
  readonly ruled?: readonly NodeRule[];
}

export interface Watchdog {
  /** Path, such as /dev/watchdog. */
  readonly device: string;
  readonly timeoutMs: Ms;
}

export interface Fencing {
  /** In the order of the file. */
  readonly devices: readonly FenceDevice[];
  /** A node that was switched off is switched on again, to come back as a newcomer. */
  readonly powerOn: boolean;
  /** Rounds through all levels before it is given up, until something changes or an operator acts. */
  readonly tries: number;
}

export interface FenceDevice {
  readonly id: string;
  /** A program by the fence agent API, such as fence_ipmilan. */
  readonly agent: string;
  /** Given to the agent as `key=value` lines. A value `file:/path` is read from that file by the node that fences. */
  readonly params: Readonly<Record<string, string>>;
  /** What the device calls a node; several for redundant supplies. No entry: the agent gets the node's name alone. */
  readonly plugs: Readonly<Record<NodeId, readonly string[]>>;
  /** Waited before the device is used. */
  readonly delayMs: Ms;
  readonly timeoutMs: Ms;
  /** Ask the device whether the node is off before that is believed. */
  readonly verify: boolean;
  /** A fabric device: each node has itself let in again (`on`) when it boots, before it joins. */
  readonly unfence: boolean;
}

export interface Link {
  readonly address: string;
  readonly prefix: number;
}

export interface Service {
  readonly id: ServiceId;
  readonly resource: Resource;
  /** Nodes that may run it, most wanted first. */
  readonly on: readonly NodeId[];
  /** How many copies run, at most one a node. A clone may have one copy; a service that is no clone has exactly one. */
  readonly instances: number;
  readonly clone: boolean;
  /** It is one of several copies that differ from each other. Each has its number in its name, and is a service like any other. */
  readonly copyOf?: CopyOf;
  /** Start after these, stop before these. */
  readonly needs: readonly ServiceId[];
  /** Run only where these run. */
  readonly with: readonly ServiceId[];
  /** Score for staying where it is, against 100 for each place further up in `on`. `stickinessMax` never goes back. */
  readonly stickiness: number;
  /** How it is checked where it has one check, and the time limit of a probe. */
  readonly check: { readonly everyMs: Ms; readonly timeoutMs: Ms };
  /** Its recurring checks, each with another `everyMs`, where more is said of them than in `check`; empty: that one alone. */
  readonly checks: readonly RecurringCheck[];
  readonly startTimeoutMs: Ms;
  readonly stopTimeoutMs: Ms;
  /** Times of other operations, where they are said: see `timeLimitOf`. */
  readonly timeouts: Readonly<Partial<Record<TimedOperation, Ms>>>;
  /** After `max` failures on a node it moves away (`failuresMax`: never); `forgetMs` after the last one they are forgotten (null: never). */
  readonly failures: { readonly max: number; readonly forgetMs: Ms | null };
  readonly takeover: Takeover;
  /** Fingerprint of `resource`: another one means that the running copy must be reloaded or restarted. */
  readonly digest: string;
  /** Points for each place further up in `on`. */
  readonly onScore: number;
  /** Null: its copies have no roles. */
  readonly promotable: { readonly max: number; readonly perNode: number } | null;
  /** It moves without a stop, where its agent can. */
  readonly migrates: boolean;
  /** Its agent is told before and after what the other copies do. Clones only, like the next two. */
  readonly notify: boolean;
  /** A copy waits for the copy on its own node alone, and not for all copies of what it needs. */
  readonly interleave: boolean;
  /** Copies start one after the other. */
  readonly ordered: boolean;
  /** What a failed operation leads to, where it is not the usual. */
  readonly onFail: Readonly<Partial<Record<FailableOperation, OnFail>>>;
  /** What it takes up of its node's `utilization`. */
  readonly utilization: Readonly<Record<string, number>>;
  /** Other meta attributes by the names of the field, such as `priority` and `critical`. */
  readonly meta: Readonly<Record<string, string>>;
  /** Meta attributes that count while a rule holds, before all others; the later one first. */
  readonly metaRules: readonly MetaRule[];
  /** What is otherwise while a rule holds, beside meta attributes; the later one first. Missing: nothing. See `ask/inForce.ts`. */
  readonly ruled?: readonly RuledValues[];
  /** Where parameters change by rules: `digest` on each node of `on`, at the moment that is asked about. Never in a file. */
  readonly digestsOn?: Readonly<Record<NodeId, string>>;
}

/** One of the copies of a globally unique clone. */
export interface CopyOf {
  /** What the file calls all of them together: no service of the model. Constraints that name it are about all copies. */
  readonly service: ServiceId;
  /** From 0. */
  readonly number: number;
  /** How many copies there are. */
  readonly max: number;
  /** How many of them run on one node at most. */
  readonly perNode: number;
}

export interface RecurringCheck {
  /** The checks of a service are told apart by it, as Pacemaker tells them apart. */
  readonly everyMs: Ms;
  readonly timeoutMs: Ms;
  /** Of copies in this role only; null: of all. */
  readonly role: 'promoted' | 'unpromoted' | null;
  /** How thorough it is, as the agent understands that (`OCF_CHECK_LEVEL`); 0: the usual. */
  readonly level: number;
  /** What its failure leads to; null: what `onFail` says of checks. */
  readonly onFail: OnFail | null;
}

export type TimedOperation = 'promote' | 'demote' | 'migrateTo' | 'migrateFrom' | 'notify';

export type FailableOperation = 'start' | 'stop' | 'check' | 'promote' | 'demote';

/** What has failed. Of a check that says itself what follows, which one it was: by its `everyMs`. */
export type FailedOperation = FailableOperation | `check/${Ms}`;

export type OnFail = 'ignore' | 'block' | 'stop' | 'restart' | 'fence' | 'standby' | 'demote';

/** What must be certain about a lost node before its service is started elsewhere. See docs/internals/takeover.md. */
export type Takeover = 'fencing' | 'lease' | 'nothing';

export const stickinessMax = 1_000_000;
/** So many failures never come together: what the policy engine calls infinity. */
export const failuresMax = 1_000_000;
export const scoreMax = 1_000_000;

export type Resource =
  | OcfResource
  | SystemdResource
  | CommandResource
  | AddressResource
  | BalanceResource
  | ContainerResource;

export interface OcfResource {
  readonly kind: 'ocf';
  readonly provider: string;
  readonly type: string;
  readonly params: Readonly<Record<string, string>>;
  /** What is otherwise on some nodes, by node: beside `params`, and in place of them. */
  readonly paramsOn: Readonly<Record<NodeId, Readonly<Record<string, string>>>>;
}

export interface SystemdResource {
  readonly kind: 'systemd';
  readonly unit: string;
}

export interface CommandResource {
  readonly kind: 'command';
  /** Program and arguments; a shell line that the user wrote is `['/bin/sh', '-c', line]`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Sent to the process group to stop it; SIGKILL follows when the stop time is nearly over. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP';
  /** Program whose exit code 0 says that it works; null: being alive is enough. */
  readonly checkArgv: readonly string[] | null;
}

export interface AddressResource {
  readonly kind: 'address';
  readonly address: string;
  readonly prefix: number;
  readonly family: 4 | 6;
  /** Null: the interface that holds an address of the same network. */
  readonly interface: string | null;
  /** How long to listen for another holder before taking it; 0 does not ask. */
  readonly probeMs: Ms;
  /** How long the old holder still serves its connections in a planned move. */
  readonly drainMs: Ms;
}

export interface BalanceResource {
  readonly kind: 'balance';
  readonly engine: 'haproxy' | 'proxy';
  readonly mode: 'http' | 'tcp';
  /** Where it listens; null address: everywhere. */
  readonly listen: { readonly address: string | null; readonly port: number };
  readonly algorithm: 'roundrobin' | 'leastconn' | 'source';
  readonly servers: readonly BalanceServer[];
  readonly check: BalanceCheck;
  /** A server that does not take a connection in this time is given up for another one. */
  readonly connectTimeoutMs: Ms;
  readonly idleTimeoutMs: Ms;
  /** Add X-Forwarded-For (http only). */
  readonly forwardFor: boolean;
  /** Cookie that ties a client to a server (http only). */
  readonly cookie: string | null;
  readonly stats: { readonly port: number; readonly user: string; readonly password: string } | null;
}

export interface BalanceServer {
  readonly id: string;
  /** The cluster node behind it, null for a machine outside of the cluster. */
  readonly node: NodeId | null;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

export interface BalanceCheck {
  readonly kind: 'http' | 'tcp';
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
  readonly everyMs: Ms;
  readonly timeoutMs: Ms;
  readonly rise: number;
  readonly fall: number;
}

/** Two copies may run for a moment while it moves: a planned move starts the new one before it stops the old one. */
export const mayOverlap = (service: Service): boolean => service.takeover === 'nothing';

/** No service of a file is called like this. */
export const copyId = ({ service, number }: Pick<CopyOf, 'service' | 'number'>): ServiceId => `${service}:${number}`;

/** What the file calls it. */
export const nameInFile = ({ id, copyOf }: Service): ServiceId => copyOf?.service ?? id;

/** The services that an operator means by a name: of copies that differ, all by the name of the file. Empty: there is none. */
export const servicesNamed = ({ services }: Pick<Cluster, 'services'>, name: string): readonly Service[] => {
  const one = services.find(({ id }) => id === name);
  return one === undefined ? services.filter(({ copyOf }) => copyOf?.service === name) : [one];
};

/** It must not run twice, so something has to be certain about a lost node before it is started elsewhere. */
export const isGuarded = (service: Service): boolean => !service.clone && service.takeover !== 'nothing';

/** How long an operation that has a time of its own may take: where none is said, as long as a start, a stop or a check. */
export function timeLimitOf(service: Service, operation: TimedOperation): Ms {
  const usual = {
    promote: 'start',
    demote: 'stop',
    migrateTo: 'start',
    migrateFrom: 'start',
    notify: 'check',
  } as const;
  const { timeouts, startTimeoutMs: start, stopTimeoutMs: stop, check } = service;
  return timeouts[operation] ?? { start, stop, check: check.timeoutMs }[usual[operation]];
}

/** No copy of it is promoted before it is certain that a lost node's has ended. */
export const guardsPromotion = (service: Service): boolean =>
  service.promotable !== null && service.takeover !== 'nothing';

/** A changed definition is taken over without a stop. */
export const reloads = (service: Service): boolean => service.resource.kind === 'balance';

/** Whether one program can go over from the one definition to the other. */
export const isSameProgram = (a: Service, b: Service): boolean =>
  a.resource.kind === b.resource.kind &&
  (a.resource.kind !== 'balance' || b.resource.kind !== 'balance' || a.resource.engine === b.resource.engine);

/** Whether it must be restarted when something that it needs was restarted under it. An address holds no state. */
export const restartsWithNeeds = (service: Service): boolean => service.resource.kind !== 'address';

/** Quorum rules of a cluster that says nothing of them. */
export const plainQuorum: QuorumRules = {
  noQuorum: 'stop',
  tie: 'none',
  prefer: null,
  headStartMs: 5000,
  ping: [],
  startWaitMs: 30_000,
};

export const noFencing: Fencing = { devices: [], powerOn: true, tries: 3 };

/** A node with one vote that can only be confirmed off by hand. */
export const plainNode = (id: NodeId, links: readonly Link[], port: number): ClusterNode => ({
  id,
  links,
  port,
  votes: 1,
  witness: false,
  watchdog: null,
  fence: [],
  attributes: {},
  utilization: {},
});

/**
 * `onScore` of a service whose copies have roles: its agent says where the data is fresh, often by small scores, and a list of nodes
 * only breaks ties between them.
 */
export const promotableOnScore = 1;

/** `onScore` of copies that differ: they are spread, and not all put where the list begins. */
export const uniqueOnScore = 0;

/** What a service is that says no more than it must. */
export const plainTraits: Pick<
  Service,
  | 'checks'
  | 'timeouts'
  | 'onScore'
  | 'promotable'
  | 'migrates'
  | 'notify'
  | 'interleave'
  | 'ordered'
  | 'onFail'
  | 'utilization'
  | 'meta'
  | 'metaRules'
> = {
  checks: [],
  timeouts: {},
  onScore: 100,
  promotable: null,
  migrates: false,
  notify: false,
  interleave: false,
  ordered: false,
  onFail: {},
  utilization: {},
  meta: {},
  metaRules: [],
};

export const noRules: Rules = {
  locations: [],
  colocations: [],
  orders: [],
  tickets: [],
  ticketStates: {},
  options: {},
  tags: {},
  groups: [],
};

/** A cluster that says no more than it must. */
export const plainCluster = (
  name: string,
  heartbeat: Heartbeat,
  nodes: readonly { readonly id: NodeId; readonly links: readonly Link[] }[],
  services: readonly Service[],
): Cluster => ({
  name,
  heartbeat,
  quorum: plainQuorum,
  nodes: nodes.map(({ id, links }) => plainNode(id, links, heartbeat.port)),
  fencing: noFencing,
  services,
  rules: noRules,
});

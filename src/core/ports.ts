/**
 * Everything that goes into and out of the core. `step(state, event, now)` gets a `NodeEvent` and returns `NodeEffect`s;
 * the loop (`src/daemon/loop.ts`) carries the effects out through the ports below, the real ones in the daemon and the
 * simulated ones in `sim/world`. A port call returns at once; its answer comes back later as an event.
 */
import type { Answer, Command } from './commands.ts';
import type { Cluster, FailedOperation, FenceDevice, Ms, NodeId, Service, ServiceId, Watchdog } from './model.ts';
import type { AgentOp, OpResult, Verb } from './operations.ts';
import type { Notice, Role } from './roles.ts';

// ---------------------------------------------------------------- events

export type NodeEvent =
  /** Time has passed; sent every `tickMs`, and late when the process was held up. */
  | { readonly kind: 'tick' }
  /** The date: by how much UTC, in milliseconds since 1970, is ahead of this node's clock. Sent at the start and when it changes. */
  | { readonly kind: 'clock'; readonly aheadMs: Ms }
  /** An authenticated, well-formed message of another node of this cluster. */
  | { readonly kind: 'message'; readonly link: number; readonly message: Message }
  /** Exactly once for every `run` effect. */
  | { readonly kind: 'opDone'; readonly opId: number; readonly result: OpResult }
  /** A driver saw, between two checks, that a running service ended. */
  | { readonly kind: 'died'; readonly serviceId: ServiceId; readonly because: string }
  /** Exactly once for every `saveDoc` effect, in order. */
  | { readonly kind: 'docSaved'; readonly version: Version; readonly ok: boolean; readonly because: string }
  /** Exactly once for every `reserve` effect. */
  | { readonly kind: 'reserved'; readonly upTo: number; readonly ok: boolean; readonly because: string }
  /** Exactly once for every `fence` effect. */
  | { readonly kind: 'fenceDone'; readonly callId: number; readonly result: FenceResult }
  /** Addresses that answered what was sent to them at `sentAtMs`, after a `ping` effect; none: nobody did. */
  | { readonly kind: 'pinged'; readonly sentAtMs: Ms; readonly reached: readonly string[] }
  /** The watchdog was armed, with the timeout that the device reports, or cannot be: after each `watch` effect, and when it changes. */
  | { readonly kind: 'watchdog'; readonly state: WatchdogState; readonly because: string }
  /** A user's command that came in at this node. Answered by exactly one `reply` effect. */
  | { readonly kind: 'request'; readonly requestId: string; readonly command: Command };

// ---------------------------------------------------------------- effects

export type NodeEffect =
  | { readonly kind: 'send'; readonly to: NodeId; readonly message: Message }
  | { readonly kind: 'run'; readonly op: AgentOp }
  /** Keep this document on disk, replacing the former one. */
  | { readonly kind: 'saveDoc'; readonly doc: Doc }
  /** Note on disk that view numbers up to this one may have been promised. */
  | { readonly kind: 'reserve'; readonly upTo: number }
  /** Keep this where it outlives the daemon, though not the machine; done when the port call returns. */
  | { readonly kind: 'notePromise'; readonly note: PromiseNote }
  /** Keep the definitions of what was started here, so that a restarted daemon can watch and stop it. Best effort. */
  | { readonly kind: 'saveLedger'; readonly services: readonly Noted[] }
  | { readonly kind: 'fence'; readonly call: FenceCall }
  /** Ask these addresses whether they are there. */
  | { readonly kind: 'ping'; readonly addresses: readonly string[] }
  /** Arm this watchdog, or disarm the one that is armed (null). */
  | { readonly kind: 'watch'; readonly watchdog: Watchdog | null }
  /** Keep the watchdog from firing for another of its timeouts. */
  | { readonly kind: 'feed' }
  | { readonly kind: 'reply'; readonly requestId: string; readonly answer: Answer }
  /** A change of state, once, with its reason: the source of `events`, alerts and golden files. */
  | { readonly kind: 'change'; readonly change: Change };

export interface Change {
  /** What changed: `view`, `quorum`, `node balancer1`, `service site on balancer1`, ... */
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly because: string;
}

// ---------------------------------------------------------------- agents

export type { AgentOp, OpResult, Outcome, Verb } from './operations.ts';

// ---------------------------------------------------------------- fencing

/** One call of a fence agent, for one plug. Calls for several plugs and devices of a level run at the same time. */
export interface FenceCall {
  readonly callId: number;
  readonly action: 'off' | 'on' | 'status';
  readonly device: FenceDevice;
  readonly target: NodeId;
  /** Null: the device knows the node by its name. */
  readonly plug: string | null;
  readonly timeoutMs: Ms;
}

export type FenceResult =
  /** `power`: what a `status` call saw; null: the agent cannot tell, or it was asked to switch. */
  { readonly ok: true; readonly power: 'on' | 'off' | null } | { readonly ok: false; readonly because: string };

/** none: the file says so; armed: it resets this node unless fed; failed: it should be armed and cannot be. */
export type WatchdogState = 'none' | 'armed' | 'failed';

/** One attempt to switch a node off, from its beginning to its end, as the node that did it saw it. */
export interface FencingRecord {
  readonly target: NodeId;
  /** Who or what asked for it: an operator's words, or the service that has to be taken over. */
  readonly because: string;
  /** Names of the devices of the level that was used last, joined by «+»; 'by hand' where an operator confirmed it. */
  readonly device: string;
  readonly outcome: 'under way' | 'off' | 'failed';
  /** The device was asked afterwards and said that it is off. */
  readonly verified: boolean;
  readonly tookMs: Ms;
  readonly failure: string | null;
}

// ---------------------------------------------------------------- state that is shared

/** Document versions are ordered by view number, then counter. `(0, 0)` is a file that no coordinator has taken yet. */
export interface Version {
  readonly view: number;
  readonly counter: number;
}

/** The desired state of the whole cluster: kept on every node, changed by the coordinator, acknowledged by a majority. */
export interface Doc {
  /** Each new coordinator stamps the document anew with its view, so that what its majority holds outranks older copies. */
  readonly version: Version;
  /** The version at which the content last changed; stamping alone does not change it. */
  readonly content: Version;
  /** The cluster file as the user wrote it. */
  readonly source: string;
  readonly cluster: Cluster;
  readonly admin: Admin;
  /** Votes as they count now. They follow those of the cluster file one vote at a time, so that majorities always overlap. */
  readonly voters: Readonly<Record<NodeId, number>>;
  /** A cluster file that was accepted and comes into force when the nodes that it no longer names have lost their votes; null: none. */
  readonly next: { readonly source: string; readonly cluster: Cluster } | null;
}

/** What operators asked for on top of the file. */
export interface Admin {
  readonly standby: Readonly<Record<NodeId, Standby>>;
  readonly stopped: Readonly<Record<ServiceId, { readonly because: string }>>;
  /** Temporary preferences; each ends when the service has settled there, or when its time is over. */
  readonly moves: Readonly<Record<ServiceId, Move>>;
  /** Nodes that are known to be off: fenced, or confirmed by an operator. An entry ends when the node is back in a view. */
  readonly off: Readonly<Record<NodeId, { readonly because: string }>>;
  /** Fencing and self-fencing are switched off for a while, for the whole cluster; null: they are armed. */
  readonly disarmed: Disarmed | null;
  /** Nothing is done to these services, or to any on these nodes; neither are they looked at. */
  readonly maintenance: {
    readonly nodes: Readonly<Record<NodeId, { readonly because: string }>>;
    readonly services: Readonly<Record<ServiceId, { readonly because: string }>>;
  };
  /**
   * Nodes that were away while a rule changed on which it rests that they stop by themselves: only being confirmed off proves
   * anything about them. An entry ends when the node is back in a view.
   */
  readonly stray: Readonly<Record<NodeId, Stray>>;
  /**
   * Nodes whose watchdog was armed when they were last in a view, sorted: only of them may silence prove anything where it rests on
   * the watchdog. What a node heard itself may be older than what a view without it knew.
   */
  readonly watched: readonly NodeId[];
}

export interface Standby {
  readonly because: string;
  /** Until its daemon has been started anew; missing: until an operator ends it. */
  readonly shutdown?: Shutdown;
}

/** A node that an operator shuts down and starts again. */
export interface Shutdown {
  /** Another one each time. */
  readonly id: string;
  /** The life of its daemon that ends with it. */
  readonly boot: number;
  /** What ran there, and waits for it: it is started nowhere else. */
  readonly keeps: readonly ServiceId[];
  /** How long that is kept, from when the coordinator took it; null: however long the node is away. */
  readonly forMs: Ms | null;
}

export interface Stray {
  readonly because: string;
  /** What it may still run although the cluster file no longer names it there; missing: nothing. */
  readonly mayRun?: readonly ServiceId[];
  /** The cluster file named another machine for this guest, in which it may still run: that its new one is stopped proves nothing. */
  readonly wasElsewhere?: true;
}

export interface Disarmed {
  /** Another one each time. */
  readonly id: string;
  /** How long, from when the coordinator took it. */
  readonly forMs: Ms;
  readonly because: string;
}

export interface Move {
  /** Null: anywhere but `from`. */
  readonly to: NodeId | null;
  readonly from: NodeId | null;
  readonly because: string;
}

/** What a node knows of the services it runs; written by that node alone, copied to all. */
export interface NodeRecord {
  readonly node: NodeId;
  readonly boot: number;
  /** Counts up with each change of this record within a boot. */
  readonly version: number;
  readonly services: Readonly<Record<ServiceId, ServiceRecord>>;
  readonly watchdog: WatchdogState;
  /** The last ones that this node carried out, oldest first. Bounded. */
  readonly fencings: readonly FencingRecord[];
}

export interface ServiceRecord {
  readonly state: ServiceState;
  /** Definition it was started with; null when it is stopped or was never looked at. */
  readonly digest: string | null;
  /** Failures that count against this node, and the last one in words. */
  readonly failures: number;
  readonly lastFailure: string | null;
  /** What failed last, of what `onFail` may speak of; null: nothing, or it was started again since. Forgotten with `failures`. */
  readonly failed: FailedOperation | null;
  /** `node`: it must not be tried here again; `cluster`: nowhere. Cleared by `cleanup` or a new definition. */
  readonly banned: 'no' | 'node' | 'cluster';
  /** A start that met another holder: how often in a row. */
  readonly conflicts: number;
  readonly drained: readonly string[];
  /** Unknown means that it may be promoted. */
  readonly role: Role;
  /** It is promoted, and this node is not known to have promoted it: it was found so. */
  readonly foundPromoted?: boolean;
  /** How much it would like to be promoted here, as its agent says; null: its agent never said. */
  readonly promotion: number | null;
  /** The other node of a migration that this copy takes part in, until it has stopped or runs as usual. */
  readonly peer: NodeId | null;
  /** The version of the node's record in which `state` and `peer` became what they are. */
  readonly changed: number;
  /** What its agent was told last, since it was started. */
  readonly notice: Notice | null;
  /** The order that is being carried out, or was last: (view, plan, action). */
  readonly order: OrderId | null;
}

/**
 * unknown: not looked at yet, or an agent gave no answer; may run.
 * failed: runs but is broken, or ended by itself; must be stopped before it is started.
 * blocked: its stop failed; nobody may touch or start it until an operator has (or, later, the node is fenced).
 * migrating: the source gives it away, or the target takes it over, at this moment.
 * moved: the source has given it away to `peer`; what is left here must be stopped, after the target has taken it over.
 * arriving: it may begin to run here at any moment, because `peer` is to give it away; must be taken over or stopped.
 */
export type ServiceState =
  | 'unknown'
  | 'probing'
  | 'stopped'
  | 'starting'
  | 'running'
  | 'reloading'
  | 'promoting'
  | 'demoting'
  | 'notifying'
  | 'arriving'
  | 'migrating'
  | 'moved'
  | 'stopping'
  | 'failed'
  | 'blocked';

export interface OrderId {
  readonly view: number;
  readonly plan: number;
  readonly action: number;
}

// ---------------------------------------------------------------- messages

export type Message = Beat | RecordMessage | OrderMessage | DocMessage | RequestMessage | AnswerMessage;

/** Who sends it, and in which life: a restarted daemon has another `boot`. */
interface Sender {
  readonly from: NodeId;
  readonly boot: number;
}

/** Sent every interval on every link, and at once when something in it changed. Holds the sender's whole membership state. */
export interface Beat extends Sender {
  readonly kind: 'beat';
  readonly seq: number;
  /** The sender's clock. */
  readonly sentAtMs: Ms;
  readonly echoes: readonly Echo[];
  /** Peers that the sender hears and that hear the sender. */
  readonly hears: readonly NodeId[];
  /** The newest view that the sender agreed to; it grants leases of no older one. */
  readonly promised: View;
  /** For each member of `promised`: since which number every view that the sender promised has had that member in it. */
  readonly continuous: PromiseNote['continuous'];
  /** It can agree at once to views up to this number; an older version does not say. */
  readonly agreesUpTo?: number;
  /** Number of the view that it acts in; null: none. */
  readonly installed: number | null;
  readonly recordVersion: number;
  /** Versions of others' records that the sender holds: by node, boot and version. */
  readonly holds: readonly { readonly node: NodeId; readonly boot: number; readonly version: number }[];
  readonly docVersion: Version;
  readonly docContent: Version;
  /** Newest version on the sender's disk. */
  readonly docOnDisk: Version;
}

/** «I heard what you, in that life, sent at that time of your clock»; `links`: on which links lately. */
export interface Echo {
  readonly node: NodeId;
  readonly boot: number;
  readonly sentAtMs: Ms;
  /** How long the sender held it before this answer: what is left of the round trip is the network's. */
  readonly heldMs: Ms;
  readonly links: readonly number[];
}

export interface View {
  readonly number: number;
  /** Sorted by id. */
  readonly members: readonly NodeId[];
  readonly coordinator: NodeId;
}

/** `peer`: the other end; `isExpected`: it may begin to run here at any moment. */
export interface MigrationNote {
  readonly service: ServiceId;
  readonly peer: NodeId;
  readonly isExpected: boolean;
}

/**
 * What a node agreed to, since which view number each member has been in everything that it agreed to, and until when it held
 * a lease, on the clock of the machine.
 */
export interface PromiseNote {
  /** It has had the document of a view with a majority since the machine booted. */
  readonly joined: boolean;
  /** The newest document of which this node saw that it can no longer be lost. */
  readonly decided: Version;
  /** What may run on another node too, because of a live migration. */
  readonly migrations: readonly MigrationNote[];
  readonly leaseUntilMs: Ms;
  readonly promised: View;
  readonly continuous: readonly { readonly node: NodeId; readonly since: number }[];
}

export interface RecordMessage extends Sender {
  readonly kind: 'record';
  readonly record: NodeRecord;
}

/** One action of a plan, from the coordinator to the node that carries it out. Repeated until the record shows it. */
export interface OrderMessage extends Sender {
  readonly kind: 'order';
  readonly order: Order;
}

export interface Order {
  readonly id: OrderId;
  /** `forget`: failures; `expect`: that it may begin to run here, because `peer` is about to give it away. No driver is called. */
  readonly verb: Exclude<Verb, 'check'> | 'forget' | 'expect';
  readonly serviceId: ServiceId;
  readonly handFrom: NodeId | null;
  readonly handTo: NodeId | null;
  readonly drained: readonly string[];
  readonly peer: NodeId | null;
  readonly notice: Notice | null;
  readonly because: string;
  /** The date of the plan, in seconds since 1970, where rules of parameters change the definition by it; missing: they do not. */
  readonly dateS?: number;
}

export interface DocMessage extends Sender {
  readonly kind: 'doc';
  readonly doc: Doc;
}

export interface RequestMessage extends Sender {
  readonly kind: 'request';
  readonly requestId: string;
  readonly command: Command;
}

export interface AnswerMessage extends Sender {
  readonly kind: 'answer';
  readonly requestId: string;
  readonly answer: Answer;
}

// ---------------------------------------------------------------- commands

export type { Answer, AnswerCode, Command } from './commands.ts';

// ---------------------------------------------------------------- ports

export interface Transport {
  /**
   * Best effort: a message may be lost, repeated, late or out of order. Never throws, never waits.
   * A beat goes out on every link; anything else on the best link, over the reliable channel when it is too large.
   */
  send(to: NodeId, message: Message): void;
  /** Nodes and addresses changed with the cluster file. */
  configure(cluster: Cluster): void;
}

export interface Agents {
  /** Answers with `opDone`, exactly once, also when the time limit is over. Never throws. */
  run(op: AgentOp): void;
}

export interface Fences {
  /** Answers with `fenceDone`, exactly once, also when the time limit is over. Never throws. */
  call(call: FenceCall): void;
}

export interface Pinger {
  /** Answers with one `pinged` or more: at once for whoever answers, at last when a heartbeat's loss timeout is over. */
  ping(addresses: readonly string[]): void;
}

export interface WatchdogPort {
  /** Arms, changes or disarms it; answers with `watchdog`. */
  watch(watchdog: Watchdog | null): void;
  /** Does nothing where none is armed. Never waits. */
  feed(): void;
}

export interface Storage {
  /** Answers with `docSaved`. A crash at any moment leaves the old or the new document. */
  saveDoc(doc: Doc): void;
  /** Answers with `reserved`. */
  reserve(upTo: number): void;
  saveLedger(services: readonly Noted[]): void;
  /** Kept when this returns, for the next life of the daemon on this machine (a file in memory). Best effort. */
  notePromise(note: PromiseNote): void;
}

export const noAdmin: Admin = {
  standby: {},
  stopped: {},
  moves: {},
  off: {},
  disarmed: null,
  maintenance: { nodes: {}, services: {} },
  stray: {},
  watched: [],
};

/** Nothing is done to this service on this node, whatever happens. */
export const inMaintenance = ({ maintenance }: Admin, node: NodeId, service: ServiceId): boolean =>
  Object.hasOwn(maintenance.nodes, node) || Object.hasOwn(maintenance.services, service);

/** By the record of its node. Of what nobody has looked at yet, and no former life of the daemon started, nothing is known to run. */
export const mayRunBy = (record: ServiceRecord | undefined): boolean =>
  record !== undefined && record.state !== 'stopped' && (record.state !== 'unknown' || record.digest !== null);

/** What the ledger keeps of what runs. `found`: this node has not started it, as far as it knows; `promoted`: it has promoted it. */
export type Noted = Service & { readonly found?: true; readonly promoted?: true };

/** A former cluster file named it for this node, which has not been seen to run none of it since. */
export const isLeftBehind = ({ stray }: Admin, node: NodeId, service: ServiceId): boolean =>
  stray[node]?.mayRun?.includes(service) === true;

/** A cluster file that no coordinator has taken yet. */
export const firstDoc = (source: string, cluster: Cluster): Doc => ({
  version: { view: 0, counter: 0 },
  content: { view: 0, counter: 0 },
  source,
  cluster,
  admin: noAdmin,
  voters: votersOf(cluster),
  next: null,
});

const voters = new WeakMap<Cluster, Readonly<Record<NodeId, number>>>();

/** Votes as the cluster file gives them: one table for each file, asked for in each step. */
export function votersOf(cluster: Cluster): Readonly<Record<NodeId, number>> {
  const known = voters.get(cluster);
  if (known !== undefined) return known;
  const made = Object.fromEntries(cluster.nodes.map((node) => [node.id, node.votes]));
  voters.set(cluster, made);
  return made;
}

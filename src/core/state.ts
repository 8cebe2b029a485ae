/** All that one node knows: the value that `step` takes and returns. Plain data, replaced, never changed in place. */
import type { Limits } from './limits.ts';
import type { Ms, NodeId, RecurringCheck, Service, ServiceId, Watchdog } from './model.ts';
import type {
  AgentOp,
  Answer,
  Beat,
  Change,
  Command,
  Doc,
  FenceCall,
  FenceResult,
  NodeEffect,
  NodeRecord,
  Noted,
  Order,
  PromiseNote,
  ServiceRecord,
  Version,
  View,
  WatchdogState,
} from './ports.ts';
import type { GuestsHeard, Held, Outsider, Plan } from './schedule/plan.ts';

export interface NodeInit {
  readonly self: NodeId;
  /** This life of the daemon; never used before by this node. */
  readonly boot: number;
  readonly doc: Doc;
  /** View numbers up to this one may have been promised in former lives. */
  readonly reserved: number;
  /** It once had a document that can no longer be read; `doc` is what stands in for it. */
  readonly docLost?: boolean;
  /** What the former life of the daemon promised last; null: unknown (the machine was off). */
  readonly noted: PromiseNote | null;
  /** Definitions of services that a former life started or found. */
  readonly ledger: readonly Noted[];
  /** Null: the usual ones. */
  readonly limits?: Limits;
}

export interface NodeState {
  readonly self: NodeId;
  readonly limits: Limits;
  readonly boot: number;
  readonly startedAtMs: Ms;
  readonly lastTickMs: Ms;
  /** By how much the date is ahead of this node's clock; null: not told yet. */
  readonly dateAheadMs: Ms | null;
  /** The date for what rules say on this node, in seconds since 1970. Stays 0 while no rule changes what services or nodes say. */
  readonly dateS: number;
  /** Since when it was there all the time to hear others: its start, or the end of a long pause. */
  readonly listeningSinceMs: Ms;

  // membership
  readonly peers: ReadonlyMap<NodeId, Peer>;
  readonly beatSeq: number;
  readonly lastBeatMs: Ms;
  /** Something that peers wait for changed: beat at the end of this step. */
  readonly beatNow: boolean;
  /** The newest view that this node agreed to (or proposes). */
  readonly promised: View;
  /** For each member of `promised`: since which number every promise of this node has included it. */
  readonly continuous: ReadonlyMap<NodeId, number>;
  /** The view in which it acts; null: none. */
  readonly installed: View | null;
  /** The newest view that this node promised with each node in it: documents up to that one say nothing of its being off. */
  readonly lastWith: ReadonlyMap<NodeId, number>;
  /** Since which number every promise of this node was a proposal of its own; infinite: the last one was not. */
  readonly ownSince: number;
  /** Number of the newest view that this node led and has left; -1: none. */
  readonly endedOwn: number;
  /** When this node last proposed a view. */
  readonly proposedAtMs: Ms;
  /** A promise that waits until its number is reserved on disk. */
  readonly waiting: View | null;
  readonly reservedUpTo: number;
  readonly reserving: number | null;
  /** When a reservation that failed is tried again; null: nothing failed. */
  readonly reserveAgainMs: Ms | null;
  /** Nodes outside the installed view, since when no lease can have been granted to them (coordinator only). */
  readonly lost: ReadonlyMap<NodeId, Ms>;
  readonly hadQuorum: boolean;
  /** It has had the document of a view with a majority since the machine booted: until then others may have acted meanwhile. */
  readonly joined: boolean;
  /** Its machine had just booted when this life of the daemon began. */
  readonly beganCold: boolean;
  /** Everybody has been in a view with this node since its machine booted: what is missing from now on is lost, not late. */
  readonly complete: boolean;
  /** Quorum was lost: everything here is stopped, to the end, even if quorum returns meanwhile. */
  readonly purging: boolean;
  /** The end of our lease as it was last noted, at first that of the former life. */
  readonly leaseNotedMs: Ms;
  /** Found running after the former life's lease had run out: others may have started it, so it stops whatever comes. */
  readonly distrusted: ReadonlySet<ServiceId>;
  /** No view and no quorum needed until then: a restarted daemon leaves what runs alone while it joins. */
  readonly graceUntilMs: Ms;

  // fencing
  /** Nodes that this one knows to be off, until the document says so or the node is heard again. */
  readonly off: ReadonlyMap<NodeId, Off>;
  /** Nodes that were heard outside the view since they were off or in it, and what the document then said of their being off. */
  readonly outside: ReadonlyMap<NodeId, string | null>;
  readonly fencing: ReadonlyMap<NodeId, Fencing>;
  /** Nodes that an operator wants switched off, and why (coordinator only). */
  readonly fenceAsked: ReadonlyMap<NodeId, string>;
  readonly nextCallId: number;
  /** Fabric devices have let this machine in, or there are none. */
  readonly unfenced: Unfencing;
  /** When something was sent that an outside address answered; null: never. */
  readonly reachedAtMs: Ms | null;
  readonly pingedAtMs: Ms;
  readonly watchdog: WatchdogSeen;
  /** Something here could not be stopped that must not go on: the watchdog is not fed any more. */
  readonly resetting: string | null;
  /** End of the newest lease, known or of a former life: from then on what must stop has its time to stop. */
  readonly leaseUntilMs: Ms;
  /** When this node first saw that the cluster is disarmed. */
  readonly disarmedSeen: { readonly id: string; readonly atMs: Ms } | null;
  /** When this node first saw that another one is shut down, by the ids of that. */
  readonly shutdownsSeen: ReadonlyMap<string, Ms>;

  // desired state
  readonly doc: Doc;
  /** `doc` only stands in for one that was lost: votes may have changed since, so it leads nobody but all together. */
  readonly docLost: boolean;
  /** The newest that this node knows to be on the disks of a majority, or found on its own when it started. */
  readonly decided: Doc;
  /** What this node went by since then and before `doc`, oldest first: any of them may be decided, and others go by it. */
  readonly passed: readonly Doc[];
  /** As it was noted for the next life of the daemon. */
  readonly migrations: PromiseNote['migrations'];
  readonly onDisk: Version;
  /** A changed document that no majority holds yet (coordinator only). */
  readonly pending: Doc | null;
  readonly pendingSinceMs: Ms;
  readonly waitingAnswers: readonly WaitingAnswer[];
  /** When a document that could not be saved is saved again; null: nothing failed. */
  readonly saveAgainMs: Ms | null;
  /** Requests of this node's users: the coordinator's answer is awaited, or none is known yet. */
  readonly requests: ReadonlyMap<string, { readonly command: Command; readonly askedAtMs: Ms; readonly sentAtMs: Ms }>;
  /** Answers given lately, for requests that come again because the answer was lost. Bounded. */
  readonly answered: readonly { readonly requestId: string; readonly answer: Answer }[];

  // what runs
  readonly records: ReadonlyMap<NodeId, NodeRecord>;
  readonly recordVersion: number;
  readonly local: ReadonlyMap<ServiceId, LocalService>;
  readonly nextOpId: number;
  /** The version of our record that was last sent to all. */
  readonly recordSent: number;

  // coordinator
  readonly plan: Plan | null;
  readonly planNumber: number;
  /** What the scheduler must remember of services that are between a stop and a start. */
  readonly held: Held;
  /** What the plan was made from: it is made again when one of these changed. */
  readonly planBasis: PlanBasis | null;
  /** Orders that a node's record does not show yet, by `node/service`. */
  readonly ordered: ReadonlyMap<string, OrderSent>;
}

/** Why a node is known to be off, and which life of its daemon was ended with it (null: none was known). */
export interface Off {
  readonly because: string;
  readonly boot: number | null;
  readonly atMs: Ms;
}

/** A node is being switched off. See `fencing/run.ts`. */
export interface Fencing {
  readonly target: NodeId;
  readonly because: string;
  readonly boot: number | null;
  readonly askedAtMs: Ms;
  /** waiting: until `dueMs` (a head start, a delay, the time between two rounds); on: it is off, and is switched on again. */
  readonly phase: 'waiting' | 'off' | 'status' | 'on';
  readonly dueMs: Ms;
  readonly level: number;
  /** Rounds through all levels that are over. */
  readonly rounds: number;
  readonly calls: ReadonlyMap<number, FenceProgress>;
  readonly failure: string | null;
}

export interface FenceProgress {
  readonly call: FenceCall;
  readonly result: FenceResult | null;
}

export interface Unfencing {
  readonly done: boolean;
  readonly againAtMs: Ms;
  readonly calls: ReadonlyMap<number, FenceProgress>;
}

export interface WatchdogSeen {
  /** What the port was last told; undefined: nothing yet. */
  readonly wanted: Watchdog | null | undefined;
  readonly state: WatchdogState;
}

export interface WaitingAnswer {
  readonly requestId: string;
  readonly from: NodeId | null;
  readonly version: Version;
  /** The change was taken back, because a majority could not keep it. */
  readonly withdrawn: boolean;
}

export interface PlanBasis {
  readonly dateAheadMs: Ms | null;
  readonly off: NodeState['off'];
  readonly fencing: NodeState['fencing'];
  readonly view: View | null;
  readonly doc: Doc;
  readonly records: readonly (NodeRecord | undefined)[];
  readonly outsiders: ReadonlyMap<NodeId, Outsider>;
  /** Null: there are no guests. */
  readonly guests: GuestsHeard | null;
  readonly inFlight: readonly Order[];
  /** Targets of live migrations that have not heard of their end: see `execute/unheard.ts`. */
  readonly unheard: readonly { readonly node: NodeId; readonly service: ServiceId }[];
}

export interface OrderSent {
  readonly order: Order;
  readonly to: NodeId;
  readonly sentAtMs: Ms;
  /** How often it was sent. */
  readonly tries: number;
  /** The node's record showed it: kept for pacing repeated starts. */
  readonly seen: boolean;
  /** What it took the place of: no record showed that yet, and it may be carried out before this one. Null: nothing. */
  readonly replaces: Order | null;
}

/** Another node, as heard. All instants are this node's clock unless the name says `peer`. */
export interface Peer {
  readonly node: NodeId;
  /** Its life, once that life has echoed something fresh of ours; null: none yet. */
  readonly boot: number | null;
  readonly seq: number;
  /** When we sent the newest thing that it says it heard. Everything about liveness counts from here. */
  readonly confirmedAtMs: Ms | null;
  /** Newest send time on the peer's clock, and when that arrived: what we echo. */
  readonly peerSentAtMs: Ms;
  readonly heardAtMs: Ms;
  /** Another life that has not proven that it is fresh: echoed, so that it can. */
  readonly candidate: { readonly boot: number; readonly peerSentAtMs: Ms; readonly heardAtMs: Ms } | null;
  /**
   * The lease that it grants us: promised to which view with us in it, from which send time of ours, and since which view
   * all of its promises had us in them.
   */
  readonly grant: { readonly view: View; readonly since: number; readonly atMs: Ms } | null;
  readonly links: ReadonlyMap<number, LinkHeard>;
  /** Since when it is heard both ways without a break, or lives anew. */
  readonly aliveSinceMs: Ms;
  /** When it last said that it hears a majority, or began a new life. */
  readonly wellHeardAtMs: Ms;
  /** Its last beat; null: none yet. */
  readonly beat: Beat | null;
}

/** A peer, heard on one link. */
export interface LinkHeard {
  readonly heardAtMs: Ms;
  readonly rttMs: Ms | null;
}

/** A service on this node: the record that others see, and what only this node needs. */
export interface LocalService {
  readonly record: ServiceRecord;
  /** Definition that it runs with; null when stopped. */
  readonly running: Service | null;
  /** It was found running, and neither this life of the daemon nor a former one since the machine booted is known to have started it. */
  readonly isFound: boolean;
  /** This daemon, or a former one since the machine booted, has promoted what runs, and no agent said since that it is not promoted. */
  readonly hasPromoted: boolean;
  readonly op: AgentOp | null;
  /** A check under way; it may be overtaken by a stop. */
  readonly checkOpId: number | null;
  readonly nextCheckMs: Ms;
  /** When each of `running.checks` is due; one that is missing, at `nextCheckMs`. */
  readonly dueMs: readonly Ms[];
  /** Of these, the one that is under way or was last; null: what has but one check was checked. */
  readonly checking: RecurringCheck | null;
  /** What it was before the stop or demote that is under way, or was last. */
  readonly before: ServiceRecord['state'];
  readonly lastFailureMs: Ms;
  /** A stop that failed is not tried again before this. */
  readonly retryStopMs: Ms;
  /** What may have come unexpected is not looked for before this. */
  readonly lookAgainMs: Ms;
}

/** The work space of one `step`: state is replaced as it goes, effects are appended in the order they must happen. */
export interface Turn {
  readonly nowMs: Ms;
  state: NodeState;
  readonly effects: NodeEffect[];
}

export function put(turn: Turn, patch: Partial<NodeState>): void {
  turn.state = { ...turn.state, ...patch };
}

export function emit(turn: Turn, effect: NodeEffect): void {
  turn.effects.push(effect);
}

/** Records a change of state, once, with its reason. */
export function changed(turn: Turn, what: string, from: string, to: string, because: string): void {
  const change: Change = { what, from, to, because };
  turn.effects.push({ kind: 'change', change });
}

export const heartbeat = (state: NodeState) => state.doc.cluster.heartbeat;

export const nodeIds = (state: NodeState): readonly NodeId[] => state.doc.cluster.nodes.map((node) => node.id);

/** What the date is, as far as this node was told; undefined: it was not. */
export const dateMsOf = ({ dateAheadMs }: NodeState, nowMs: Ms): Ms | undefined =>
  dateAheadMs === null ? undefined : nowMs + dateAheadMs;

/** Its record is here, as new as its last beat. */
export function isFresh(state: NodeState, node: NodeId): boolean {
  if (node === state.self) return true;
  const beat = state.peers.get(node)?.beat;
  const record = state.records.get(node);
  return !!beat && record !== undefined && record.boot === beat.boot && record.version >= beat.recordVersion;
}

export const sameView = (a: View | null, b: View | null): boolean =>
  a === b || (a !== null && b !== null && a.number === b.number && a.coordinator === b.coordinator);

export const compareVersions = (a: Version, b: Version): number => a.view - b.view || a.counter - b.counter;

export const noVersion: Version = { view: 0, counter: 0 };

export const showVersion = (version: Version): string => `${version.view}.${version.counter}`;

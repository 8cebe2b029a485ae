/**
 * What the daemon tells of the cluster: the shapes that the API, the command line and the console agree on.
 *
 * They only grow within a `schemaVersion`. Lists are sorted by name, times are RFC 3339 in UTC, so that two answers of
 * an unchanged cluster are equal but for the moment.
 */

import type { Ms, NodeId, ServiceId } from '../core/model.ts';
import type { FencingRecord, NodeRecord, ServiceState, Version, View, WatchdogState } from '../core/ports.ts';
import type { Standing } from '../core/quorum/standing.ts';
import type { NodeReport, PeerReport } from '../core/report.ts';
import type { Role } from '../core/roles.ts';
import type { NodeScore, Plan, Promotion } from '../core/schedule/plan.ts';
import type { IdentityStatus } from './identity.ts';

export const schemaVersion = 1;

// ---------------------------------------------------------------- one node

/** What a node says of itself to its peers: enough for any of them to answer for the whole cluster. */
export interface NodeAnswer {
  readonly node: NodeId;
  readonly software: string;
  readonly startedAt: string;
  readonly boot: number;
  readonly view: View | null;
  readonly quorum: boolean;
  readonly noQuorumBecause: string | null;
  readonly version: Version;
  readonly peers: readonly PeerReport[];
  readonly record: NodeRecord | null;
  /** Only of the coordinator: nobody else's is carried out. */
  readonly plan: Plan | null;
  /** Until `plan.againAtMs`, which is a time of that node's own clock. */
  readonly planAgainInMs: Ms | null;
  readonly stall: StallReport;
  readonly balancers: readonly BalancerStatus[];
  /** Nodes that it is switching off. Nodes of an older version do not say. */
  readonly fencing?: readonly FencingRecord[];
}

/** How long the event loop was held up at worst, since the loop began and in the last minute. */
export interface StallReport {
  readonly maxMs: Ms;
  readonly lastMinuteMs: Ms;
}

/** `GET /v1/local`. */
export interface LocalStatus extends NodeAnswer {
  readonly schemaVersion: typeof schemaVersion;
  readonly at: string;
  readonly report: NodeReport;
  readonly packets: unknown;
  readonly identity: IdentityStatus | null;
}

// ---------------------------------------------------------------- the cluster

/** `GET /v1/status`. */
export interface ClusterStatus {
  readonly schemaVersion: typeof schemaVersion;
  readonly cluster: string;
  readonly at: string;
  readonly answeredBy: NodeId;
  readonly view: View | null;
  readonly coordinator: NodeId | null;
  readonly quorum: boolean;
  readonly noQuorumBecause: string | null;
  readonly version: Version;
  /** Nothing is under way and nothing is left to do. */
  readonly settled: boolean;
  /** Something is left to do, but it waits for an operator (or a lost node) and not for time. */
  readonly stuck: boolean;
  readonly nodes: readonly NodeStatus[];
  readonly services: readonly ServiceStatus[];
  readonly balancers: readonly BalancerStatus[];
  readonly failures: readonly FailureStatus[];
  readonly pending: readonly PendingAction[];
  /** By what right this side acts: a majority, or what stands in for one; null: it does not, or nobody here knows. */
  readonly standing: Standing | null;
  /** Fencing and self-fencing are switched off; null: they are armed. */
  readonly disarmed: DisarmedStatus | null;
  /** What nothing is done to, by node and by service. */
  readonly maintenance: readonly MaintenanceStatus[];
  /** Nodes that a cluster that has just started waits for. */
  readonly waitsFor: readonly NodeId[];
  /** Under way, and the last ones of each node that carried some out. */
  readonly fencings: readonly FencingStatus[];
  /** What operators asked for on top of the file and did not take back, in words. */
  readonly wishes: readonly string[];
  readonly stallMsMax: Ms;
}

export interface DisarmedStatus {
  readonly because: string;
  /** When it ends by itself. */
  readonly until: string;
  readonly leftMs: Ms;
}

export interface MaintenanceStatus {
  readonly node: NodeId | null;
  readonly service: ServiceId | null;
  readonly because: string;
}

export interface FencingStatus extends FencingRecord {
  /** The node that did it. */
  readonly by: NodeId;
  /** The target may still run: it failed, and nothing has made it certain since. */
  readonly open: boolean;
}

/** joining: it is heard but no member yet, or it has no view itself. off: switched off, or confirmed by an operator. */
export type NodeState = 'online' | 'standby' | 'lost' | 'joining' | 'off';

export interface NodeStatus {
  readonly name: NodeId;
  readonly state: NodeState;
  readonly because: string | null;
  readonly coordinator: boolean;
  /** It votes and runs nothing. */
  readonly witness: boolean;
  readonly votes: number;
  /** The service that is its machine, and where that runs. Missing: it is no guest. */
  readonly guest?: { readonly machine: ServiceId; readonly state: ServiceSummary; readonly on: readonly NodeId[] };
  /** Null: nobody has heard of it. */
  readonly watchdog: WatchdogState | null;
  /** Why it counts as running whatever it ran, however long it is away; null: it does not. */
  readonly stray: string | null;
  /** It answered the question for its own status in time. */
  readonly answered: boolean;
  readonly links: readonly LinkStatus[];
  readonly running: readonly ServiceId[];
  readonly stallMsMax: Ms | null;
  readonly stallMsLastMinute: Ms | null;
  readonly software: string | null;
  readonly startedAt: string | null;
}

/** `up`: at least one other node and this one hear each other on it; null: nobody can tell. */
export interface LinkStatus {
  readonly address: string;
  readonly up: boolean | null;
  readonly rttMs: Ms | null;
}

/**
 * waiting: it should run, nothing is under way yet; `because` says what it waits for.
 * failed: it should run and does not, after failures. stopped: an operator wanted it so.
 * blocked: a stop failed, so nobody may touch it before an operator has. unknown: nobody has looked yet.
 */
export type ServiceSummary =
  | 'running'
  | 'partly running'
  | 'starting'
  | 'stopping'
  | 'waiting'
  | 'stopped'
  | 'failed'
  | 'blocked'
  | 'unknown';

export interface ServiceStatus {
  readonly name: ServiceId;
  readonly kind: string;
  /** Which program or address, in a few words. */
  readonly what: string;
  readonly state: ServiceSummary;
  /** Where it runs. */
  readonly nodes: readonly NodeId[];
  /** How many copies should run now. */
  readonly wanted: number;
  /** How many online nodes could take a copy over. */
  readonly spares: number;
  /** As the cluster file wants it, spares included: below this, redundancy is lost. */
  readonly sparesWanted: number;
  readonly copies: readonly CopyStatus[];
  readonly failures: number;
  readonly because: string;
}

export interface CopyStatus {
  readonly node: NodeId;
  readonly state: ServiceState;
  /** Missing: it has no roles, or does not run. */
  readonly role?: Role;
}

export interface FailureStatus {
  readonly service: ServiceId;
  readonly node: NodeId;
  readonly count: number;
  readonly max: number;
  readonly banned: 'no' | 'node' | 'cluster';
  readonly last: string;
}

export interface PendingAction {
  readonly id: number;
  readonly verb: string;
  readonly service: ServiceId;
  readonly node: NodeId;
  readonly after: readonly number[];
  readonly because: string;
  readonly blocked: string | null;
}

export interface BalancerStatus {
  readonly service: ServiceId;
  readonly node: NodeId;
  readonly servers: readonly BalancerServerStatus[];
}

export interface BalancerServerStatus {
  readonly name: string;
  readonly state: string;
  readonly weight: number | null;
  readonly sessions: number | null;
  readonly lastCheck: string | null;
}

// ---------------------------------------------------------------- answers to single questions

/** `GET /v1/why?service=`. */
export interface WhyAnswer {
  readonly schemaVersion: typeof schemaVersion;
  readonly service: ServiceStatus;
  readonly answeredBy: NodeId;
  readonly noQuorumBecause: string | null;
  /** Where it should run, best first; null: no decision can be made. */
  readonly chosen: readonly NodeId[] | null;
  readonly because: string;
  /** Which copies should be promoted; null: it has no roles, or no decision can be made. */
  readonly promotion: Promotion | null;
  readonly nodes: readonly WhyNode[];
  /** What is decided and not done yet. */
  readonly pending: readonly PendingAction[];
  /** What operators asked for on top of the file. */
  readonly admin: readonly string[];
}

export interface WhyNode extends NodeScore {
  readonly nodeState: NodeState;
  readonly chosen: boolean;
  readonly copy: ServiceState;
  readonly failures: number;
  readonly lastFailure: string | null;
}

/** One line of `GET /v1/events`: a change of state, once, with its reason. `seq` counts up on that node. */
export interface EventLine {
  readonly seq: number;
  readonly at: string;
  readonly node: NodeId;
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly because: string;
}

/** `GET /v1/events`. */
export interface EventsAnswer {
  readonly schemaVersion: typeof schemaVersion;
  readonly events: readonly EventLine[];
  /** Nodes that did not answer: their events are missing here. */
  readonly silent: readonly NodeId[];
  /** Give it back as `after=` to get what came since. */
  readonly cursor: string;
}

/** `POST /v1/plan`: what would be done now, with the file that runs or with another one. */
export interface PlanAnswer {
  readonly schemaVersion: typeof schemaVersion;
  readonly cluster: string;
  readonly version: Version;
  readonly decidedBy: NodeId;
  readonly actions: readonly PendingAction[];
  /** Services that would run nowhere, with the reason. */
  readonly unplaced: readonly { readonly service: ServiceId; readonly because: string }[];
}

/** `POST /v1/command`. */
export interface CommandAnswer {
  readonly schemaVersion: typeof schemaVersion;
  readonly version: Version;
  readonly changed: boolean;
}

export interface ErrorAnswer {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly next: string | null;
    readonly problems?: readonly unknown[];
  };
}

/** What the API needs of the daemon around it; tests give it a small one of their own. */
import type { Cluster, Ms, NodeId } from '../core/model.ts';
import type { Admin, Answer, Command, Version } from '../core/ports.ts';
import type { NodeReport } from '../core/report.ts';
import type { Plan } from '../core/schedule/plan.ts';
import type { HistorySource } from './history.ts';
import type { IdentityApi } from './identity.ts';
import type { BalancerStatus, EventLine, StallReport } from './status.ts';

export interface ApiHost {
  readonly self: NodeId;
  readonly software: string;
  readonly startedAt: string;
  cluster(): Cluster;
  /** Version at which what the user wrote last changed, and the text of the cluster file. */
  content(): { readonly version: Version; readonly source: string; readonly admin: Admin };
  report(): NodeReport;
  /** The clock that the core's times are of. */
  nowMs(): Ms;
  /** What would be done with this file and these wishes, from what is known now; null without a view. */
  /** `atMs`: as if it were this date, in milliseconds since 1970; null: as it is. */
  planFor(cluster: Cluster, admin: Admin, atMs: number | null): Plan | null;
  balancers(): Promise<readonly BalancerStatus[]>;
  stall(): StallReport;
  /** Counters of the transport, for `GET /v1/local`. */
  packets(): unknown;
  command(command: Command): Promise<Answer>;
  /** Reads a cluster file outside of the event loop: a large one takes longer than a heartbeat may wait. */
  parse(source: string): Promise<Parsed>;
  /** Asks a peer over the transport's reliable channel; fails when no answer comes in time. */
  ask(node: NodeId, question: PeerQuestion, timeoutMs: Ms): Promise<unknown>;
  readonly journal: EventSource;
  readonly history: HistorySource;
  /** Keys and new machines; a host in a test may have none. */
  readonly identity?: IdentityApi;
}

/** `problems` are those of `src/config/parse.ts`: errors when there is no cluster, otherwise warnings. */
export interface Parsed {
  readonly cluster: Cluster | null;
  readonly problems: readonly unknown[];
}

export interface EventSource {
  readonly lastSeq: number;
  read(after: number, since: string, limit: number): readonly EventLine[];
}

/** What the APIs of two nodes ask each other. */
export type PeerQuestion =
  | { readonly kind: 'status' }
  | { readonly kind: 'events'; readonly after: number; readonly since: string; readonly limit: number }
  | { readonly kind: 'history' }
  | { readonly kind: 'historyEntry'; readonly version: Version };

export const eventsMax = 2000;

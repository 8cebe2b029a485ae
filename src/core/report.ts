/** What one node can say about itself and the cluster at a moment: plain data for `status`, `why`, the API and metrics. */
import type { Ms, NodeId } from './model.ts';
import type { Admin, FencingRecord, NodeRecord, Version, View } from './ports.ts';
import type { Standing } from './quorum/standing.ts';
import type { Plan } from './schedule/plan.ts';

export interface NodeReport {
  readonly node: NodeId;
  readonly boot: number;
  /** The view it acts in; null: none. */
  readonly view: View | null;
  /** It is in a view of a majority and holds a lease: it may run services. */
  readonly quorum: boolean;
  /** Why there is no quorum, in words; null when there is. */
  readonly noQuorumBecause: string | null;
  /** Nodes that a cluster that has just started waits for. */
  readonly waitsFor: readonly NodeId[];
  /** How much longer fencing and self-fencing are switched off; null: they are armed. */
  readonly disarmedForMs: Ms | null;
  /** Under way here. What is over is in the records of the nodes that did it. */
  readonly fencing: readonly FencingRecord[];
  /** Known here to be off. What all know is in `admin.off`. */
  readonly off: readonly { readonly node: NodeId; readonly because: string }[];
  /** By what right the view acts; null: in no view, or another member of it says so. */
  readonly standing: Standing | null;
  readonly leaseLeftMs: Ms;
  readonly peers: readonly PeerReport[];
  readonly version: Version;
  readonly admin: Admin;
  /** Its own record and its copies of others', sorted by node. */
  readonly records: readonly NodeRecord[];
  /** What it would do now, from what it knows; null without a view. Only the coordinator carries it out. */
  readonly plan: Plan | null;
}

export interface PeerReport {
  readonly node: NodeId;
  /** member: in the view; heard: both ways, not in the view yet; lost: not heard. */
  readonly state: 'member' | 'heard' | 'lost';
  /** Since when it was last confirmed that the peer hears us; null: never. */
  readonly confirmedAgoMs: Ms | null;
  readonly links: readonly LinkReport[];
}

export interface LinkReport {
  readonly link: number;
  readonly address: string;
  /** Both ways, lately. */
  readonly up: boolean;
  readonly rttMs: Ms | null;
}

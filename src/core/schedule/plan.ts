/** The scheduler's answer as data: people, tests, the console and the executor read the same lists. */
import type { Cluster, Ms, NodeId, ServiceId } from '../model.ts';
import type { Admin, NodeRecord, Order, View } from '../ports.ts';
import type { Notice } from '../roles.ts';

export interface ScheduleInput {
  readonly cluster: Cluster;
  readonly admin: Admin;
  readonly view: View;
  /** Records of the view's members, each as new as that member's last beat. */
  readonly records: ReadonlyMap<NodeId, NodeRecord>;
  /**
   * Nodes of the file outside the view, with the time (coordinator's clock) since which no lease was granted to them.
   * A node outside the view that is missing here may hold a lease that began just now.
   */
  readonly lost: ReadonlyMap<NodeId, Ms>;
  /** Nodes that were heard outside the view, unless they are known to be off since. Missing: none. */
  readonly outsiders?: ReadonlyMap<NodeId, Outsider>;
  /** A node that loses its lease stops by itself: see `isProvable`. */
  readonly provable: boolean;
  /** Lost nodes whose watchdog was armed when they were last heard. */
  readonly watched: ReadonlySet<NodeId>;
  /** Nodes that are being switched off at this moment, even if they are members again: nothing is brought there. */
  readonly doomed: ReadonlySet<NodeId>;
  /** What `remember` returned for these records; without it, only what they show at this moment counts. */
  readonly held?: Held;
  readonly nowMs: Ms;
  /** The time of day at `nowMs`, in milliseconds since 1970, UTC. Missing: nobody knows it, and rules with dates are as in 1970. */
  readonly dateMs?: Ms;
}

/** No member speaks for it: what it said of itself last counts. */
export interface Outsider {
  /** What it said in a former life counts as being looked for. */
  readonly record: NodeRecord;
  /** Since when it is not heard any more; null: it is heard. */
  readonly silentSinceMs: Ms | null;
}

/**
 * What has been seen of each service in this view.
 *
 * Records forget: a service that was stopped to be restarted looks like one that never ran. Remembered, it stays where it
 * was (stickiness), and no lost node can run it, because it ran on a member after that node was lost.
 */
export type Held = ReadonlyMap<ServiceId, HeldService>;

export interface HeldService {
  /** Where it runs, or ran before it was stopped to be started again. */
  readonly nodes: readonly NodeId[];
  /** It ran, or was on its way there, on a member. */
  readonly ran: boolean;
  /** A copy was promoted on a member. Missing: none was. */
  readonly promoted?: boolean;
  /** The last live migration to a node that is lost. Missing: none. */
  readonly given?: Given;
}

/** A member gave a copy to a lost node. */
export interface Given {
  readonly to: NodeId;
  /** When it was seen to do so last: until then it may have arrived. */
  readonly atMs: Ms;
  readonly isOver: boolean;
}

export interface Plan {
  /** Sorted by service, in the order of the file. */
  readonly placements: readonly Placement[];
  /** `id` is the index; `after` only names smaller ids. */
  readonly actions: readonly PlannedAction[];
  /** Nodes that have to be switched off before all of this can be carried out. */
  readonly fence: readonly { readonly node: NodeId; readonly because: string }[];
  /** When a wait that blocks an action is over or the date changes the rules, and the plan should be made again; null: never. */
  readonly againAtMs: Ms | null;
}

export interface Placement {
  readonly service: ServiceId;
  /** Where it should run, best first. */
  readonly nodes: readonly NodeId[];
  /** Every node of the cluster, in the order of the file. */
  readonly scores: readonly NodeScore[];
  /** In words: why there, or why nowhere. */
  readonly because: string;
  /** Of these copies, the ones to be promoted; null: it has no roles, or runs nowhere. */
  readonly promotion: Promotion | null;
}

export interface Promotion {
  readonly nodes: readonly NodeId[];
  /** In words: why these, or why none. */
  readonly because: string;
}

export interface NodeScore {
  readonly node: NodeId;
  /** Null: it may not run there. */
  readonly score: number | null;
  /** The terms that the score is made of; null points forbid. */
  readonly terms: readonly { readonly points: number | null; readonly because: string }[];
}

export interface PlannedAction {
  readonly id: number;
  readonly verb: Order['verb'];
  readonly service: ServiceId;
  readonly on: NodeId;
  /** Actions that must have ended well before this one starts. */
  readonly after: readonly number[];
  readonly because: string;
  readonly handFrom: NodeId | null;
  readonly handTo: NodeId | null;
  readonly drained: readonly string[];
  /** The other node of a migration; missing or null: none. */
  readonly peer?: NodeId | null;
  /** `notify`: what its agent is told. */
  readonly notice?: Notice | null;
  /** Not now, and why (a lease has to run out, fencing is needed, ...); null: as soon as `after` is done. */
  readonly blocked: string | null;
}

export const explain = (action: PlannedAction): string => {
  const after = action.after.length === 0 ? '' : ` after ${action.after.join(' ')}`;
  const blocked = action.blocked === null ? '' : ` [blocked: ${action.blocked}]`;
  return `${action.id} ${action.verb} ${action.service} on ${action.on}${after} because ${action.because}${blocked}`;
};

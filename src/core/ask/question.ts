/** What the policy engine is asked, in the words of the cluster file: see `inputOf`. */
import type { Cluster, NodeId, ServiceId } from '../model.ts';

export interface Question {
  readonly cluster: Cluster;
  /** Seconds since 1970, UTC. */
  readonly nowS: number;
  readonly members: ReadonlySet<NodeId>;
  readonly standby: ReadonlySet<NodeId>;
  /** They are not to run. */
  readonly stopped: ReadonlySet<ServiceId>;
  /** They stay as they are, wherever that is. */
  readonly leftAlone: ReadonlySet<ServiceId>;
  /** Of those, the ones in several places where one is allowed: nothing is tied to them. */
  readonly scattered: ReadonlySet<ServiceId>;
  /** Of those, the ones that have no say in where what they run with goes. */
  readonly mute: ReadonlySet<ServiceId>;
  /** Beside the places in `on`. */
  readonly preferences: readonly Preference[];
  /** By service; on members only. A service or a node that is missing has nothing. */
  readonly present: ReadonlyMap<ServiceId, readonly Present[]>;
}

export interface Preference {
  readonly service: ServiceId;
  readonly node: NodeId;
  /** Null forbids. */
  readonly points: number | null;
  readonly because: string;
  /** Of one copy, between a stop and a start: what is colocated with the service hears as little of it as of the stickiness of a copy that runs. */
  readonly isOwn?: boolean;
}

/** A copy that runs, or failures of one that does not. */
export interface Present {
  readonly node: NodeId;
  readonly state: 'running' | 'failed' | 'stopped';
  readonly failures: number;
  /** It failed, and the file says that a demotion mends that. */
  readonly mending: 'check' | 'promote' | null;
  /** It may be promoted; false also of what has no roles. */
  readonly promoted: boolean;
  /** What its agent says of it as the promoted one; null: nothing. */
  readonly promotion: number | null;
  /** What it was started with, compared with what it would be started with now. */
  readonly definition: 'current' | 'changed' | 'reloadable';
}

/**
 * What is: the input interpreted. Nodes with their states, resources with their instances, where each runs in which role, what
 * failed, and what is known of it where. Made by `situate`, read by every later pass, changed by none.
 *
 * Nodes and resources are known by dense indices, so that tables of scores are plain arrays.
 */
import type { AgentName, AttributeSet, HistoryOperation, Input, ResourceConfig } from './input.ts';
import type { Role } from './values.ts';

/** The one reason for fencing that makes the node with the more important resources wait (`priority-fencing-delay`). */
export const leftCluster = 'it is no longer part of the cluster';

export type NodeIndex = number;
export type ResourceIndex = number;

export interface Situation {
  readonly input: Input;
  readonly options: Options;
  readonly nodes: readonly Node[];
  readonly nodeByName: ReadonlyMap<string, NodeIndex>;
  /** Parents come before their children; top level in the order of the configuration, orphans last. */
  readonly resources: readonly Resource[];
  /** Those without a parent, orphans included. */
  readonly top: readonly ResourceIndex[];
  readonly resourceById: ReadonlyMap<string, ResourceIndex>;
  readonly tickets: ReadonlyMap<string, Ticket>;
  /** Bans that the history asks for, beside failure counts: a resource that cannot run there whatever its score. */
  readonly bans: readonly Ban[];
  /** Resources that are not managed stay where they run: plus infinity there, as Pacemaker counts it. `node` is never null. */
  readonly pins: readonly Ban[];
  /** Fencings that the history or the node states ask for; `Node.unclean` is set too where it is so. */
  readonly fences: readonly { readonly node: NodeIndex; readonly because: string }[];
  /** Notes for people: things that the configuration or the status says and that were not taken. */
  readonly notes: readonly string[];
}

/** Cluster options, read once. Defaults are those of Pacemaker 2.1. */
export interface Options {
  readonly quorate: boolean;
  readonly noQuorum: 'stop' | 'freeze' | 'ignore' | 'demote' | 'suicide';
  readonly symmetric: boolean;
  readonly maintenance: boolean;
  /** `is-managed-default`, `default-resource-stickiness`: old names, still honoured by old inputs. */
  readonly managedByDefault: boolean | null;
  readonly defaultStickiness: number | null;
  readonly startFailureIsFatal: boolean;
  readonly fencingEnabled: boolean;
  /** There is at least one configured fence device (or a watchdog with its time-out set). */
  readonly hasFenceDevice: boolean;
  readonly fencingAction: 'reboot' | 'off';
  readonly fencingTimeoutMs: number;
  readonly concurrentFencing: boolean;
  readonly startupFencing: boolean;
  readonly priorityFencingDelayMs: number;
  readonly pendingTimeoutMs: number;
  readonly placementStrategy: 'default' | 'utilization' | 'balanced' | 'minimal';
  readonly nodeHealthStrategy: 'none' | 'migrate-on-red' | 'only-green' | 'progressive' | 'custom';
  readonly nodeHealthBase: number;
  readonly nodeHealthScores: { readonly red: number; readonly yellow: number; readonly green: number };
  readonly stopAllResources: boolean;
  readonly stopOrphanResources: boolean;
  readonly stopOrphanActions: boolean;
  readonly stopRemovedOrphans: boolean;
  readonly removeAfterStop: boolean;
  readonly enableStartupProbes: boolean;
  readonly shutdownLock: boolean;
  readonly shutdownLockLimitMs: number;
  readonly clusterDelayMs: number;
  readonly quorumNeeded: boolean;
  /** Some resource asks for unfencing (`requires`, or `provides` of a fence device): then it is the default for all. */
  readonly unfencing: boolean;
}

export interface Node {
  readonly index: NodeIndex;
  readonly id: string;
  readonly name: string;
  readonly kind: 'member' | 'ping' | 'remote' | 'guest';
  /** Of remote and guest nodes: the resource that is the connection to it. */
  readonly connection: ResourceIndex | null;
  /** Of guest nodes: the container (virtual machine, bundle container). */
  readonly container: ResourceIndex | null;
  /** Inside of a bundle's container: nothing may run or be looked for there but the instance that its replica names. */
  readonly isInBundle: boolean;
  /** A reset of the connection, not of the machine, is all that is needed (remote nodes). */
  readonly needsRemoteReset: boolean;
  readonly online: boolean;
  readonly pending: boolean;
  /** Its state is not known or not sane: nothing that needs fencing may be started that it might run. */
  readonly unclean: boolean;
  readonly unseen: boolean;
  readonly standby: boolean;
  readonly standbyOnFail: boolean;
  readonly maintenance: boolean;
  readonly shuttingDown: boolean;
  readonly expectedUp: boolean;
  readonly isCoordinator: boolean;
  /** `resource-discovery` of guest and remote nodes: probes are wanted. */
  readonly discovers: boolean;
  readonly unfenced: boolean;
  /** Sum by the health strategy, and whether resources that do not bear unhealthy nodes must leave it. */
  readonly health: number;
  readonly score: number;
  /** The score, or minus infinity for a cluster node that is known to be down or leaving: rules joined by `or` add it to theirs. */
  readonly worth: number;
  /** Effective values: node attributes with rules applied, then transient ones over them; also `#uname`, `#id`, `#kind`, `#site-name`, ... */
  readonly attributes: ReadonlyMap<string, string>;
  readonly utilization: ReadonlyMap<string, number>;
  /** Sum of priorities of what runs there, for the order of fencing (`priority-fencing-delay`). */
  readonly priority: number;
}

export interface Ban {
  readonly resource: ResourceIndex;
  /** Null: everywhere. */
  readonly node: NodeIndex | null;
  readonly because: string;
}

export interface Ticket {
  readonly id: string;
  readonly granted: boolean;
  readonly standby: boolean;
  readonly attributes: ReadonlyMap<string, string>;
}

/** One thing that can be placed, or that holds such things: a clone has its instances as children, a group its members. */
export interface Resource {
  readonly index: ResourceIndex;
  /** With instance number: `drbd:1`. Unique. */
  readonly id: string;
  /** Without the number of an anonymous instance: the name that history, fail counts and promotion scores go by. */
  readonly baseId: string;
  /** Name in the history for operations on nodes: `baseId` of anonymous instances, `id` of unique ones. */
  readonly historyId: string;
  readonly kind: ResourceConfig['kind'];
  /** Null for orphans that nothing is known of but their history, and for what a bundle brings along by itself. */
  readonly config: ResourceConfig | null;
  readonly agent: AgentName | null;
  readonly parent: ResourceIndex | null;
  readonly children: readonly ResourceIndex[];
  /** Number among the instances of its clone; null: none. Members of a cloned group have the number of their group. */
  readonly instance: number | null;
  /** Only for kind bundle: see `BundleReplica`. */
  readonly replicas: readonly BundleReplica[];
  readonly orphan: boolean;
  readonly meta: Meta;
  /** Raw meta attributes after rules and defaults, for what is not in `Meta`. */
  readonly rawMeta: ReadonlyMap<string, string>;
  readonly parameterSets: readonly AttributeSet[];
  readonly utilization: ReadonlyMap<string, number>;
  /** For how many resources it counts where nodes are compared by what they run; missing: for one. */
  readonly load?: number;
  /** How much of that counts on the emptiest node where it finds no place itself; missing: nothing. */
  readonly loadWithoutPlace?: number;
  /**
   * Of a clone: an instance that would get the node where it runs is dealt out before those that would go elsewhere. Missing: no, and
   * instances that differ may change places, over and over, where colocated resources want them (as in Pacemaker).
   */
  readonly staysFirst?: boolean;

  /** Set by the configuration, the maintenance of cluster or node, or a failure with on-fail=block. */
  readonly managed: boolean;
  /** A failure that must not be acted upon; implies not managed. */
  readonly blocked: boolean;
  readonly failed: boolean;
  /** It failed in a way that only a stop mends (not for on-fail=demote and on-fail=block). */
  readonly stopsToRecover: boolean;
  /** Nodes where a stop is necessary because of what the history says of it there, and where a demotion is (on-fail=demote). */
  readonly mustStopOn: readonly NodeIndex[];
  readonly mustDemoteOn: readonly NodeIndex[];
  /** Nodes where a stop was thought necessary until it was found stopped there: it is done all the same if the resource restarts. */
  readonly mayStopOn: readonly NodeIndex[];
  /** A start has been asked for whose result is not known yet. */
  readonly startPending: boolean;
  /** Nodes where its history is to be deleted because the shutdown lock has expired. */
  readonly unlockedOn: readonly NodeIndex[];
  /** The failure was found by an operation whose on-fail is ignore. */
  readonly failureIgnored: boolean;
  /** What it is now, over all its nodes (the highest). */
  readonly role: Role;
  /** Where it is active, in the order in which it was found; more than one needs `multiple-active`. */
  readonly runningOn: readonly NodeIndex[];
  /** Role on each node of `runningOn`, same order. */
  readonly roleOn: readonly Role[];
  /** Nodes where its history was read with a certain result (probed, or run). */
  readonly knownOn: readonly NodeIndex[];
  /** Wanted role forced by a failure (on-fail=stop: stopped; promote failed: unpromoted) or `target-role`; null: none. */
  readonly forcedRole: Role | null;
  /** Its name in the history of an orphan instance or of a clone that had other numbers, if it differs from `historyId`. */
  readonly historyIds: readonly string[];
  /** Of an instance: another name than `id` by which a node knows it, the last that was found; fail counts and promotion scores go by it. */
  readonly alias: string | null;
  /** Half of a live migration was done: from, to. */
  readonly partialMigration: { readonly source: NodeIndex; readonly target: NodeIndex } | null;
  /** Nodes that were the source of a migration that ended without the stop that belongs to it. */
  readonly danglingMigrations: readonly NodeIndex[];
  /**
   * An operation without result yet: `starting`, `stopping`, `migrating`, `promoting`, `demoting`, `monitoring`; by node.
   * At most one: the first that was found. Probes do not count.
   */
  readonly pending: ReadonlyMap<NodeIndex, string>;
  /**
   * Its history by node, all operations in call order. A recurring monitor whose failure has expired has the restart digest
   * `calculated-failure-timeout`, which fits nothing: it is scheduled anew.
   */
  readonly history: ReadonlyMap<NodeIndex, readonly HistoryOperation[]>;
  readonly failures: readonly Failures[];
  /** Only to be stopped/cleaned where locked by `shutdown-lock`: the node, and since when. */
  readonly lock: { readonly node: NodeIndex; readonly sinceS: number } | null;
  /** Of container members (`container` meta attribute, bundles, guest nodes): what contains it; and the reverse. */
  readonly container: ResourceIndex | null;
  readonly fillers: readonly ResourceIndex[];
  /** It is the connection to a remote or guest node. */
  readonly connects: NodeIndex | null;
  readonly isFenceDevice: boolean;
}

export interface BundleReplica {
  readonly offset: number;
  readonly container: ResourceIndex;
  readonly ip: ResourceIndex | null;
  readonly remote: ResourceIndex | null;
  readonly child: ResourceIndex | null;
  readonly node: NodeIndex | null;
}

/** On one node. */
export interface Failures {
  readonly node: NodeIndex;
  /** Sum over operations (and over what it contains, see `fillers`), up to `infinity`; 0 if they have expired. */
  readonly count: number;
  readonly lastS: number;
  /** It has expired and its record should be cleared. */
  readonly expired: boolean;
}

export interface Meta {
  readonly priority: number;
  /** Null: the default applies (0; 1 for instances of clones). */
  readonly stickiness: number;
  readonly targetRole: Role | null;
  readonly requires: 'nothing' | 'quorum' | 'fencing' | 'unfencing';
  readonly multipleActive: 'stop_start' | 'stop_only' | 'block' | 'stop_unexpected';
  readonly maintenance: boolean;
  readonly failureTimeoutMs: number;
  /** `infinity`: never. 0 counts as never. */
  readonly migrationThreshold: number;
  /** False too where the history says that a migration failed: then it is restarted instead. */
  readonly allowMigrate: boolean;
  readonly allowUnhealthyNodes: boolean;
  readonly critical: boolean;
  readonly isUnique: boolean;
  readonly notify: boolean;
  readonly interleave: boolean;
  readonly ordered: boolean;
  readonly promotable: boolean;
  /** Of clones; of bundles made from the container element. */
  readonly cloneMax: number;
  readonly cloneNodeMax: number;
  readonly cloneMin: number;
  readonly promotedMax: number;
  readonly promotedNodeMax: number;
}

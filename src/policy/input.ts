/**
 * What the policy engine is asked about: a configuration and what was seen of it. All of it is plain data that a reader made
 * (of a CIB, or of our own cluster file); nothing in it has been interpreted yet. Times are whole seconds since 1970 (`S`), or
 * milliseconds (`Ms`). Names of options, attributes and operations are those of Pacemaker.
 */

export interface Input {
  /** Cluster options (`no-quorum-policy`, ...). What `AttributeSet` says of lists of sets holds, but `cib-bootstrap-options` is first. */
  readonly options: readonly AttributeSet[];
  /** Defaults of meta attributes (`rsc_defaults`) and of operations (`op_defaults`). */
  readonly resourceDefaults: readonly AttributeSet[];
  readonly operationDefaults: readonly AttributeSet[];
  readonly nodes: readonly NodeConfig[];
  readonly resources: readonly ResourceConfig[];
  readonly constraints: ConstraintConfig;
  readonly topology: readonly FencingLevel[];
  /** Members of each tag, by its id. */
  readonly tags: ReadonlyMap<string, readonly string[]>;
  readonly ticketStates: readonly TicketState[];
  readonly nodeStates: readonly NodeState[];
  /** This partition has quorum. */
  readonly quorate: boolean;
  /** Id (not name) of the node that decides; null: unknown. */
  readonly coordinatorId: string | null;
  /** Version of the tools that wrote the status (`crm_feature_set`); before 3.0.13 fail counts were kept by resource, not by operation. */
  readonly featureSet: string | null;
  /** The cluster once had quorum and may panic without it (`no-quorum-panic`). */
  readonly noQuorumPanic: boolean;
  /** There is a fencing service besides the resources (`have-watchdog`). */
  readonly hasWatchdog: boolean;
  /** The time for rules and for failures that expire. */
  readonly nowS: number;
}

/**
 * A block of name/value pairs that may have a rule (applies only if it is true) and a score (the order among blocks).
 *
 * Lists of sets are in document order. The set with the highest score wins (none: 0); of equal ones the LATER: Pacemaker gathers
 * them in reverse and sorts stably. Within one set the first value of a name wins. The value `#default` unsets and sets nothing.
 */
export interface AttributeSet {
  readonly id: string;
  /** `INFINITY` and the like still as text are read by the reader: saturated whole number; null: none given. */
  readonly score: number | null;
  readonly rule: Rule | null;
  readonly values: readonly (readonly [name: string, value: string])[];
}

export interface NodeConfig {
  readonly id: string;
  readonly name: string;
  readonly type: 'member' | 'ping' | 'remote';
  /** Score added for every resource (`score` of `<node>`), 0 if none. */
  readonly score: number;
  readonly attributes: readonly AttributeSet[];
  readonly utilization: readonly AttributeSet[];
}

export type ResourceConfig = PrimitiveConfig | GroupConfig | CloneConfig | BundleConfig;

export interface AgentName {
  /** `ocf`, `systemd`, `lsb`, `stonith`, `service`, ... */
  readonly standard: string;
  /** `heartbeat`, `pacemaker`, ...; empty where the standard has none. */
  readonly provider: string;
  readonly type: string;
}

/**
 * Templates have been worked in: sets of the template stand before those of the primitive (which win, being later), its operations
 * after those of the primitive, without those that the primitive replaces (same name and role).
 */
export interface PrimitiveConfig {
  readonly kind: 'primitive';
  readonly id: string;
  readonly agent: AgentName;
  readonly template: string | null;
  readonly meta: readonly AttributeSet[];
  readonly parameters: readonly AttributeSet[];
  readonly utilization: readonly AttributeSet[];
  readonly operations: readonly OperationConfig[];
}

export interface GroupConfig {
  readonly kind: 'group';
  readonly id: string;
  readonly meta: readonly AttributeSet[];
  readonly parameters: readonly AttributeSet[];
  readonly members: readonly PrimitiveConfig[];
}

export interface CloneConfig {
  readonly kind: 'clone';
  readonly id: string;
  readonly meta: readonly AttributeSet[];
  readonly parameters: readonly AttributeSet[];
  readonly child: PrimitiveConfig | GroupConfig;
}

export interface BundleConfig {
  readonly kind: 'bundle';
  readonly id: string;
  readonly meta: readonly AttributeSet[];
  /** `docker`, `podman`, `rkt`, ... */
  readonly technology: string;
  /** Attributes of the container element (`image`, `replicas`, `replicas-per-host`, `promoted-max`, `masters`, `options`, ...). */
  readonly container: ReadonlyMap<string, string>;
  /** Attributes of the network element (`ip-range-start`, `control-port`, `host-interface`, ...); null: no network element. */
  readonly network: ReadonlyMap<string, string> | null;
  readonly ports: readonly ReadonlyMap<string, string>[];
  readonly storage: readonly ReadonlyMap<string, string>[];
  readonly child: PrimitiveConfig | null;
}

export interface OperationConfig {
  readonly id: string;
  /** `monitor`, `start`, ... */
  readonly name: string;
  /** As in the file: `interval`, `timeout`, `on-fail`, `role`, `enabled`, `requires`, `record-pending`, ... */
  readonly attributes: ReadonlyMap<string, string>;
  readonly meta: readonly AttributeSet[];
  readonly parameters: readonly AttributeSet[];
}

// ---------------------------------------------------------------- rules (plain JSON: clusters carry them to each other)

export interface Rule {
  readonly id: string;
  /** How the expressions are joined; `and` is the default. */
  readonly join: 'and' | 'or';
  readonly expressions: readonly Expression[];
  /** For location constraints and attribute sets. */
  readonly score: number | null;
  readonly scoreAttribute: string | null;
  readonly role: string | null;
}

export type Expression =
  | { readonly kind: 'rule'; readonly rule: Rule }
  | {
      readonly kind: 'attribute';
      readonly attribute: string;
      /** `eq`, `ne`, `lt`, `gt`, `lte`, `gte`, `defined`, `not_defined`. */
      readonly operation: string;
      readonly value: string | null;
      /** `string`, `integer`, `number`, `version`; null: guessed from the values. */
      readonly type: string | null;
      /** `literal` (default), `param` or `meta`: where the value comes from. */
      readonly valueSource: string | null;
    }
  | {
      readonly kind: 'date';
      /** `gt`, `lt`, `in_range`, `date_spec`. */
      readonly operation: string;
      readonly start: string | null;
      readonly end: string | null;
      /** Of `<duration>`: `hours`, `monthdays`, ... each as text. */
      readonly duration: Readonly<Record<string, string>> | null;
      /** Of `<date_spec>`. */
      readonly spec: Readonly<Record<string, string>> | null;
    }
  | {
      readonly kind: 'resource';
      readonly standard: string | null;
      readonly provider: string | null;
      readonly type: string | null;
    }
  | { readonly kind: 'operation'; readonly name: string; readonly interval: string | null };

// ---------------------------------------------------------------- constraints

/** In document order each. Ids may name resources, templates or tags. */
export interface ConstraintConfig {
  readonly locations: readonly LocationConfig[];
  readonly colocations: readonly ColocationConfig[];
  readonly orders: readonly OrderConfig[];
  readonly tickets: readonly TicketConfig[];
}

/** What a constraint is about: one thing, a pattern (`rsc-pattern`), or sets. */
export type Subject =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'sets'; readonly sets: readonly ResourceSet[] };

export interface ResourceSet {
  readonly id: string;
  readonly members: readonly string[];
  readonly role: string | null;
  readonly action: string | null;
  readonly score: number | null;
  readonly kind: string | null;
  /** Null: not given. */
  readonly sequential: boolean | null;
  readonly requireAll: boolean | null;
  /** `ordering` of the set, as written. */
  readonly ordering: string | null;
}

export interface LocationConfig {
  readonly id: string;
  readonly subject: Subject;
  readonly node: string | null;
  readonly score: number | null;
  readonly role: string | null;
  /** `always` (default), `never`, `exclusive`. */
  readonly discovery: string | null;
  readonly rules: readonly Rule[];
  /** Old `lifetime`: the constraint counts only while one of these holds; empty: always. */
  readonly lifetime: readonly Rule[];
}

export interface ColocationConfig {
  readonly id: string;
  readonly score: number | null;
  readonly nodeAttribute: string | null;
  readonly influence: boolean | null;
  /** Old `lifetime`: the constraint counts only while one of these holds; empty: always. */
  readonly lifetime: readonly Rule[];
  readonly link:
    | {
        readonly kind: 'pair';
        readonly dependent: string;
        readonly dependentRole: string | null;
        readonly dependentInstance: string | null;
        readonly primary: string;
        readonly primaryRole: string | null;
        readonly primaryInstance: string | null;
      }
    | { readonly kind: 'sets'; readonly sets: readonly ResourceSet[] };
}

export interface OrderConfig {
  readonly id: string;
  /** `Optional`, `Mandatory`, `Serialize`, any case; null: from the score. */
  readonly kind: string | null;
  readonly score: number | null;
  readonly symmetrical: boolean | null;
  readonly requireAll: boolean | null;
  /** Old `lifetime`: the constraint counts only while one of these holds; empty: always. */
  readonly lifetime: readonly Rule[];
  readonly link:
    | {
        readonly kind: 'pair';
        readonly first: string;
        readonly firstAction: string | null;
        readonly firstInstance: string | null;
        readonly second: string;
        readonly secondAction: string | null;
        readonly secondInstance: string | null;
      }
    | { readonly kind: 'sets'; readonly sets: readonly ResourceSet[] };
}

export interface TicketConfig {
  readonly id: string;
  readonly ticket: string;
  readonly lossPolicy: string | null;
  /** Old `lifetime`: the constraint counts only while one of these holds; empty: always. */
  readonly lifetime: readonly Rule[];
  readonly subject:
    | { readonly kind: 'one'; readonly id: string; readonly role: string | null }
    | { readonly kind: 'sets'; readonly sets: readonly ResourceSet[] };
}

export interface FencingLevel {
  readonly id: string;
  readonly index: number;
  readonly devices: readonly string[];
  readonly target:
    | { readonly kind: 'node'; readonly name: string }
    | { readonly kind: 'pattern'; readonly pattern: string }
    | { readonly kind: 'attribute'; readonly attribute: string; readonly value: string };
}

// ---------------------------------------------------------------- status

export interface TicketState {
  readonly id: string;
  readonly granted: boolean;
  readonly standby: boolean;
  readonly lastGrantedS: number | null;
  readonly attributes: ReadonlyMap<string, string>;
}

/** What the status section says of one node. Texts as found; null: not said. */
export interface NodeState {
  readonly id: string;
  readonly name: string;
  readonly isRemote: boolean;
  readonly inMembership: string | null;
  readonly peer: string | null;
  readonly join: string | null;
  readonly expected: string | null;
  readonly hasLrm: boolean;
  /** Of remote nodes: `node_fenced`, `remote_was_fenced`, maintenance of the node (`node_in_maintenance`) as found. */
  readonly fencedRemote: string | null;
  readonly inMaintenance: string | null;
  /** Values that last until the node leaves. */
  readonly transient: readonly AttributeSet[];
  readonly history: readonly ResourceHistory[];
}

export interface ResourceHistory {
  /** Name under which the node knows it, with instance number or without. */
  readonly id: string;
  readonly agent: AgentName;
  /** Of what was started in a container. */
  readonly container: string | null;
  /** `shutdown-lock`: it was stopped there by the node's clean shutdown at that time and waits for its return. */
  readonly shutdownLockS: number | null;
  /** In document order. */
  readonly operations: readonly HistoryOperation[];
}

export interface HistoryOperation {
  readonly id: string;
  /** `start`, `monitor`, `migrate_to`, ... */
  readonly operation: string;
  readonly operationKey: string | null;
  readonly intervalMs: number;
  readonly callId: number;
  /** -1: pending, as far as `status` says so. */
  readonly rc: number;
  /** Pacemaker's numbers: -1 pending, 0 done, 1 cancelled, 2 time-out, 3 not supported, 4 error, 5 error hard, 6 error fatal, 7 not installed, ... */
  readonly status: number;
  /** `TARGET:STATUS;ACTION:TRANSITION:EXPECTED RC:UUID` as found. */
  readonly magic: string | null;
  readonly transitionKey: string | null;
  readonly lastChangeS: number | null;
  readonly lastRunS: number | null;
  readonly node: string | null;
  readonly exitReason: string | null;
  readonly digest: string | null;
  readonly restartDigest: string | null;
  readonly secureDigest: string | null;
  /** Names of parameters in `op-force-restart` / `op-secure-params`, as found (space separated). */
  readonly restartParameters: string | null;
  readonly secureParameters: string | null;
  readonly migrateSource: string | null;
  readonly migrateTarget: string | null;
  readonly version: string | null;
  /** How what it was begun with compares to today's definition, where who asks knows; missing: the digests say. */
  readonly definition?: 'current' | 'changed' | 'reloadable';
}

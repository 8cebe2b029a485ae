/**
 * The action graph while it is being made: all actions that were thought of, also those that turn out to be unnecessary
 * (`isOptional`) or impossible (not `isRunnable`), and all edges between them with what each edge implies. The pass «act» fills
 * it (resource by resource), the pass «order» adds edges from constraints and lets their implications flow until nothing
 * changes, and the pass «plan» keeps what is left. It is the one mutable thing of the engine: it lives inside these passes and
 * no caller ever sees it.
 */
import type { Task } from './plan.ts';
import type { NodeIndex, ResourceIndex } from './situation.ts';

export type ActionId = number;

export interface Action {
  readonly id: ActionId;
  readonly task: Task;
  /** Null for fencings, shutdowns and gates. */
  readonly resource: ResourceIndex | null;
  /** Null: a pseudo action, or no node could be found (then it is not runnable). */
  readonly node: NodeIndex | null;
  readonly intervalMs: number;
  /**
   * Of fence: `reboot`, `off`, `on`. Of notify: when and of what, as in `pre start`; of a collection's steps also
   * `confirmed-pre start`, `post started`, `confirmed-post started`. Of gates: their name (`load stopped`, `probe_again` on a
   * node; `started`, `stopped`, `promoted`, `demoted` of a collection). Of delete: `history` if only the record is deleted,
   * whether it runs or not.
   */
  readonly how: string | null;
  /** Nothing has to be done by anybody: it only orders others. Stops on nodes that are fenced become pseudo. */
  isPseudo: boolean;
  /** It need not be done. */
  isOptional: boolean;
  /** It can be done: what it needs is there. */
  isRunnable: boolean;
  /** It is kept in the plan's order even if nothing is to be done (`print always`). */
  isPrinted: boolean;
  /** A recurring monitor that has to be scheduled anew because its definition changed. */
  isReschedule: boolean;
  /** Part of a live migration (its stop or start may be replaced). */
  isMigratable: boolean;
  /** Of fence: how long to wait before, so that of two halves the one with the more important resources survives. */
  delayMs: number;
  /** The stop of what a migration left behind: nothing has to start again because of it. */
  isDangling: boolean;
  /** How many of the actions that lead to it by `oneOrMore` edges must be runnable, and how many are (gates). */
  required: number;
  runnableBefore: number;
  because: string;
  /** Filled by `Actions.order`: ids of edges. */
  readonly before: Edge[];
  readonly after: Edge[];
}

/** What «`first` comes before `second`» implies beyond the order itself. Several at once are or-ed together. */
export const Implies = {
  /** Only if both are done anyhow. */
  order: 1 << 0,
  /** `second` is necessary: so is `first` (a start needs its stop). */
  first: 1 << 1,
  /** `first` is necessary: so is `second` (a stop takes along what needs it). */
  second: 1 << 2,
  /** As `first`, but only if `second` is about a promoted role. */
  firstPromoted: 1 << 3,
  /** `first` cannot be done: neither can `second`. */
  runnable: 1 << 4,
  /** `first` is not pseudo-able any more where `second` cannot be done (members of groups, notifications). */
  pseudo: 1 << 5,
  /** The stop of a restart: `second` becomes necessary if `first` restarts. */
  restart: 1 << 6,
  /** `second` is shown even if optional, once `first` is necessary. */
  secondPrinted: 1 << 7,
  /** `first` is shown even if optional, once `second` is necessary. */
  firstPrinted: 1 << 8,
  /** One (or `required`) of several is enough. */
  oneOrMore: 1 << 9,
  /** Only in this direction: a runnable `second` is never made necessary backwards. */
  asymmetric: 1 << 10,
  /** Only if both are on the same node. */
  sameNode: 1 << 11,
  /** Not at once; which comes first does not matter. */
  serialize: 1 << 12,
  /** Load: only if both end up on the same node (utilization). */
  load: 1 << 13,
  /** If `second` is done, `first` need not be. */
  secondCancelsFirst: 1 << 14,
  /** Wait for the first's resource to be probed everywhere. */
  probe: 1 << 15,
  /** As `second`, if `first`'s action is on the same node as `second`'s (fencing, notifications). */
  secondOnNode: 1 << 16,
  /** Inside a live migration: `second` cannot be done, or not as part of it: neither can `first`; it is necessary: so is `first`. */
  firstMigratable: 1 << 17,
  /** Never dropped as superfluous. */
  preserve: 1 << 18,
  /** Only if `first` is not part of a live migration. */
  unlessMigrating: 1 << 19,
  /** Only if both are on the same node and `first` is necessary (resources that must not be together). */
  apart: 1 << 20,
} as const;

export interface Edge {
  readonly first: Action;
  readonly second: Action;
  /** Bits of `Implies`; 0: dropped. */
  implies: number;
  /** What it implied when it was added. */
  readonly said: number;
}

export interface NewAction {
  readonly task: Task;
  readonly resource?: ResourceIndex | null;
  readonly node?: NodeIndex | null;
  readonly intervalMs?: number;
  readonly how?: string | null;
  readonly isPseudo?: boolean;
  readonly isOptional?: boolean;
  readonly isRunnable?: boolean;
  readonly because?: string;
}

export class Actions {
  readonly all: Action[] = [];
  /** Those of no resource, by all that tells them apart. */
  private readonly bare = new Map<string, Action>();
  private readonly byResource = new Map<ResourceIndex, Action[]>();
  private readonly byTask = new Map<ResourceIndex, Map<Task, Action[]>>();
  /** Resources that were given a node and cannot be active there after all: what they need on the same node will not be. */
  readonly unplaced = new Set<ResourceIndex>();
  /** Resources whose live migration was half done and cannot be continued: they are restarted. */
  readonly givenUp = new Set<ResourceIndex>();
  /** Nodes that were found to need fencing only while actions were thought of; `Node.unclean` says it of the others. */
  readonly condemned = new Set<NodeIndex>();
  /** Guest nodes that go down with their container; `Node.needsRemoteReset` says it of the others. */
  readonly reset = new Set<NodeIndex>();

  /** The one action of this kind on this node: made if it is not there. If it is, it stays optional only if both are. */
  add(wanted: NewAction): Action {
    const { task, resource = null, node = null, intervalMs = 0, how = null } = wanted;
    const known = this.find(task, resource, node, intervalMs, how);
    if (known !== undefined) {
      if (wanted.isOptional !== true) known.isOptional = false;
      if (wanted.isRunnable === false) known.isRunnable = false;
      if (known.because === '') known.because = wanted.because ?? '';
      return known;
    }
    const action: Action = {
      id: this.all.length,
      task,
      resource,
      node,
      intervalMs,
      how,
      isPseudo: wanted.isPseudo ?? false,
      isOptional: wanted.isOptional ?? false,
      isRunnable: wanted.isRunnable ?? true,
      isPrinted: false,
      isReschedule: false,
      isMigratable: false,
      delayMs: 0,
      isDangling: false,
      required: 0,
      runnableBefore: 0,
      because: wanted.because ?? '',
      before: [],
      after: [],
    };
    this.all.push(action);
    if (resource === null) this.bare.set(bareKey(task, node, intervalMs, how), action);
    else this.list(resource, action);
    return action;
  }

  private list(resource: ResourceIndex, action: Action): void {
    const all = this.byResource.get(resource);
    if (all === undefined) this.byResource.set(resource, [action]);
    else all.push(action);
    const tasks = this.byTask.get(resource) ?? new Map<Task, Action[]>();
    this.byTask.set(resource, tasks);
    const same = tasks.get(action.task);
    if (same === undefined) tasks.set(action.task, [action]);
    else same.push(action);
  }

  find(
    task: Task,
    resource: ResourceIndex | null,
    node: NodeIndex | null,
    intervalMs = 0,
    how: string | null = null,
  ): Action | undefined {
    if (resource === null) return this.bare.get(bareKey(task, node, intervalMs, how));
    // One resource has one of a task on a node, or few: looking through them is quicker than a key.
    for (const action of this.byTask.get(resource)?.get(task) ?? none)
      if (action.node === node && action.intervalMs === intervalMs && action.how === how) return action;
    return undefined;
  }

  /** Of one resource (not of its children), on all nodes, in the order in which they were made. */
  of(resource: ResourceIndex): readonly Action[] {
    return this.byResource.get(resource) ?? [];
  }

  /** Of one resource and task: the one made last; with a node, the one made last there. */
  latest(resource: ResourceIndex, task: Task, node: NodeIndex | null = null): Action | undefined {
    return this.byTask
      .get(resource)
      ?.get(task)
      ?.findLast((action) => node === null || action.node === node);
  }

  /**
   * Adds an edge, unless there was one of this pair that implies any of the same: what was said first holds. (Pacemaker does so
   * too, and what its plans look like depends on it.) True: added.
   */
  order(first: Action, second: Action, implies: number): boolean {
    if (first === second || implies === 0) return false;
    // One of the two has few edges: a collection's steps have many, what they lead to has not.
    const near = first.after.length < second.before.length ? first.after : second.before;
    for (const edge of near)
      if (edge.first === first && edge.second === second && (edge.said & implies) !== 0) return false;
    const edge: Edge = { first, second, implies, said: implies };
    first.after.push(edge);
    second.before.push(edge);
    return true;
  }
}

const none: readonly Action[] = [];

const bareKey = (task: Task, node: NodeIndex | null, intervalMs: number, how: string | null): string =>
  `${task}/${node}/${intervalMs}/${how}`;

/**
 * Orders between resources and tasks that are wanted whatever the nodes turn out to be (a group's members, a clone's
 * instances, an order constraint): kept until all actions exist, then made into edges by the pass «order».
 * A side is an action, or a resource with a task (then every matching action of the resource, on every node).
 */
export interface Ordering {
  readonly first: OrderingSide;
  readonly second: OrderingSide;
  readonly implies: number;
}

export type OrderingSide =
  | { readonly action: Action }
  | { readonly resource: ResourceIndex; readonly task: Task; readonly how?: string; readonly intervalMs?: number };

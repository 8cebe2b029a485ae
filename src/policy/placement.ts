/** Where everything should run: what the pass «place» returns and the pass «act» carries out. */
import type { Colocation } from './constraints.ts';
import type { NodeIndex, ResourceIndex } from './situation.ts';
import type { Role } from './values.ts';

export interface Placement {
  /** By resource: the node chosen; -1: none. Only for primitives (also members and instances); collections have -1. */
  readonly nodeOf: Int32Array;
  /** By resource: the role it should have next. */
  readonly roleOf: readonly Role[];
  /** By resource: the role was asked for (target-role, unmanaged, a failure, dealt out); otherwise it follows from the node. */
  readonly isRoleExplicit: Uint8Array;
  /** By resource: the table of final scores by node (`absent`: no candidate), as `crm_simulate -s` shows them. */
  readonly scores: readonly Int32Array[];
  /** Promotion scores by instance (`crm_simulate`: «promotion score»); missing: none. */
  readonly promotionScores: ReadonlyMap<ResourceIndex, number>;
  /** For people: what each score is made of. Only filled if asked for. */
  readonly terms: ReadonlyMap<ResourceIndex, readonly ScoreTerm[]>;
  /** Remaining capacity by node, for placement strategies that look at it. */
  readonly freeCapacity: readonly ReadonlyMap<string, number>[];
  /** Resources that may not be started or promoted for a reason other than their score (ticket, quorum, ...), with it. */
  readonly refused: ReadonlyMap<ResourceIndex, string>;
  /** By resource: nodes on which it is allowed although another place was chosen; for probes and discovery. */
  readonly discoversOn: (resource: ResourceIndex, node: NodeIndex) => boolean;
  /**
   * By resource, 1 or 0: as in the situation, but what a lost ticket froze is not managed and blocked, and nothing is managed
   * where fencing is wanted and there is no device for it. Later passes read these instead of the situation's.
   */
  readonly managed: Uint8Array;
  readonly blocked: Uint8Array;
  /** Nodes to be fenced because of a lost ticket; they are unclean from now on. */
  readonly fences: readonly { readonly node: NodeIndex; readonly because: string }[];
  /** Top-level resources in the order in which their turn came (by priority; other strategies sort more finely). */
  readonly sequence: readonly ResourceIndex[];
  /** By collection: its children in the order in which they were last sorted (instances: by preference or promotion). */
  readonly childrenOf: readonly (readonly ResourceIndex[])[];
  /**
   * Colocations as they ended: those of the constraints in the same places, and some more that containers needed. By resource,
   * indices into them where it is the primary: who was with a group is with its last member now, and the group has none; an
   * instance has those of its clone that mattered, and the clone still has all.
   */
  readonly colocations: readonly Colocation[];
  readonly colocationsWith: readonly (readonly number[])[];
  /** Kept on a node that is shutting down or has shut down cleanly (`shutdown-lock`). */
  readonly locks: ReadonlyMap<ResourceIndex, NodeIndex>;
}

export interface ScoreTerm {
  readonly node: NodeIndex;
  readonly points: number;
  /** In words: `location l1`, `stickiness`, `colocated with web (c1)`, ... */
  readonly because: string;
  /** For who has words of its own for it: the clone, or the node, has as many instances as it may. Missing: none of these. */
  readonly reason?: FullReason;
}

export type FullReason = 'cloneFull' | 'nodeFull';

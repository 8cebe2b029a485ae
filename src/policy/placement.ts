/** Where everything should run: what the pass «place» returns and the pass «act» carries out. */
import type { NodeIndex, ResourceIndex } from './situation.ts';
import type { Role } from './values.ts';

export interface Placement {
  /** By resource: the node chosen; -1: none. Only for primitives (also members and instances); collections have -1. */
  readonly nodeOf: Int32Array;
  /** By resource: the role it should have next. */
  readonly roleOf: readonly Role[];
  /** By resource: the table of final scores by node (`absent`: no candidate), as `crm_simulate -s` shows them; null: none. */
  readonly scores: readonly (Int32Array | null)[];
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
}

export interface ScoreTerm {
  readonly node: NodeIndex;
  readonly points: number;
  /** In words: `location l1`, `stickiness`, `colocated with web (c1)`, ... */
  readonly because: string;
}

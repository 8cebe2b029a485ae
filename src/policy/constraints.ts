/** Constraints, resolved: tags, templates, patterns and sets are worked out, rules evaluated, ids are indices. Made by `constrain`. */
import type { NodeIndex, ResourceIndex } from './situation.ts';
import type { Role } from './values.ts';

export interface Constraints {
  readonly locations: readonly Location[];
  readonly colocations: readonly Colocation[];
  readonly orders: readonly Order[];
  readonly tickets: readonly TicketRule[];
  /**
   * By resource: indices into `colocations` where it is the dependent / the primary, in the order in which they are applied.
   * As configured: those of a group are the group's, not its members'. Those inside groups and with containers are included.
   */
  readonly colocationsOf: readonly (readonly number[])[];
  readonly colocationsWith: readonly (readonly number[])[];
  readonly notes: readonly string[];
}

/** In document order; they are applied from the last to the first, which matters only where sums reach infinity. */
export interface Location {
  /** Of the constraint, or of its rule. */
  readonly id: string;
  readonly resource: ResourceIndex;
  /** Null: any role; `promoted` counts when roles are dealt out; others never (no resource has that as its next role yet). */
  readonly role: Role | null;
  readonly discovery: 'always' | 'never' | 'exclusive';
  readonly nodes: readonly { readonly node: NodeIndex; readonly score: number }[];
}

/** One at or below minus infinity also orders: the one leaves before the other comes (by role, both ways). */
export interface Colocation {
  /** Of the constraint, or of the set inside which it is; `group:internal_colocation` and the like for implicit ones. */
  readonly id: string;
  /** Node attribute that must have the same value; null: the node itself. */
  readonly attribute: string | null;
  readonly dependent: ResourceIndex;
  readonly dependentRole: Role | null;
  readonly primary: ResourceIndex;
  readonly primaryRole: Role | null;
  readonly score: number;
  /** The dependent's wishes count for the primary's place. */
  readonly influence: boolean;
}

/** Of two resources in this order; also those that groups and promotable clones bring along are made by the pass «order». */
export interface Order {
  readonly id: string;
  readonly first: ResourceIndex;
  readonly firstAction: OrderedAction;
  readonly second: ResourceIndex;
  readonly secondAction: OrderedAction;
  /** An optional one whose second has `restart-type=restart` in its meta attributes also implies (old inputs). */
  readonly kind: 'mandatory' | 'optional' | 'serialize';
  /** `inverse` is the reversed order for stops made of a symmetrical one. */
  readonly symmetry: 'symmetric' | 'asymmetric' | 'inverse';
  /**
   * The second needs the first to be possible: of mandatory symmetric orders whose deciding action is start or promote, and of
   * all that pass a gate. Between sets the deciding action is that of the second set, otherwise that of the first.
   */
  readonly needsFirst: boolean;
  /** Null: all is said above. */
  readonly gate: Gate | null;
}

/** Not all of those that come first are needed: `required` of all `first`s that lead to the same gate are enough. */
export interface Gate {
  /** `one-or-more:SET` (require-all=false) or `clone-one-or-more:ORDER` (clone-min; the firsts are its instances). */
  readonly name: string;
  readonly required: number;
}

export type OrderedAction = 'start' | 'stop' | 'promote' | 'demote';

export interface TicketRule {
  readonly id: string;
  readonly resource: ResourceIndex;
  readonly ticket: string;
  readonly role: Role | null;
  readonly lossPolicy: 'stop' | 'demote' | 'fence' | 'freeze';
}

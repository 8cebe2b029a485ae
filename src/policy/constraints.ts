/** Constraints, resolved: tags, templates, patterns and sets are worked out, rules evaluated, ids are indices. Made by `constrain`. */
import type { NodeIndex, ResourceIndex } from './situation.ts';
import type { Role } from './values.ts';

export interface Constraints {
  readonly locations: readonly Location[];
  readonly colocations: readonly Colocation[];
  readonly orders: readonly Order[];
  readonly tickets: readonly TicketRule[];
  /** By resource: indices into `colocations` where it is the dependent / the primary, in the order in which they are applied. */
  readonly colocationsOf: readonly (readonly number[])[];
  readonly colocationsWith: readonly (readonly number[])[];
  readonly notes: readonly string[];
}

export interface Location {
  readonly id: string;
  readonly resource: ResourceIndex;
  /** Null: any role. */
  readonly role: Role | null;
  readonly discovery: 'always' | 'never' | 'exclusive';
  readonly nodes: readonly { readonly node: NodeIndex; readonly score: number }[];
}

export interface Colocation {
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
  readonly kind: 'mandatory' | 'optional' | 'serialize';
  /** `inverse` is the reversed order for stops made of a symmetrical one. */
  readonly symmetry: 'symmetric' | 'asymmetric' | 'inverse';
  /** `anyOf`: one of those that lead to the same `gate` is enough (require-all=false, clone-min). */
  readonly requireAll: boolean;
  /** Ids of sets that this order passes through; null: none. */
  readonly gate: string | null;
}

export type OrderedAction = 'start' | 'stop' | 'promote' | 'demote';

export interface TicketRule {
  readonly id: string;
  readonly resource: ResourceIndex;
  readonly ticket: string;
  readonly role: Role | null;
  readonly lossPolicy: 'stop' | 'demote' | 'fence' | 'freeze';
}

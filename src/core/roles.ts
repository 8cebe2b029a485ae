/**
 * Roles of the copies of a promotable service, and what its agents are told about each other (the OCF API's `notify`).
 * Which record means what, and what is ordered when: docs/internals/roles.md.
 */
import type { NodeId } from './model.ts';

/** unknown: it may be promoted. A copy of a service without roles is unpromoted. */
export type Role = 'promoted' | 'unpromoted' | 'unknown';

/**
 * What the other copies of a service are about to do, or have done. With one copy a node, the names of nodes say all.
 * The lists are those of the moment at which the operations are planned: before them, also in a `post` notice.
 */
export interface Notice {
  readonly type: 'pre' | 'post';
  readonly operation: 'start' | 'stop' | 'promote' | 'demote';
  /** Copies that are about to be started, or were; and so on. */
  readonly start: readonly NodeId[];
  readonly stop: readonly NodeId[];
  readonly promote: readonly NodeId[];
  readonly demote: readonly NodeId[];
  /** Copies that run, promoted ones among them. */
  readonly active: readonly NodeId[];
  readonly promoted: readonly NodeId[];
  readonly unpromoted: readonly NodeId[];
  /** Nodes that may run a copy, and run none. */
  readonly inactive: readonly NodeId[];
  /** Members of the cluster that could run a copy. */
  readonly available: readonly NodeId[];
}

/** What is unknown is never believed to be unpromoted. */
export const mayBePromoted = (copy: { readonly state: string; readonly role: Role }): boolean =>
  copy.state !== 'stopped' && copy.role !== 'unpromoted';

export const isSameNotice = (a: Notice | null, b: Notice): boolean =>
  a !== null &&
  a.type === b.type &&
  a.operation === b.operation &&
  lists.every((key) => a[key].length === b[key].length && a[key].every((node, i) => node === b[key][i]));

const lists = [
  'start',
  'stop',
  'promote',
  'demote',
  'active',
  'promoted',
  'unpromoted',
  'inactive',
  'available',
] as const;

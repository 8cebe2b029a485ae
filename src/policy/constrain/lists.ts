/** The order in which a resource's colocations are applied. */
import type { Colocation } from '../constraints.ts';
import type { Resource, ResourceIndex, Situation } from '../situation.ts';

/** What the list is about decides whom its entries are sorted by: the primaries of a dependent, or the dependents of a primary. */
export type Side = 'primary' | 'dependent';

/**
 * Adds to a sorted list (of indices into `colocations`), before the first that does not have to come before it: of two equal
 * ones, the later made is applied first.
 */
export function insert(
  list: number[],
  colocation: number,
  by: Side,
  colocations: readonly Colocation[],
  { resources }: Situation,
): void {
  const otherOf = (index: number): Resource => resources[colocations[index]![by] satisfies ResourceIndex]!;
  const other = otherOf(colocation);
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compare(other, otherOf(list[middle]!)) <= 0) to = middle;
    else from = middle + 1;
  }
  list.splice(from, 0, colocation);
}

const variants: readonly Resource['kind'][] = ['primitive', 'group', 'clone', 'bundle'];

/** Higher priority first; then the larger kind; then promotable clones; then by id, byte for byte. */
function compare(a: Resource, b: Resource): number {
  if (a.meta.priority !== b.meta.priority) return b.meta.priority - a.meta.priority;
  if (a.kind !== b.kind) return variants.indexOf(b.kind) - variants.indexOf(a.kind);
  if (a.kind === 'clone' && a.meta.promotable !== b.meta.promotable) return a.meta.promotable ? -1 : 1;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

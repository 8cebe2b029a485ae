/**
 * The pass that resolves constraints: ids, tags, templates, patterns and sets become pairs of indices, rules become scores on
 * nodes, and what groups and containers imply is added. Nothing is placed here.
 */
import type { Colocation, Constraints } from '../constraints.ts';
import type { Resource, ResourceIndex, Situation } from '../situation.ts';
import { colocationsOf } from './colocations.ts';
import { implicitColocations } from './implicit.ts';
import { locationsOf } from './locations.ts';
import { namesOf } from './names.ts';
import { ordersOf } from './orders.ts';
import { ticketsOf } from './tickets.ts';

export function constrain(situation: Situation): Constraints {
  const names = namesOf(situation);
  const notes: string[] = [];
  const locations = locationsOf(situation, names, notes);
  const configured = colocationsOf(situation, names, notes);
  const orders = ordersOf(situation, names, notes);
  const tickets = ticketsOf(situation, names, notes);
  const colocations = [...configured, ...implicitColocations(situation)];
  return { locations, colocations, orders, tickets, ...listsOf(situation, colocations), notes };
}

function listsOf(
  situation: Situation,
  colocations: readonly Colocation[],
): Pick<Constraints, 'colocationsOf' | 'colocationsWith'> {
  const of: number[][] = situation.resources.map(() => []);
  const others: number[][] = situation.resources.map(() => []);
  const primaryOf = (colocation: number): ResourceIndex => colocations[colocation]!.primary;
  const dependentOf = (colocation: number): ResourceIndex => colocations[colocation]!.dependent;
  for (const [i, { dependent, primary }] of colocations.entries()) {
    insert(i, of[dependent]!, primaryOf, situation);
    insert(i, others[primary]!, dependentOf, situation);
  }
  return { colocationsOf: of, colocationsWith: others };
}

/** Before the first that does not have to come before it: of two equal ones, the later made is applied first. */
function insert(
  colocation: number,
  list: number[],
  otherOf: (colocation: number) => ResourceIndex,
  situation: Situation,
): void {
  const resource = situation.resources[otherOf(colocation)]!;
  const at = list.findIndex((known) => compare(resource, situation.resources[otherOf(known)]!) <= 0);
  list.splice(at === -1 ? list.length : at, 0, colocation);
}

const variants: readonly Resource['kind'][] = ['primitive', 'group', 'clone', 'bundle'];

/** Higher priority first; then the larger kind; then promotable clones; then by id, byte for byte. */
function compare(a: Resource, b: Resource): number {
  if (a.meta.priority !== b.meta.priority) return b.meta.priority - a.meta.priority;
  if (a.kind !== b.kind) return variants.indexOf(b.kind) - variants.indexOf(a.kind);
  if (a.kind === 'clone' && a.meta.promotable !== b.meta.promotable) return a.meta.promotable ? -1 : 1;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

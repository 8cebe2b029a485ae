/**
 * The pass that resolves constraints: ids, tags, templates, patterns and sets become pairs of indices, rules become scores on
 * nodes, and what groups and containers imply is added. Nothing is placed here.
 */
import type { Colocation, Constraints } from '../constraints.ts';
import type { Situation } from '../situation.ts';
import { colocationsOf } from './colocations.ts';
import { implicitColocations } from './implicit.ts';
import { insert } from './lists.ts';
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
  for (const [i, { dependent, primary }] of colocations.entries()) {
    insert(of[dependent]!, i, 'primary', colocations, situation);
    insert(others[primary]!, i, 'dependent', colocations, situation);
  }
  return { colocationsOf: of, colocationsWith: others };
}

/**
 * What belongs to more than one resource: the steps of groups, clones and bundles, notifications, the order that constraints ask
 * for, and what all of it implies. The actions that are given are changed and returned: nobody else holds them.
 */
import type { Actions, Ordering } from '../actions.ts';
import type { Constraints } from '../constraints.ts';
import type { Placement } from '../placement.ts';
import type { PolicyPlan } from '../plan.ts';
import type { Situation } from '../situation.ts';
import { applyOrderings } from './apply.ts';
import { collectAll } from './collect.ts';
import { flow } from './flow.ts';
import { graphOf } from './graph.ts';
import { orderInside } from './inner.ts';
import { dropInvalid } from './invalid.ts';
import type { Net } from './net.ts';
import { notifyAfterFencings, notifyAll } from './notify.ts';
import { orderAfterProbes } from './probes.ts';
import { migratingToo, orderAsWished } from './wishes.ts';

/** What the pass «act» returns. */
export interface ActedOn {
  readonly actions: Actions;
  readonly orderings: readonly Ordering[];
}

export function order(situation: Situation, constraints: Constraints, placement: Placement, acted: ActedOn): Actions {
  const thought: Net = { situation, constraints, placement, actions: acted.actions, orderings: [] };
  const announcements = collectAll(thought);
  notifyAfterFencings(thought);
  orderAsWished(thought);
  orderInside(thought);
  thought.orderings.push(...acted.orderings);
  const net: Net = {
    ...thought,
    orderings: thought.orderings.flatMap((ordering) => [ordering, ...migratingToo(thought, ordering)]),
  };
  applyOrderings(net);
  orderAfterProbes(net);
  flow(net);
  dropInvalid(net);
  notifyAll(net, announcements);
  return net.actions;
}

/** The plan as far as it consists of actions; `constraints` do not matter any more. */
export function orderedActions(
  situation: Situation,
  placement: Placement,
  actions: Actions,
): Pick<PolicyPlan, 'actions' | 'blocked'> {
  return graphOf({ situation, placement, actions });
}

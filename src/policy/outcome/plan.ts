import type { Actions } from '../actions.ts';
import { orderedActions } from '../order/index.ts';
import type { Placement } from '../placement.ts';
import type { PolicyPlan } from '../plan.ts';
import type { Situation } from '../situation.ts';
import { changesOf } from './changes.ts';

/** All that is to be done and what it changes; `actions` is what the pass «order» returned. */
export function planOf(situation: Situation, placement: Placement, actions: Actions): PolicyPlan {
  return {
    ...orderedActions(situation, placement, actions),
    changes: changesOf(situation, placement, actions),
  };
}

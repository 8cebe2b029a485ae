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
    changes: changesOf(situation, withoutUnplaced(placement, actions), actions),
  };
}

/** What turned out to have no place after all changes nothing. */
function withoutUnplaced(placement: Placement, { unplaced }: Actions): Placement {
  if (unplaced.size === 0) return placement;
  return {
    ...placement,
    nodeOf: placement.nodeOf.map((node, resource) => (unplaced.has(resource) ? -1 : node)),
    roleOf: placement.roleOf.map((role, resource) => (unplaced.has(resource) ? 'stopped' : role)),
  };
}

/**
 * The policy engine: what should run where, what has to be done for it, in which order and why, by the rules that the field
 * knows from Pacemaker. Pure passes, one after another, each of which returns something new.
 */
import { act } from './act/index.ts';
import { constrain } from './constrain/index.ts';
import type { Constraints } from './constraints.ts';
import type { Input } from './input.ts';
import { order } from './order/index.ts';
import { planOf } from './outcome/index.ts';
import { place } from './place/index.ts';
import type { Placement } from './placement.ts';
import type { PolicyPlan } from './plan.ts';
import { situate } from './situate/index.ts';
import type { Situation } from './situation.ts';

export interface Decision {
  readonly situation: Situation;
  readonly constraints: Constraints;
  readonly placement: Placement;
  readonly plan: PolicyPlan;
}

export interface Wishes {
  /** Also what each score is made of, for people who ask why. */
  readonly terms: boolean;
}

export function decide(input: Input, wishes: Wishes = { terms: false }): Decision {
  const situation = situate(input);
  return decideWith(situation, constrain(situation), wishes);
}

/** For those who know more constraints than the input says. */
export function decideWith(situation: Situation, constraints: Constraints, { terms }: Wishes): Decision {
  const placement = place(situation, constraints, terms);
  const actions = order(situation, constraints, placement, act(situation, constraints, placement));
  return { situation, constraints, placement, plan: planOf(situation, placement, actions) };
}

/**
 * The scheduler: from the cluster file and what its members report to where everything should run, and to the actions
 * that bring it there, with a reason for each decision and each refusal.
 *
 * It is pure and level-triggered: made anew after every change, it remembers nothing but what `held` says. Actions whose
 * `after` is empty can be ordered at once; what is under way shows as a state in the records and is not planned again;
 * once all is carried out the next plan is empty.
 *
 * Invariants:
 * - a service that is no clone is started only when every other member has stopped it, except in a planned move of one
 *   that may overlap; and only when no lost node can run it (takeover.ts);
 * - no copy is promoted while too many others may be, on members (roles.ts) or on lost nodes (takeover.ts);
 * - what is needed starts before and stops after what needs it;
 * - nothing that works is stopped before its successor can start, unless it is to end.
 *
 * The passes, each from values to a new value:
 * graph → seen → aftermath → held → maintenance → place (wanted, moves, score; the policy engine; answer, reason, ruled, steps, roles) →
 * takeover → change (roles) → settle → follow → order (drain). With guests in the file, all of it is made anew until nothing more follows.
 *
 * It is called only in a view of a majority. It does not decide when an action is tried again, nor how long one may take.
 */

import { must } from '../../lib/assert.ts';
import { datesChangeS, inForce, secondsOf } from '../ask/index.ts';
import { guestsOf } from '../guests.ts';
import { guardsPromotion, isGuarded, type NodeId, type ServiceId } from '../model.ts';
import { type Aftermath, aftermathOf, withStandby } from './aftermath.ts';
import { type Change, changeOf, type Hindrance, type IsLeft } from './change.ts';
import { follow } from './follow.ts';
import { type Graph, graphOf } from './graph.ts';
import {
  type Ends,
  endedGuests,
  guestBlock,
  guestPlaces,
  isOver,
  machineBlock,
  moreEnds,
  nothingEnds,
  withEnds,
} from './guests.ts';
import { nothingHeld, remember } from './held.ts';
import { frozenOf, withoutFrozen } from './maintenance.ts';
import { mayCome } from './migrate.ts';
import { withNotices } from './notify.ts';
import { order } from './order.ts';
import { place } from './place.ts';
import type { Plan, ScheduleInput } from './plan.ts';
import { mayBe } from './roles.ts';
import { roomWait } from './room.ts';
import { type CopiesBy, firstsOf, leftWait, ruledWait } from './ruled.ts';
import { blockedBy, lastFailureOf } from './score.ts';
import { type Seen, seenOf } from './seen.ts';
import { type SettledServices, settle } from './settle.ts';
import { noSteps } from './steps.ts';
import { assertNoSecondOwner, promotionWaits, takeoverWaits, type Wait } from './takeover.ts';

export { nothingHeld, remember, withGiven } from './held.ts';
export type {
  GuestsHeard,
  Held,
  HeldService,
  NodeScore,
  Placement,
  Plan,
  PlannedAction,
  ScheduleInput,
} from './plan.ts';
export { explain } from './plan.ts';
export { leaseTakeoverAt, leaseTakeoverMs, watchdogTakeoverMs } from './takeover.ts';

export function schedule(given: ScheduleInput): Plan {
  const asked = { ...given, cluster: inForce(given.cluster, secondsOf(given.dateMs)) };
  const graph = graphOf(asked.cluster);
  const seen = seenOf(graph, asked);
  const aftermath = aftermathOf(graph, seen);
  if (guestsOf(graph.cluster).length === 0) return planFor(graph, asked, seen, aftermath, nothingEnds).plan;
  return scheduleWithGuests(graph, asked, seen, aftermath);
}

/** What happens to machines decides what happens on guests, and the other way round. */
function scheduleWithGuests(graph: Graph, given: ScheduleInput, seen: Seen, aftermath: Aftermath): Plan {
  const held = given.held ?? remember(nothingHeld, given.cluster, given.records);
  const input = { ...given, guestPlaces: guestPlaces(graph, given) };
  for (let ends = nothingEnds; ; ) {
    const { plan, settled } = planFor(graph, input, seen, withEnds(graph, input, aftermath, ends), ends);
    const more = moreEnds(graph, input, settled, plan, ends);
    if (more !== ends) {
      ends = more;
      continue;
    }
    const ended = endedGuests(graph, input, held);
    return ended.length === 0 ? plan : { ...plan, ended };
  }
}

interface Planned {
  readonly plan: Plan;
  readonly settled: SettledServices;
}

function planFor(graph: Graph, asked: ScheduleInput, seen: Seen, aftermath: Aftermath, ends: Ends): Planned {
  const input = withStandby(asked, aftermath);
  const held = input.held ?? remember(nothingHeld, input.cluster, input.records);
  const frozen = frozenOf(graph, input, seen);
  const { placements, steps, ruled } = place(graph, input, seen, aftermath, held, frozen);
  const waits = takeoverWaits(graph, input, held);
  const promotions = promotionWaits(graph, input, held);
  const copiesBy: CopiesBy = (id) => seen.services.get(id)?.copies ?? [];
  const isLeft: IsLeft = (service, node) => frozen.has(service) || Object.hasOwn(input.admin.maintenance.nodes, node);
  const hindrance: Hindrance = {
    waits,
    promotions,
    ruled: (verb, service, node) =>
      machineBlock(graph, input, held, verb, service) ??
      guestBlock(graph, input, copiesBy, verb, service, node) ??
      ruledWait(ruled, copiesBy, { verb, service, node }) ??
      leftWait(ruled, copiesBy, isLeft, { verb, service, node }) ??
      roomWait(graph, placements, copiesBy, { verb, service, node }),
    firsts: (service) => firstsOf(ruled, service),
    isLeft,
    isOver: (service, node) => isOver(graph, ends, service, node),
  };
  const changes = new Map<ServiceId, Change>();
  for (const service of input.cluster.services) {
    const { copies } = must(seen.services.get(service.id), `seen state of ${service.id}`);
    const placement = must(placements.get(service.id), `placement of ${service.id}`);
    const change = changeOf(service, copies, placement, steps.get(service.id) ?? noSteps, hindrance);
    changes.set(service.id, withoutFrozen(change, frozen, input));
  }
  const followed = follow(changes, ruled, steps, hindrance, (each) => settle(graph, each, hindrance));
  const ordered = order(graph, followed.settled, seen, input, { ruled: followed.ruled, isLeft, ends });
  const actions = withNotices(graph, seen, ordered, isLeft, input.admin.off);
  assertNoSecondOwner(graph, input, held, actions);
  const plan = {
    placements: [...placements.values()],
    actions,
    fence: fenceOf(graph, followed.changes, seen, aftermath, hindrance),
    againAtMs: firstOf(againAt(followed.changes, hindrance), datesChangeAt(input)),
  };
  return { plan, settled: followed.settled };
}

/** The first of the waits that something waits for. */
const againAt = (changes: ReadonlyMap<ServiceId, Change>, hindrance: Hindrance): number | null =>
  firstOf(...waitsOf(changes, hindrance).map(([, , { untilMs }]) => untilMs));

function datesChangeAt({ cluster, nowMs, dateMs }: ScheduleInput): number | null {
  const changesS = dateMs === undefined ? null : datesChangeS(cluster, secondsOf(dateMs));
  return changesS === null || dateMs === undefined ? null : nowMs + changesS * 1000 - dateMs;
}

function firstOf(...instants: readonly (number | null)[]): number | null {
  const known = instants.filter((each) => each !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** Of what there is something to wait with. */
function waitsOf(
  changes: ReadonlyMap<ServiceId, Change>,
  { waits, promotions }: Hindrance,
): readonly (readonly [ServiceId, 'start' | 'promote', Wait])[] {
  const has = (id: ServiceId, steps: 'starts' | 'promotes'): boolean => {
    const change = changes.get(id);
    // What a migration has brought waits for nobody.
    if (change === undefined || change.passage?.isBegun === true) return false;
    return change[steps].length > 0 || (steps === 'starts' && change.copies.some(mayCome));
  };
  return [
    ...[...waits].filter(([id]) => has(id, 'starts')).map(([id, wait]) => [id, 'start', wait] as const),
    ...[...promotions].filter(([id]) => has(id, 'promotes')).map(([id, wait]) => [id, 'promote', wait] as const),
  ];
}

/**
 * Lost nodes that what is to start waits for; members on which a stop failed of what must not run twice, unless the file says what
 * else is to follow; and those for which it says that they are fenced.
 */
function fenceOf(
  graph: Graph,
  changes: ReadonlyMap<ServiceId, Change>,
  seen: Seen,
  aftermath: Aftermath,
  hindrance: Hindrance,
): Plan['fence'] {
  const fence = new Map<NodeId, string>();
  for (const [id, verb, { fence: nodes, because }] of waitsOf(changes, hindrance)) {
    for (const node of nodes) if (!fence.has(node)) fence.set(node, `to ${verb} ${id} elsewhere: ${because}`);
  }
  for (const service of graph.cluster.services) {
    if (!isGuarded(service) && !guardsPromotion(service)) continue;
    for (const copy of seen.services.get(service.id)?.copies ?? []) {
      const { node, state, record } = copy;
      const isFenced = state === 'blocked' && blockedBy(record) === 'stop' && service.onFail.stop === undefined;
      if (isFenced && (isGuarded(service) || mayBe(copy)) && !fence.has(node))
        fence.set(node, `${service.id} could not be stopped on ${node}: ${lastFailureOf(record)}`);
    }
  }
  for (const [node, because] of aftermath.fence) if (!fence.has(node)) fence.set(node, because);
  return [...fence].map(([node, because]) => ({ node, because }));
}

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
 * - what is needed starts before and stops after what needs it;
 * - nothing that works is stopped before its successor can start, unless it is to end.
 *
 * The passes, each from values to a new value:
 * graph → seen → held → maintenance → place (wanted, moves, score, dependents) → takeover → change → settle → order (drain).
 *
 * It is called only in a view of a majority. It does not decide when an action is tried again, nor how long one may take.
 */

import { must } from '../../lib/assert.ts';
import { isGuarded, type NodeId, type ServiceId } from '../model.ts';
import { type Change, changeOf } from './change.ts';
import { type Graph, graphOf } from './graph.ts';
import { nothingHeld, remember } from './held.ts';
import { type Frozen, frozenOf, withoutFrozen } from './maintenance.ts';
import { order } from './order.ts';
import { place } from './place.ts';
import type { Plan, PlannedAction, ScheduleInput } from './plan.ts';
import { lastFailureOf } from './score.ts';
import { type Seen, seenOf } from './seen.ts';
import { settle } from './settle.ts';
import { assertNoSecondOwner, takeoverWaits, type Waits } from './takeover.ts';

export { nothingHeld, remember } from './held.ts';
export type { Held, HeldService, NodeScore, Placement, Plan, PlannedAction, ScheduleInput } from './plan.ts';
export { explain } from './plan.ts';
export { leaseTakeoverAt, leaseTakeoverMs, watchdogTakeoverMs } from './takeover.ts';

export function schedule(input: ScheduleInput): Plan {
  const graph = graphOf(input.cluster);
  const seen = seenOf(graph, input);
  const held = input.held ?? remember(nothingHeld, input.cluster, input.records);
  const frozen = frozenOf(graph, input, seen);
  const placements = place(graph, input, seen, held, frozen);
  const waits = takeoverWaits(graph, input, held);
  const changes = new Map<ServiceId, Change>();
  for (const service of input.cluster.services) {
    const { copies } = must(seen.services.get(service.id), `seen state of ${service.id}`);
    const placement = must(placements.get(service.id), `placement of ${service.id}`);
    const change = changeOf(service, copies, placement, waits);
    changes.set(service.id, withoutFrozen(change, frozen, input));
  }
  const settled = settle(
    graph,
    changes,
    waits,
    (service, node) => frozen.has(service) || Object.hasOwn(input.admin.maintenance.nodes, node),
  );
  const actions = order(graph, settled, seen, input.admin).map((action) => leftAlone(action, frozen));
  assertNoSecondOwner(graph, input, held, actions);
  return {
    placements: [...placements.values()],
    actions,
    fence: fenceOf(graph, changes, seen, waits),
    againAtMs: againAt(changes, waits),
  };
}

/** The first of the waits that something waits for. */
function againAt(changes: ReadonlyMap<ServiceId, Change>, waits: Waits): number | null {
  let firstMs: number | null = null;
  for (const [id, { untilMs }] of waits) {
    if (untilMs === null || changes.get(id)?.starts.length === 0) continue;
    firstMs = firstMs === null ? untilMs : Math.min(firstMs, untilMs);
  }
  return firstMs;
}

/** Settling may want to stop what is in maintenance, for the sake of something that it needs: that waits. */
function leftAlone(action: PlannedAction, frozen: Frozen): PlannedAction {
  const why = frozen.get(action.service);
  return why === undefined ? action : { ...action, blocked: why };
}

/** Lost nodes that what is to start waits for, and members on which a stop failed of what must not run twice. */
function fenceOf(graph: Graph, changes: ReadonlyMap<ServiceId, Change>, seen: Seen, waits: Waits): Plan['fence'] {
  const fence = new Map<NodeId, string>();
  for (const [id, { fence: nodes, because }] of waits) {
    if ((changes.get(id)?.starts.length ?? 0) === 0) continue;
    for (const node of nodes) if (!fence.has(node)) fence.set(node, `to start ${id} elsewhere: ${because}`);
  }
  for (const service of graph.cluster.services) {
    if (!isGuarded(service)) continue;
    for (const { node, state, record } of seen.services.get(service.id)?.copies ?? [])
      if (state === 'blocked' && !fence.has(node))
        fence.set(node, `${service.id} could not be stopped on ${node}: ${lastFailureOf(record)}`);
  }
  return [...fence].map(([node, because]) => ({ node, because }));
}

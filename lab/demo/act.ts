/** Carries out one fault: inject, wait until the cluster has dealt with it, read the probe's record of that time. */
import type { ClusterStatus, EventLine } from '../../src/api/status.ts';
import type { NodeId } from '../../src/core/model.ts';
import { monotonicMs, sleep } from '../clock.ts';
import type { Outcome } from '../probe/window.ts';
import type { Aim, Fault } from './faults.ts';
import { nodesOf, type Stage } from './stage.ts';

export interface Row {
  readonly fault: string;
  readonly requests: number;
  readonly failed: number;
  readonly outageMs: number;
  readonly takenOverBy: string;
  readonly why: string;
  /** What went wrong; null: the cluster dealt with the fault, and the service answers. */
  readonly problem: string | null;
  readonly settledMs: number;
  readonly outcome: Outcome;
}

const settleTimeoutMs = 30_000;
/** Requests from this long before the fault belong to it: those that it finds under way. */
const leadMs = 250;

/** Null: the cluster does not answer, so that nothing can be aimed at. */
export async function act(
  stage: Stage,
  aim: Aim,
  last: NodeId | null,
  announce: (name: string) => void = () => {},
): Promise<{ row: Row; target: NodeId } | null> {
  const status = await stage.observer.until((now) => nodesOf(now, stage.address).length > 0, settleTimeoutMs);
  const active = status === null ? undefined : nodesOf(status, stage.address)[0];
  if (status === null || active === undefined) return null;
  const fault = aim(stage, { status, active, last: last ?? active });
  announce(fault.name);
  await sleep(leadMs);
  const began = { atMs: monotonicMs(), date: new Date() };
  const injected = await fault.inject();
  const after = injected.ok ? await settle(stage, fault, began.date) : null;
  const settledMs = monotonicMs() - began.atMs;
  const outcome = await stage.recorder.window(began.atMs - leadMs, monotonicMs());
  const events = await stage.observer.events(began.date);
  const evidence = await fault.evidence?.();
  await fault.cleanUp?.();
  const problem = injected.ok ? problemOf(after, outcome) : injected.failure.message;
  const row = rowOf(fault, outcome, status, after, events);
  const why = evidence === undefined ? row.why : `${row.why}; ${evidence.text}`;
  const broken = evidence?.ok === false ? evidence.text : null;
  return { target: fault.target, row: { ...row, why, problem: problem ?? broken, settledMs } };
}

/** Asks for events only when the status alone would already do, and once more after it has settled. */
async function settle(stage: Stage, fault: Fault, since: Date): Promise<ClusterStatus | null> {
  for (const endMs = monotonicMs() + settleTimeoutMs; monotonicMs() < endMs; await sleep(100)) {
    const [status, events] = await Promise.all([stage.observer.status(), stage.observer.events(since)]);
    if (status !== null && fault.isOver(status, events)) return status;
  }
  return null;
}

function problemOf(after: ClusterStatus | null, outcome: Outcome): string | null {
  if (after === null) return `the cluster had not settled after ${settleTimeoutMs / 1000} s`;
  return outcome.answering ? null : 'the service did not answer in the end';
}

function rowOf(
  fault: Fault,
  outcome: Outcome,
  before: ClusterStatus,
  after: ClusterStatus | null,
  events: readonly EventLine[],
) {
  const places = (status: ClusterStatus): NodeId[] =>
    [...new Set(fault.follows.flatMap((service) => nodesOf(status, service)))].sort();
  const now = after === null ? [] : places(after);
  const gained = now.filter((node) => !places(before).includes(node));
  const takenOverBy = (gained.length > 0 ? gained : now).join(', ');
  const why = reasonOf(fault, events, gained.length > 0 ? gained : now);
  return {
    fault: fault.name,
    requests: outcome.requests,
    failed: outcome.failed,
    outageMs: Math.round(outcome.outageMs),
    takenOverBy,
    why,
    outcome,
  };
}

/** The cluster's own words: the first change of what the fault was aimed at, where it is now; otherwise of the nodes. */
export function reasonOf(
  fault: Pick<Fault, 'follows' | 'target'>,
  events: readonly EventLine[],
  nodes: readonly NodeId[],
): string {
  const places = fault.follows.flatMap((service) => nodes.map((node) => `service ${service.id} on ${node}`));
  const moved = events.find((event) => places.includes(event.what));
  const noticed =
    events.find((event) => event.what === `node ${fault.target}`) ?? events.find((event) => event.what === 'view');
  return (moved ?? noticed ?? events[0])?.because ?? 'nothing had to change';
}

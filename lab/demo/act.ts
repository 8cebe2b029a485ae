/** Carries out one fault: inject, wait until the cluster has dealt with it, read the probe's record of that time. */
import type { ClusterStatus, EventLine } from '../../src/api/status.ts';
import type { NodeId } from '../../src/core/model.ts';
import { monotonicMs, sleep } from '../clock.ts';
import type { Outcome } from '../probe/window.ts';
import type { Aim, Evidence, Fault } from './faults.ts';
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
/** A cluster that has not noticed yet looks settled, too: settled is what stays so for this long. */
const settledForMs = 1000;
/** Requests from this long before the fault belong to it: those that it finds under way. */
const leadMs = 250;

/** Null: the cluster does not answer, so that nothing can be aimed at. */
export async function act(
  stage: Stage,
  aim: Aim,
  last: NodeId | null,
  announce: (name: string) => void = () => {},
): Promise<{ row: Row; target: NodeId } | null> {
  const before = await stage.observer.until((now) => nodesOf(now, stage.address).length > 0, settleTimeoutMs);
  const active = before === null ? undefined : nodesOf(before, stage.address)[0];
  if (before === null || active === undefined) return null;
  const fault = aim(stage, { status: before, active, last: last ?? active });
  announce(fault.name);
  await sleep(leadMs);
  const began = { atMs: monotonicMs(), date: new Date() };
  const injected = await fault.inject();
  const settled = injected.ok ? await settle(stage, fault, began.date) : null;
  const outcome = await stage.recorder.window(began.atMs - leadMs, monotonicMs());
  const events = await stage.observer.events(began.date);
  const evidence = (await fault.evidence?.()) ?? null;
  await fault.cleanUp?.();
  const takers = takersOf(fault, before, settled?.status ?? null);
  const row: Row = {
    fault: fault.name,
    requests: outcome.requests,
    failed: outcome.failed,
    outageMs: Math.round(outcome.outageMs),
    takenOverBy: takers.join(', '),
    why: [reasonOf(fault, events, takers), ...(evidence === null ? [] : [evidence.text])].join('; '),
    problem: injected.ok ? problemOf(settled, outcome, evidence) : injected.failure.message,
    settledMs: (settled?.atMs ?? monotonicMs()) - began.atMs,
    outcome,
  };
  return { row, target: fault.target };
}

interface Settled {
  readonly status: ClusterStatus;
  readonly atMs: number;
}

async function settle(stage: Stage, fault: Fault, since: Date): Promise<Settled | null> {
  let overSinceMs: number | null = null;
  for (const endMs = monotonicMs() + settleTimeoutMs; monotonicMs() < endMs; await sleep(100)) {
    const [status, events] = await Promise.all([stage.observer.status(fault.ask), stage.observer.events(since)]);
    const nowMs = monotonicMs();
    if (status === null || !fault.isOver(status, events)) {
      overSinceMs = null;
      continue;
    }
    overSinceMs ??= nowMs;
    if (nowMs - overSinceMs >= settledForMs) return { status, atMs: overSinceMs };
  }
  return null;
}

function problemOf(settled: Settled | null, outcome: Outcome, evidence: Evidence | null): string | null {
  if (settled === null) return `the cluster had not settled after ${settleTimeoutMs / 1000} s`;
  if (!outcome.answering) return 'the service did not answer in the end';
  return evidence === null || evidence.ok ? null : evidence.text;
}

/** Where the service has come to; where it came to nobody: the node itself if it still runs there, or those who go on. */
function takersOf(fault: Fault, before: ClusterStatus, after: ClusterStatus | null): readonly NodeId[] {
  const places = (status: ClusterStatus): NodeId[] =>
    [...new Set(fault.follows.flatMap((service) => nodesOf(status, service)))].sort();
  const now = after === null ? [] : places(after);
  const gained = now.filter((node) => !places(before).includes(node));
  if (gained.length > 0) return gained;
  return now.includes(fault.target) ? [fault.target] : now;
}

/** The cluster's own words: how it noticed, and why the service that the fault was aimed at is where it is now. */
export function reasonOf(
  fault: Pick<Fault, 'follows' | 'target'>,
  events: readonly EventLine[],
  takers: readonly NodeId[],
): string {
  const places = fault.follows.flatMap((service) => takers.map((node) => `service ${service.id} on ${node}`));
  const noticed = events.find((event) => event.what === 'view' && event.because.includes(fault.target));
  const moved = events.find((event) => places.includes(event.what) && event.to !== 'probing' && event.to !== 'unknown');
  const reasons = new Set([noticed?.because, moved?.because].filter((because) => because !== undefined));
  return reasons.size === 0 ? 'nothing had to change' : [...reasons].join('; ');
}

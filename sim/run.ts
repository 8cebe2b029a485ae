/** One run: a cluster and a plan in, a verdict out. The same plan always gives the same verdict and the same trace. */
import type { Cluster } from '../src/core/model.ts';
import { BrokenInvariant } from '../src/lib/assert.ts';
import { allChecks } from './checks/index.ts';
import { notSettled } from './checks/live.ts';
import type { SimPlan } from './world/faults.ts';
import { Violation, World } from './world/world.ts';

export type Verdict =
  | { readonly ok: true; readonly fingerprint: number; readonly simulatedMs: number }
  | { readonly ok: false; readonly check: string; readonly atMs: number; readonly message: string };

/** `trace`: one line a change of state, of all nodes. */
export function runPlan(
  cluster: Cluster,
  plan: SimPlan,
): { readonly verdict: Verdict; readonly trace: () => readonly string[] } {
  const world = new World(cluster, plan.seed, allChecks(), plan.quirks);
  const trace = (): readonly string[] => world.trace;
  try {
    history(world, plan);
    return { verdict: { ok: true, fingerprint: world.fingerprint(), simulatedMs: world.agenda.nowMs }, trace };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const check = error instanceof Violation ? error.check : error instanceof BrokenInvariant ? 'assert' : 'crash';
    const message = check === 'crash' ? (error.stack ?? error.message) : error.message;
    return { verdict: { ok: false, check, atMs: world.agenda.nowMs, message }, trace };
  }
}

function history(world: World, plan: SimPlan): void {
  world.bootAll();
  for (const fault of plan.faults) world.plan(fault);
  world.run(plan.healAtMs);
  world.heal();
  settle(world);
  // Operators put right what only they can: a service whose stop failed is blocked until somebody looked.
  const [first] = world.hosts.keys();
  for (const service of world.cluster.services)
    world.command(first ?? '', { kind: 'cleanup', service: service.id, node: null });
  settle(world);
  world.atEnd();
}

const lookEveryMs = 500;

/** A fencing that was given up is tried again after a while, and then takes its time: off, status, on. */
const fencingMs = ({ cluster, quirks }: World): number =>
  cluster.fencing.devices.length === 0 ? 0 : 35_000 + 4 * quirks.fenceMs[1];

/** A guest's machine is stopped first, and then started, more than once. */
const guestsMs = ({ cluster }: World): number =>
  cluster.nodes.some(({ guest }) => guest !== undefined) ? 6 * cluster.heartbeat.deadMs + 20_000 : 0;

/**
 * Runs until all has been calm for a while, at most as long as settling may take: agreeing on a view, forgetting failures, every
 * pace. Most seeds are calm much earlier; a patient one runs on, to see whether calm lasts.
 */
function settle(world: World): void {
  const { deadMs } = world.cluster.heartbeat;
  const untilMs = world.agenda.nowMs + deadMs * 6 + 12_000 + fencingMs(world) + guestsMs(world);
  if (world.quirks.patient) return world.run(untilMs - world.agenda.nowMs);
  const calmNeededMs = deadMs * 2 + 1500;
  let calmSinceMs: number | null = null;
  while (world.agenda.nowMs < untilMs) {
    world.run(Math.min(lookEveryMs, untilMs - world.agenda.nowMs));
    if (notSettled(world) !== null) calmSinceMs = null;
    else calmSinceMs ??= world.agenda.nowMs;
    if (calmSinceMs !== null && world.agenda.nowMs - calmSinceMs >= calmNeededMs) return;
  }
}

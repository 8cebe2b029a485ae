/** One run: a world and a plan in, a verdict out. The same plan always gives the same verdict and the same trace. */

import type { Cluster } from '../src/core/model.ts';
import { BrokenInvariant } from '../src/lib/assert.ts';
import { allChecks } from './checks/index.ts';
import { generateCluster, generatePlan } from './generate.ts';
import type { SimPlan } from './world/faults.ts';
import { Violation, World } from './world/world.ts';

/** `trace`: one line a change of state, of all nodes. */
export type Verdict = { readonly trace: readonly string[] } & (
  | { readonly ok: true; readonly traceHash: number; readonly simulatedMs: number }
  | { readonly ok: false; readonly check: string; readonly atMs: number; readonly message: string }
);

export function runSeed(seed: number): Verdict {
  const cluster = generateCluster(seed);
  return runPlan(cluster, generatePlan(seed, cluster));
}

export function runPlan(cluster: Cluster, plan: SimPlan): Verdict {
  const world = new World(cluster, plan.seed, allChecks());
  try {
    world.bootAll();
    for (const fault of plan.faults) world.plan(fault);
    world.run(plan.healAtMs);
    // Operators put right what only they can: a service whose stop failed is blocked until somebody looked.
    world.run(settleMs(cluster));
    for (const service of cluster.services)
      world.command(firstNode(cluster), { kind: 'cleanup', service: service.id, node: null });
    world.run(settleMs(cluster));
    world.atEnd();
    return { ok: true, traceHash: world.traceHash, simulatedMs: world.agenda.nowMs, trace: world.trace };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const check = error instanceof Violation ? error.check : error instanceof BrokenInvariant ? 'assert' : 'crash';
    const message = check === 'crash' ? (error.stack ?? error.message) : error.message;
    return { ok: false, check, atMs: world.agenda.nowMs, message, trace: world.trace };
  }
}

const firstNode = (cluster: Cluster): string => cluster.nodes[0]?.id ?? '';

/** Long enough to agree on a view, to let failures be forgotten and every pace run out. */
const settleMs = (cluster: Cluster): number => cluster.heartbeat.deadMs * 6 + 12_000;

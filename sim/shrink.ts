/**
 * Makes a failing case smaller as long as the same check still fails: fewer faults (halves first), shorter ones, no quirks, fewer
 * services and constraints, fewer nodes; again and again, until nothing more can go.
 */
import type { Cluster } from '../src/core/model.ts';
import { stepsWithoutEach, withoutLocationsOf, withoutNamed } from './constraints.ts';
import { runPlan } from './run.ts';
import { type Fault, noQuirks, type Quirks, type SimPlan } from './world/faults.ts';

export interface Failing {
  readonly cluster: Cluster;
  readonly plan: SimPlan;
}

type Fails = (candidate: Failing) => boolean;

/** So many runs at most: a plan that is nearly the smallest tells as much. */
const runsMax = 3000;

export function shrink(failing: Failing, check: string): Failing {
  let runs = 0;
  const fails: Fails = ({ cluster, plan }) => {
    if (runs++ >= runsMax) return false;
    const { verdict } = runPlan(cluster, plan);
    return !verdict.ok && verdict.check === check;
  };
  const steps = [
    withFewerFaults,
    withShorterFaults,
    withoutQuirks,
    withFewerServices,
    withFewerConstraints,
    withFewerNodes,
  ];
  let least = failing;
  for (let before = ''; before !== JSON.stringify(least); ) {
    before = JSON.stringify(least);
    for (const step of steps) least = step(least, fails);
  }
  return least;
}

const withFaults = ({ cluster, plan }: Failing, faults: readonly Fault[]): Failing => ({
  cluster,
  plan: { ...plan, faults },
});

function withFewerFaults(failing: Failing, fails: Fails): Failing {
  let kept = failing;
  for (let size = Math.ceil(kept.plan.faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < kept.plan.faults.length; ) {
      const { faults } = kept.plan;
      const without = withFaults(kept, [...faults.slice(0, start), ...faults.slice(start + size)]);
      if (fails(without)) kept = without;
      else start += size;
    }
  }
  return kept;
}

function withShorterFaults(failing: Failing, fails: Fails): Failing {
  let kept = failing;
  for (let i = 0; i < kept.plan.faults.length; i++) {
    for (;;) {
      const { faults } = kept.plan;
      const fault = faults[i];
      if (fault === undefined || fault.forMs < 20) break;
      const shorter = withFaults(kept, faults.with(i, { ...fault, forMs: Math.ceil(fault.forMs / 2) }));
      if (!fails(shorter)) break;
      kept = shorter;
    }
  }
  return kept;
}

function withoutQuirks(failing: Failing, fails: Fails): Failing {
  let kept = failing;
  for (const key of Object.keys(noQuirks) as (keyof Quirks)[]) {
    const quirks = { ...kept.plan.quirks, [key]: noQuirks[key] };
    if (JSON.stringify(quirks) === JSON.stringify(kept.plan.quirks)) continue;
    const without = { ...kept, plan: { ...kept.plan, quirks } };
    if (fails(without)) kept = without;
  }
  return kept;
}

function withFewerServices(failing: Failing, fails: Fails): Failing {
  let kept = failing;
  for (const { id } of failing.cluster.services) {
    if (kept.cluster.nodes.some(({ guest }) => guest === id)) continue;
    if (kept.cluster.services.length === 1) break;
    const without = withoutService(kept, id);
    if (fails(without)) kept = without;
  }
  return kept;
}

function withoutService({ cluster, plan }: Failing, id: string): Failing {
  const left = (ids: readonly string[]): string[] => ids.filter((other) => other !== id);
  const rest = (whole: Cluster): Cluster => ({
    ...whole,
    services: whole.services
      .filter((service) => service.id !== id)
      .map((service) => ({ ...service, needs: left(service.needs), with: left(service.with) })),
    rules: withoutNamed(whole.rules, id),
  });
  const faults = plan.faults
    .filter((fault) => !('service' in fault && fault.service === id))
    .filter((fault) => fault.kind !== 'command' || !('service' in fault.command && fault.command.service === id))
    .map((fault) => withCluster(fault, rest));
  return { cluster: rest(cluster), plan: { ...plan, faults } };
}

function withFewerConstraints(failing: Failing, fails: Fails): Failing {
  let kept = failing;
  for (const step of stepsWithoutEach(failing.cluster.rules)) {
    const rest = (whole: Cluster): Cluster => ({ ...whole, rules: step(whole.rules) });
    const faults = kept.plan.faults.map((fault) => withCluster(fault, rest));
    const without = { cluster: rest(kept.cluster), plan: { ...kept.plan, faults } };
    if (fails(without)) kept = without;
  }
  return kept;
}

function withFewerNodes(failing: Failing, fails: Fails): Failing {
  let kept = failing;
  for (const { id } of failing.cluster.nodes) {
    const without = withoutNode(kept, id);
    if (without !== null && fails(without)) kept = without;
  }
  return kept;
}

/** Null: something would have nowhere to run. */
function withoutNode({ cluster, plan }: Failing, id: string): Failing | null {
  if (cluster.nodes.length === 1 || cluster.services.some((service) => service.on.every((node) => node === id)))
    return null;
  const rest = (whole: Cluster): Cluster => ({
    ...whole,
    nodes: whole.nodes.filter((node) => node.id !== id),
    services: whole.services.map((service) => {
      const on = service.on.filter((node) => node !== id);
      return { ...service, on, instances: Math.min(service.instances, on.length) };
    }),
    rules: withoutLocationsOf(whole.rules, id),
  });
  const faults = plan.faults.filter((fault) => !names(fault, id)).map((fault) => withCluster(fault, rest));
  return { cluster: rest(cluster), plan: { ...plan, faults } };
}

function names(fault: Fault, node: string): boolean {
  if ('node' in fault && fault.node === node) return true;
  if ('from' in fault && (fault.from === node || fault.to === node)) return true;
  if (fault.kind === 'siteOff') return fault.nodes.some((each) => each.node === node);
  if (fault.kind === 'confirmOff') return fault.target === node;
  if (fault.kind !== 'command') return false;
  return (
    ('node' in fault.command && fault.command.node === node) || ('to' in fault.command && fault.command.to === node)
  );
}

/** An operator's new cluster file is made smaller as the old one is. */
function withCluster(fault: Fault, rest: (cluster: Cluster) => Cluster): Fault {
  if (fault.kind !== 'command' || fault.command.kind !== 'apply') return fault;
  return { ...fault, command: { ...fault.command, cluster: rest(fault.command.cluster) } };
}

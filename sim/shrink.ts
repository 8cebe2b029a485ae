/** Takes faults out of a failing plan, halves first, as long as the same check still fails; then shortens what is left. */
import type { Cluster } from '../src/core/model.ts';
import { runPlan } from './run.ts';
import type { Fault, SimPlan } from './world/faults.ts';

export function shrink(cluster: Cluster, plan: SimPlan, check: string): SimPlan {
  const fails = (faults: readonly Fault[]): boolean => {
    const verdict = runPlan(cluster, { ...plan, faults });
    return !verdict.ok && verdict.check === check;
  };
  let faults = plan.faults;
  for (let before = -1; before !== faults.length; ) {
    before = faults.length;
    faults = withFewer(faults, fails);
  }
  return { ...plan, faults: shortened(faults, fails) };
}

function withFewer(faults: readonly Fault[], fails: (faults: readonly Fault[]) => boolean): readonly Fault[] {
  let kept = faults;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length; ) {
      const without = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (fails(without)) kept = without;
      else start += size;
    }
  }
  return kept;
}

function shortened(faults: readonly Fault[], fails: (faults: readonly Fault[]) => boolean): readonly Fault[] {
  let kept = faults;
  for (const [i, fault] of faults.entries()) {
    const shorter = kept.map((each, j) => (j === i ? { ...fault, forMs: Math.ceil(fault.forMs / 2) } : each));
    if (fails(shorter)) kept = shorter;
  }
  return kept;
}

/** A whole case from one seed: a cluster and what goes wrong in it. */
import type { Cluster } from '../../src/core/model.ts';
import type { SimPlan } from '../world/faults.ts';
import { generatePlan } from './faults.ts';
import { generateCluster, worldKinds, worldOf } from './worlds.ts';

export interface Case {
  readonly world: string;
  readonly cluster: Cluster;
  readonly plan: SimPlan;
}

/** `world`: the name of a kind; null: whichever the seed says. */
export function generateCase(seed: number, world: string | null): Case {
  const kind = world === null ? worldOf(seed) : worldKinds.find((each) => each.name === world);
  if (kind === undefined) throw new RangeError(`no kind of world is called ${world}`);
  const cluster = generateCluster(seed, kind);
  return { world: kind.name, cluster, plan: generatePlan(seed, cluster) };
}

/**
 * A failing case as a file, to be replayed anywhere: `npm run sim -- --plan FILE`. It holds the whole cluster and every fault, so it
 * replays although the generator has changed since.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, plainTraits } from '../src/core/model.ts';
import type { Case } from './generate/index.ts';
import { type Fault, noQuirks, type SimPlan } from './world/faults.ts';
import { World } from './world/world.ts';

const format = 'sempre-sim-plan';
const version = 1;
const folder = '.sim';

export interface PlanFile extends Case {
  /** The check that failed when it was written; null: none. */
  readonly check: string | null;
}

export type ReadPlan =
  | { readonly ok: true; readonly file: PlanFile }
  | { readonly ok: false; readonly because: string };

/** Returns where it was written. */
export function writePlan(seed: number, file: PlanFile): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${file.world}-${seed}.json`);
  writeFileSync(path, `${JSON.stringify({ format, version, ...file }, null, 1)}\n`);
  return path;
}

export function readPlan(path: string): ReadPlan {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return refuse(`${path} cannot be read: ${(error as Error).message}`);
  }
  return parsePlan(text, path);
}

export function parsePlan(text: string, path: string): ReadPlan {
  let data: Partial<PlanFile> & { readonly format?: unknown; readonly version?: unknown };
  try {
    data = JSON.parse(text) as typeof data;
  } catch (error) {
    return refuse(`${path} is not JSON: ${(error as Error).message}`);
  }
  if (typeof data !== 'object' || data === null || data.format !== format)
    return refuse(`${path} is no plan of the simulator: it lacks "format": "${format}"`);
  if (data.version !== version)
    return refuse(`${path} has version ${JSON.stringify(data.version)}, this simulator reads version ${version}`);
  const { cluster, plan } = data;
  if (!Array.isArray(cluster?.nodes) || !Array.isArray(cluster?.services))
    return refuse(`${path} has no "cluster" with nodes and services`);
  if (!Array.isArray(plan?.faults) || !Number.isFinite(plan?.healAtMs) || !Number.isSafeInteger(plan?.seed))
    return refuse(`${path} has no "plan" with a seed, healAtMs and faults`);
  const whole: SimPlan = { ...plan, quirks: { ...noQuirks, ...plan.quirks }, faults: plan.faults.map(wholeFault) };
  const file: PlanFile = {
    world: data.world ?? 'plan',
    cluster: wholeCluster(cluster),
    plan: whole,
    check: data.check ?? null,
  };
  const wrong = wrongCluster(file) ?? wrongFault(file);
  return wrong === null ? { ok: true, file } : refuse(`${path}: ${wrong}`);
}

/** What services could not say yet when it was written, they do not say. */
const wholeCluster = (cluster: Cluster): Cluster => ({
  ...cluster,
  services: cluster.services.map((service) => ({ ...plainTraits, ...service })),
});

function wholeFault(fault: Fault): Fault {
  if (fault?.kind !== 'command' || fault.command?.kind !== 'apply') return fault;
  const { command } = fault;
  return Array.isArray(command.cluster?.services)
    ? { ...fault, command: { ...command, cluster: wholeCluster(command.cluster) } }
    : fault;
}

const refuse = (because: string): ReadPlan => ({ ok: false, because });

/** Why nothing can be begun with the cluster at all. */
function wrongCluster({ cluster, plan }: PlanFile): string | null {
  try {
    new World(cluster, plan.seed, [], plan.quirks);
    return null;
  } catch (error) {
    return `its cluster cannot be simulated: ${(error as Error).message}`;
  }
}

/** The first fault that cannot begin: a kind that is not known, a node that the cluster does not have. */
function wrongFault({ cluster, plan }: PlanFile): string | null {
  for (const [i, fault] of plan.faults.entries()) {
    const at = `fault ${i + 1} (${fault?.kind})`;
    if (!Number.isFinite(fault?.atMs) || !Number.isFinite(fault.forMs)) return `${at} lacks atMs or forMs`;
    const world = new World(cluster, plan.seed, [], plan.quirks);
    try {
      if (world.begin(fault) === undefined) return `${at} is of a kind that this simulator does not know`;
    } catch (error) {
      return `${at} does not fit the cluster: ${(error as Error).message}`;
    }
  }
  return null;
}

/**
 * What happens when: the faults that every operator asks about, run in the simulator on the very cluster of a file.
 *
 * What is told is the truth of the simulated machines: what ran where, how long it did not, who was switched off. Agents take
 * no time worth mentioning there, and the fence devices of the file answer within a second; they are reached over a network
 * of their own, but for the management board of a machine without power, which says nothing.
 */
import { networkHolds } from '../../src/config/network.ts';
import type { Cluster, Ms, NodeId, ServiceId } from '../../src/core/model.ts';
import { noQuirks } from '../world/faults.ts';
import { World } from '../world/world.ts';
import { rowsFor, type Variant } from './faults.ts';
import { type Outcome, Watcher, worse } from './watch.ts';

export type { Outcome } from './watch.ts';

export interface WhatIf {
  readonly rows: readonly WhatIfRow[];
}

export interface WhatIfRow {
  readonly fault: 'power' | 'link' | 'split' | 'gateway' | 'witness';
  readonly title: string;
  /** What is hit in turn, and what comes of it at the worst. Empty: `none` says why there is nothing to try. */
  readonly cases: readonly WhatIfCase[];
  readonly none: string | null;
}

export interface WhatIfCase {
  readonly what: string;
  readonly outcome: Outcome;
  /** Addresses that are held where only a dead link leads to: they run, and their clients do not reach them. */
  readonly cutOff: readonly ServiceId[];
}

export interface ForeseeOptions {
  /** How long after a fault it is looked at, where nothing settles before. */
  readonly horizonMs: Ms;
  /** Histories for each fault; the worst one is told. */
  readonly seeds: number;
}

/** Null: the cluster does not come up in the simulator, so that nothing can be said. */
export function foresee(cluster: Cluster, options: ForeseeOptions): WhatIf | null {
  const rows: WhatIfRow[] = [];
  for (const { fault, title, variants, none } of rowsFor(cluster)) {
    const cases: WhatIfCase[] = [];
    for (const variant of variants) {
      const outcome = worstOf(cluster, variant, options);
      if (outcome === null) return null;
      cases.push({ what: variant.what, outcome, cutOff: cutOff(cluster, variant, outcome) });
    }
    rows.push({ fault, title, cases, none });
  }
  return { rows };
}

function cutOff(cluster: Cluster, { dead }: Variant, outcome: Outcome): ServiceId[] {
  const link = cluster.nodes.find(({ id }) => id === dead?.node)?.links[dead?.link ?? 0];
  if (dead === null || link === undefined) return [];
  return outcome.services
    .filter(({ after }) => after.length > 0 && after.every((node) => node === dead.node))
    .map(({ service }) => service)
    .filter((service) => {
      const resource = cluster.services.find(({ id }) => id === service)?.resource;
      return resource?.kind === 'address' && networkHolds(link, resource.address);
    });
}

function worstOf(cluster: Cluster, variant: Variant, options: ForeseeOptions): Outcome | null {
  let worst: Outcome | null = null;
  for (let seed = 1; seed <= options.seeds; seed++) {
    const outcome = tryOut(cluster, variant, seed, options.horizonMs);
    if (outcome === null) return null;
    if (worst === null || worse(outcome, worst)) worst = outcome;
  }
  return worst;
}

/** Until all runs and nothing has changed for a while. */
const stepMs = 250;
const bootMsMax = (deadMs: Ms): Ms => 60_000 + 10 * deadMs;

function tryOut(cluster: Cluster, variant: Variant, seed: number, horizonMs: Ms): Outcome | null {
  const watcher = new Watcher(cluster);
  const world = new World(cluster, seed, [watcher.check], noQuirks);
  cutWitnessLinks(world);
  world.bootAll();
  const calmMs = 2 * cluster.heartbeat.deadMs + 1000;
  if (
    !runUntil(
      world,
      bootMsMax(cluster.heartbeat.deadMs),
      () => watcher.allRun(world) && watcher.quietMs(world) > calmMs,
    )
  )
    return null;
  watcher.begin(world);
  for (const fault of variant.faults) world.begin(fault);
  watcher.update(world);
  // Not before the loss was noticed and everybody has had the time to do something about it.
  const earliestMs = world.agenda.nowMs + 2 * calmMs;
  const isOver = (): boolean =>
    world.agenda.nowMs >= earliestMs && watcher.allRun(world) && !isFencing(world) && watcher.quietMs(world) > calmMs;
  runUntil(world, horizonMs, isOver);
  return watcher.outcome(world, variant.hit);
}

function runUntil(world: World, forMs: Ms, isOver: () => boolean): boolean {
  const endMs = world.agenda.nowMs + forMs;
  while (world.agenda.nowMs < endMs) {
    world.run(stepMs);
    if (isOver()) return true;
  }
  return false;
}

const isFencing = (world: World): boolean =>
  [...world.hosts.values()].some((host) => (host.loop?.state.fencing.size ?? 0) > 0);

/** The simulated network joins everybody on every link; a witness may have fewer. */
function cutWitnessLinks(world: World): void {
  const witness = world.cluster.nodes.find((node) => node.witness);
  if (witness === undefined) return;
  for (const link of world.links.filter((each) => each >= witness.links.length))
    for (const { id } of world.cluster.nodes.filter((node) => !node.witness)) cutBothWays(world, id, witness.id, link);
}

function cutBothWays(world: World, a: NodeId, b: NodeId, link: number): void {
  world.begin({ kind: 'cut', from: a, to: b, link, atMs: 0, forMs: 0 });
  world.begin({ kind: 'cut', from: b, to: a, link, atMs: 0, forMs: 0 });
}

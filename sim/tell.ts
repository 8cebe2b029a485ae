/** What is printed of a case: how it failed, or its whole trace. */
import { execFileSync } from 'node:child_process';
import type { Cluster } from '../src/core/model.ts';
import type { Case } from './generate/index.ts';
import { writePlan } from './plan-file.ts';
import { runPlan } from './run.ts';
import { shrink } from './shrink.ts';
import { noQuirks, type Quirks, showFault } from './world/faults.ts';

const traceLines = 40;

/** Runs it; prints all of it when it passes, and why when it fails. Returns the exit code. */
export function tellCase(found: Case, small: boolean): number {
  const { verdict, trace } = runPlan(found.cluster, found.plan);
  if (!verdict.ok) return tellFailure(found, small);
  print([...describe(found), 'trace:', ...trace()]);
  print([`no violation in ${(verdict.simulatedMs / 1000).toFixed(3)} simulated seconds`]);
  return 0;
}

/** The check, the time, the smallest plan, the last lines of its trace, and the command that replays it. */
export function tellFailure(found: Case, small: boolean): number {
  const first = runPlan(found.cluster, found.plan).verdict;
  if (first.ok) {
    print([`seed ${found.plan.seed} did not fail again: the run is not deterministic`]);
    return 1;
  }
  const least: Case = small ? { ...found, ...shrink(found, first.check) } : found;
  const { verdict, trace } = runPlan(least.cluster, least.plan);
  const told = verdict.ok ? first : verdict;
  const path = writePlan(found.plan.seed, { ...least, check: told.check });
  print([
    `check «${told.check}» failed at ${(told.atMs / 1000).toFixed(3)} s: ${told.message}`,
    `world ${found.world}, seed ${found.plan.seed}, commit ${commit()}`,
    ...describe(least),
    `(${least.plan.faults.length} of ${found.plan.faults.length} faults; healed at ${least.plan.healAtMs} ms)`,
    'trace:',
    ...trace().slice(-traceLines),
    `replay: npm run sim -- --plan ${path}`,
  ]);
  return 1;
}

function describe({ cluster, plan }: Case): string[] {
  return [...describeCluster(cluster), ...describeQuirks(plan.quirks), 'faults:', ...plan.faults.map(showFault)];
}

function describeCluster({ heartbeat, quorum, nodes, services }: Cluster): string[] {
  return [
    `heartbeat ${heartbeat.intervalMs}/${heartbeat.deadMs} ms, ${nodes[0]?.links.length} links, quorum ${JSON.stringify(quorum)}`,
    'nodes:',
    ...nodes.map(
      (n) =>
        `  ${n.id} votes ${n.votes}${n.witness ? ' witness' : ''}${n.guest === undefined ? '' : ` in ${n.guest}`} fence ${JSON.stringify(n.fence)} watchdog ${n.watchdog?.timeoutMs ?? 'none'}`,
    ),
    'services:',
    ...services.map(
      (s) =>
        `  ${s.id} ${s.resource.kind} on ${s.on} x${s.instances}${s.clone ? ' clone' : ''} needs [${s.needs}] with [${s.with}] ${s.takeover} stickiness ${s.stickiness}`,
    ),
  ];
}

function describeQuirks(quirks: Quirks): string[] {
  const odd = Object.entries(quirks).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(noQuirks[key as keyof Quirks]),
  );
  return odd.length === 0 ? [] : [`quirks: ${odd.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(', ')}`];
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}

export const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);

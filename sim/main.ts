/**
 * `npm run sim`: seeds through the simulator. A failure prints the check, the time, the shrunk plan, the last lines of the
 * trace and the command that replays it; the exit code is 1.
 */
import { parseArgs } from 'node:util';
import { generateCluster, generatePlan } from './generate.ts';
import { runPlan, runSeed } from './run.ts';
import { shrink } from './shrink.ts';
import { showFault } from './world/faults.ts';

const help = `npm run sim -- [options]
  --seeds N      run N seeds (default 200)
  --from S       beginning with seed S (default 1)
  --seed S       run one seed and print its whole trace
  --shrink       with --seed: find the smallest list of faults that still fails
`;

const repeatEvery = 20;

function main(): number {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      shrink: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  return values.seed !== undefined
    ? one(Number(values.seed), values.shrink)
    : many(Number(values.from), Number(values.seeds));
}

function many(from: number, count: number): number {
  const startedAt = performance.now();
  let simulatedMs = 0;
  for (let seed = from; seed < from + count; seed++) {
    const verdict = runSeed(seed);
    if (!verdict.ok) return tell(seed);
    simulatedMs += verdict.simulatedMs;
    // Now and then the same seed twice: two histories that differ are a bug of the simulator or of the core.
    if (seed % repeatEvery === 0) {
      const again = runSeed(seed);
      if (!again.ok || again.traceHash !== verdict.traceHash) {
        process.stdout.write(`seed ${seed} did not repeat: the run is not deterministic\n`);
        return 1;
      }
    }
    progress(seed - from + 1, count);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const rate = (simulatedMs / 1000 / seconds).toFixed(0);
  process.stdout.write(
    `${count} seeds without a violation in ${seconds.toFixed(1)} s, ${rate} simulated seconds a second\n`,
  );
  return 0;
}

function progress(done: number, count: number): void {
  if (done % 500 === 0 && done < count) process.stderr.write(`${done} of ${count} seeds\n`);
}

function one(seed: number, small: boolean): number {
  const verdict = runSeed(seed);
  if (!verdict.ok) return tell(seed, small);
  const cluster = generateCluster(seed);
  const faults = generatePlan(seed, cluster).faults.map(showFault);
  process.stdout.write(`${['faults:', ...faults, 'trace:', ...verdict.trace].join('\n')}\n`);
  process.stdout.write(`seed ${seed}: no violation in ${verdict.simulatedMs} simulated ms\n`);
  return 0;
}

function tell(seed: number, small = true): number {
  const cluster = generateCluster(seed);
  const plan = generatePlan(seed, cluster);
  const verdict = runPlan(cluster, plan);
  if (verdict.ok) return 0;
  const least = small ? shrink(cluster, plan, verdict.check) : plan;
  const last = runPlan(cluster, least);
  const trace = last.ok ? verdict.trace : last.trace;
  const message = last.ok ? verdict.message : last.message;
  const lines = [
    `seed ${seed}: check «${verdict.check}» failed at ${(verdict.atMs / 1000).toFixed(3)} s: ${message}`,
    `faults (${least.faults.length} of ${plan.faults.length}):`,
    ...least.faults.map(showFault),
    'services:',
    ...cluster.services.map(
      (s) =>
        `  ${s.id} ${s.resource.kind} on ${s.on} x${s.instances}${s.clone ? ' clone' : ''} needs [${s.needs}] with [${s.with}] ${s.takeover} stickiness ${s.stickiness}`,
    ),
    `heartbeat ${cluster.heartbeat.intervalMs}/${cluster.heartbeat.deadMs} ms, ${cluster.nodes.length} nodes, ${cluster.nodes[0]?.links.length} links`,
    'trace:',
    ...trace.slice(-60),
    `replay: npm run sim -- --seed ${seed} --shrink`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 1;
}

// Whoever reads only the first lines has seen enough.
process.stdout.on('error', () => process.exit());
process.exitCode = main();

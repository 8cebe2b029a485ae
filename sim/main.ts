/**
 * `npm run sim`: seeds through the simulator. A failure prints the check, the time, the shrunk plan, the last lines of the
 * trace and the command that replays it; the exit code is 1.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { generateCase } from './generate/index.ts';
import { worldKinds } from './generate/worlds.ts';
import { runRange, type Total } from './jobs.ts';
import { readPlan } from './plan-file.ts';
import { replayRecorded } from './replay/index.ts';
import { print, tellCase, tellFailure } from './tell.ts';

const help = `npm run sim -- [options]
  --seeds N        run N seeds (default 200)
  --from S         beginning with seed S (default 1; with --minutes and --swarm: another one each time)
  --minutes M      as many seeds as fit into M minutes
  --swarm 8h       the same, in hours (h) or minutes (m)
  --world NAME     only this kind of world: ${worldKinds.map((kind) => kind.name).join(', ')}
  --jobs J         on so many cores (default: all of them from 1000 seeds on, else 1)
  --seed S         run one seed and print its whole trace
  --shrink         with --seed: find the smallest case that still fails
  --plan FILE      run a saved case and print its whole trace
  --journal PATH   decide again what a real node decided, from its flight recorder
  --brief          print one line of JSON and nothing else; do not shrink
`;

const options = {
  seeds: { type: 'string', default: '200' },
  from: { type: 'string' },
  minutes: { type: 'string' },
  swarm: { type: 'string' },
  world: { type: 'string' },
  jobs: { type: 'string' },
  seed: { type: 'string' },
  shrink: { type: 'boolean', default: false },
  plan: { type: 'string' },
  journal: { type: 'string' },
  brief: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Seeds from which on it is worth to start threads. */
const manySeeds = 1000;

interface Wish {
  readonly from: number;
  readonly count: number;
  readonly forMs: number;
  readonly world: string | null;
  readonly jobs: number;
  readonly brief: boolean;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const world = values.world ?? null;
  if (world !== null && worldKinds.every((kind) => kind.name !== world))
    throw new RangeError(
      `no kind of world is called ${world}; there are ${worldKinds.map((kind) => kind.name).join(', ')}`,
    );
  if (values.plan !== undefined) return replay(values.plan);
  if (values.journal !== undefined) return replayRecorded(values.journal);
  if (values.seed !== undefined) return tellCase(generateCase(whole('--seed', values.seed), world), values.shrink);
  const forMs = timeOf(values.minutes, values.swarm);
  const isTimed = Number.isFinite(forMs);
  const count = isTimed ? Number.POSITIVE_INFINITY : whole('--seeds', values.seeds);
  const jobs =
    values.jobs === undefined ? (count >= manySeeds ? availableParallelism() : 1) : whole('--jobs', values.jobs);
  // Nights that repeat each other find nothing.
  const from = values.from === undefined ? (isTimed ? Math.floor(Date.now() / 1000) : 1) : whole('--from', values.from);
  return many({ from, count, forMs, world, jobs, brief: values.brief });
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${option} takes a whole number, not «${text}»`);
  return value;
}

function timeOf(minutes: string | undefined, swarm: string | undefined): number {
  if (minutes !== undefined) return whole('--minutes', minutes) * 60_000;
  if (swarm === undefined) return Number.POSITIVE_INFINITY;
  const match = /^(\d+)([hm])$/.exec(swarm);
  if (match === null) throw new RangeError(`--swarm takes a time such as 8h or 30m, not «${swarm}»`);
  return Number(match[1]) * (match[2] === 'h' ? 3_600_000 : 60_000);
}

function replay(path: string): number {
  const read = readPlan(path);
  if (read.ok) return tellCase(read.file, false);
  process.stderr.write(`${read.because}\n`);
  return 2;
}

async function many({ from, count, forMs, world, jobs, brief }: Wish): Promise<number> {
  const startedAt = performance.now();
  if (!brief && !Number.isFinite(count)) process.stdout.write(`from seed ${from} on, on ${jobs} cores\n`);
  const total = await runRange({
    from,
    count,
    world,
    jobs,
    untilMs: startedAt + forMs,
    onProgress: brief ? () => undefined : progress(startedAt, count),
  });
  const seconds = (performance.now() - startedAt) / 1000;
  if (brief) process.stdout.write(`${JSON.stringify({ ...total, seconds })}\n`);
  else tellTotal(total, seconds, jobs);
  if (total.failed === null) return 0;
  return brief ? 1 : tellFailure(generateCase(total.failed.seed, world), true);
}

function tellTotal({ done, simulatedMs, failed }: Total, seconds: number, jobs: number): void {
  const rate = `${(done / seconds).toFixed(1)} seeds and ${(simulatedMs / 1000 / seconds).toFixed(0)} simulated seconds a second`;
  const outcome = failed === null ? 'without a violation' : `before seed ${failed.seed} failed`;
  print([`${done} seeds ${outcome} in ${seconds.toFixed(1)} s on ${jobs} ${jobs === 1 ? 'core' : 'cores'}, ${rate}`]);
}

const progressEveryMs = 10_000;

function progress(startedAt: number, count: number): (done: number) => void {
  let toldAt = startedAt;
  return (done) => {
    const now = performance.now();
    if (now - toldAt < progressEveryMs) return;
    toldAt = now;
    const of = Number.isFinite(count) ? ` of ${count}` : '';
    process.stderr.write(`${done}${of} seeds, ${((done * 1000) / (now - startedAt)).toFixed(1)} a second\n`);
  };
}

// Whoever reads only the first lines has seen enough.
process.stdout.on('error', () => process.exit());
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof RangeError) && !(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

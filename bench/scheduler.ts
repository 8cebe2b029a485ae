/**
 * The scheduler beside `crm_simulate` on the same inputs, in the same minutes of the same machine: the suite where it lies beside
 * the repository, and made-up clusters of growing size.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spreadOf } from '../lab/spread.ts';
import { cibOf, nameOf, states, type Wanted } from './schedulerInput.ts';
import type { Once, Repeated } from './schedulerOnce.ts';
import { findPeer, peerOnce, peerProfile, runProcess } from './schedulerPeer.ts';

const program = join(import.meta.dirname, 'schedulerOnce.ts');
/** Compiled code is kept, as it is for Sempre itself. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/sempre') };

const runOurs = (args: readonly string[]) => runProcess(process.execPath, [program, ...args], limitMs, env);

const suite = join(import.meta.dirname, '../../shared/peers/scheduler/cases');

/** A cluster that takes the peer longer than this is stopped: what is known then is that it is slower. */
const limitMs = 120_000;
const repeats = 20;

const sizes: Readonly<Record<Wanted['shape'], readonly (readonly [nodes: number, resources: number])[]>> = {
  stacks: [
    [4, 50],
    [8, 200],
    [16, 1000],
    [32, 3000],
  ],
  groups: [
    [4, 50],
    [8, 200],
    [16, 1000],
    [32, 3000],
  ],
  free: [
    [4, 50],
    [8, 200],
    [16, 1000],
    [32, 3000],
  ],
  clones: [
    [4, 10],
    [8, 25],
    [16, 60],
    [32, 100],
  ],
};

/** Times in ms, memory in MB. Null: not measured, or stopped at the limit. */
export interface SizeResult {
  readonly wanted: Wanted;
  readonly inputMb: number;
  readonly ours: {
    readonly processMs: number;
    readonly readMs: number;
    readonly decideMs: number;
    /** The same in a process that has done it before: processor time. */
    readonly warmReadMs: number;
    readonly warmDecideMs: number;
    readonly rssMb: number;
  };
  readonly peer: {
    readonly processMs: number | null;
    readonly cpuMs: number;
    readonly insideMs: number | null;
    readonly rssMb: number;
  } | null;
}

export interface SuiteResult {
  readonly ours: Repeated;
  /** Processor time: one validation and one decision of each case; one decision more of each. */
  readonly peer: { readonly firstMs: number; readonly meanMs: number } | null;
}

export interface SchedulerResult {
  readonly peerVersion: string | null;
  readonly suite: SuiteResult | null;
  readonly sizes: readonly SizeResult[];
}

export interface SchedulerOptions {
  readonly runs: number;
  /** Without the largest of each shape. */
  readonly quick: boolean;
  readonly shape: Wanted['shape'] | null;
}

export async function benchScheduler(options: SchedulerOptions, say: (line: string) => void): Promise<SchedulerResult> {
  const peerVersion = findPeer(say);
  if (peerVersion === null)
    say('crm_simulate is not there (apt-get install pacemaker-cli-utils): only Sempre is measured');
  const hasPeer = peerVersion !== null;
  const folder = mkdtempSync(join(tmpdir(), 'bench-scheduler-'));
  try {
    const measured = options.shape === null && existsSync(suite) ? await measureSuite(hasPeer, say) : null;
    const results: SizeResult[] = [];
    for (const wanted of wantedSizes(options))
      results.push(await measureSize(folder, wanted, options.runs, hasPeer, say));
    return { peerVersion, suite: measured, sizes: results };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function wantedSizes({ quick, shape }: SchedulerOptions): Wanted[] {
  return Object.entries(sizes)
    .filter(([each]) => shape === null || each === shape)
    .flatMap(([each, all]) =>
      states.flatMap((state) =>
        (quick ? all.slice(0, -1) : all).map(([nodes, resources]) => ({
          shape: each as Wanted['shape'],
          state,
          nodes,
          resources,
        })),
      ),
    );
}

async function measureSuite(hasPeer: boolean, say: (line: string) => void): Promise<SuiteResult> {
  const run = await runOurs(['--repeat', String(repeats), suite]);
  if (run === null) throw new Error('the suite was not decided in time');
  const ours = JSON.parse(run.output) as Repeated;
  say(
    `suite: ${ours.files} cases, first read ${ms(ours.firstReadMs)}, decided ${ms(ours.firstDecideMs)}; after that ${ms(ours.readMs)} and ${ms(ours.decideMs)}`,
  );
  if (!hasPeer) return { ours, peer: null };
  const first = await peerProfile(suite, 1, limitMs);
  const all = await peerProfile(suite, repeats, limitMs);
  if (first === null || all === null) return { ours, peer: null };
  const meanMs = (all - first) / (repeats - 1);
  say(`  crm_simulate: validating and deciding ${ms(first)}, deciding ${ms(meanMs)} on average`);
  return { ours, peer: { firstMs: first, meanMs } };
}

async function measureSize(
  folder: string,
  wanted: Wanted,
  runs: number,
  hasPeer: boolean,
  say: (line: string) => void,
): Promise<SizeResult> {
  const own = join(folder, nameOf(wanted));
  mkdirSync(own);
  const file = join(own, 'cluster.xml');
  writeFileSync(file, cibOf(wanted));
  const inputMb = statSync(file).size / 1e6;
  const ours = await measureOurs(own, file, runs);
  const peer = hasPeer ? await measurePeer(own, file, runs) : null;
  rmSync(own, { recursive: true });
  const theirs =
    peer === null
      ? ''
      : `; crm_simulate ${peer.processMs === null ? `stopped at ${ms(limitMs)}` : `${ms(peer.processMs)}, ${Math.round(peer.rssMb)} MB`}`;
  say(
    `${nameOf(wanted)} (${inputMb.toFixed(1)} MB): ${ms(ours.processMs)} (read ${ms(ours.readMs)}, decide ${ms(ours.decideMs)}; again ${ms(ours.warmReadMs)}, ${ms(ours.warmDecideMs)}), ${Math.round(ours.rssMb)} MB${theirs}`,
  );
  return { wanted, inputMb, ours, peer };
}

async function measureOurs(folder: string, file: string, runs: number): Promise<SizeResult['ours']> {
  const walls: number[] = [];
  const onces: Once[] = [];
  for (let run = 0; run < runs; run++) {
    const one = await runOurs([file]);
    if (one === null) throw new Error(`no decision within ${limitMs} ms`);
    walls.push(one.wallMs);
    onces.push(JSON.parse(one.output) as Once);
  }
  const again = await runOurs(['--repeat', '5', folder]);
  const repeated = again === null ? null : (JSON.parse(again.output) as Repeated);
  return {
    processMs: median(walls),
    readMs: median(onces.map((each) => each.readMs)),
    decideMs: median(onces.map((each) => each.decideMs)),
    warmReadMs: repeated?.readMs ?? Number.NaN,
    warmDecideMs: repeated?.decideMs ?? Number.NaN,
    rssMb: Math.max(...onces.map((each) => each.maxRssMb)),
  };
}

async function measurePeer(folder: string, file: string, runs: number): Promise<SizeResult['peer']> {
  const walls: number[] = [];
  const cpus: number[] = [];
  let rssMb = 0;
  for (let run = 0; run < runs; run++) {
    const one = await peerOnce(file, limitMs);
    if (one === null) return { processMs: null, cpuMs: Number.NaN, insideMs: null, rssMb };
    walls.push(one.wallMs);
    cpus.push(one.cpuMs);
    rssMb = Math.max(rssMb, one.maxRssMb);
  }
  return { processMs: median(walls), cpuMs: median(cpus), insideMs: await peerProfile(folder, 1, limitMs), rssMb };
}

const median = (values: readonly number[]): number => spreadOf(values)?.median ?? Number.NaN;

export const ms = (value: number): string =>
  value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;

/**
 * The scheduler beside `crm_simulate` on the same inputs, in the same minutes of the same machine: the suite where it lies beside
 * the repository, and made-up clusters of growing size.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Growth, grow, seriesOf } from './schedulerGrowth.ts';
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

/** Times in ms, memory in MB: the least of all runs, of memory the most. Processor time but for `processMs`. */
export interface SizeResult {
  readonly wanted: Wanted;
  readonly inputMb: number;
  readonly ours: {
    readonly processMs: number;
    readonly cpuMs: number;
    /** In a process that has done it before. */
    readonly readMs: number;
    readonly decideMs: number;
    readonly rssMb: number;
  };
  /** Null: not measured, or stopped at the limit. */
  readonly peer: {
    readonly processMs: number;
    readonly cpuMs: number;
    readonly insideMs: number;
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
  readonly growths: readonly Growth[];
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
    const measure = (wanted: Wanted) => measureSize(folder, wanted, options.runs, hasPeer, say);
    const sizes: SizeResult[] = [];
    for (const wanted of wantedSizes(options)) sizes.push(await measure(wanted));
    const growths: Growth[] = [];
    for (const series of seriesOf(options.shape ?? 'stacks', options.quick)) growths.push(await grow(series, measure));
    return { peerVersion, suite: measured, sizes, growths };
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
    `suite: ${ours.files} cases, first read ${ms(ours.first.readMs)}, decided ${ms(ours.first.decideMs)}; after that ${ms(ours.mean.readMs)} and ${ms(ours.mean.decideMs)}`,
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
  const ours: SizeResult['ours'][] = [];
  let peers: PeerTimes[] | null = hasPeer ? [] : null;
  // One after the other and again, so that what else the machine does meets both.
  for (let run = 0; run < runs; run++) {
    ours.push(await measureOurs(own, file));
    const peer = peers === null ? null : await measurePeer(own, file);
    peers = peer === null ? null : [...(peers ?? []), peer];
  }
  rmSync(own, { recursive: true });
  const result = { wanted, inputMb, ours: best(ours), peer: peers === null ? null : best(peers) };
  say(lineOf(result));
  return result;
}

type PeerTimes = NonNullable<SizeResult['peer']>;

function lineOf({ wanted, inputMb, ours, peer }: SizeResult): string {
  const mine = `${ms(ours.processMs)} (processor ${ms(ours.cpuMs)}; later ${ms(ours.readMs)} + ${ms(ours.decideMs)})`;
  const theirs =
    peer === null
      ? ''
      : `; crm_simulate ${ms(peer.processMs)} (processor ${ms(peer.cpuMs)}), ${Math.round(peer.rssMb)} MB`;
  return `${nameOf(wanted)} (${inputMb.toFixed(1)} MB): ${mine}, ${Math.round(ours.rssMb)} MB${theirs}`;
}

/** Of each figure the least; of memory the most. */
function best<T extends Readonly<Record<string, number>>>(runs: readonly T[]): T {
  const names = Object.keys(runs[0] ?? {});
  const values = (name: string): number[] => runs.map((run) => run[name] ?? Number.NaN);
  const pick = (name: string): number => (name === 'rssMb' ? Math.max(...values(name)) : Math.min(...values(name)));
  return Object.fromEntries(names.map((name) => [name, pick(name)])) as T;
}

async function measureOurs(folder: string, file: string): Promise<SizeResult['ours']> {
  const one = await runOurs([file]);
  const again = await runOurs(['--repeat', '6', folder]);
  if (one === null || again === null) throw new Error(`no decision within ${limitMs} ms`);
  const { maxRssMb } = JSON.parse(one.output) as Once;
  const { least } = JSON.parse(again.output) as Repeated;
  return { processMs: one.wallMs, cpuMs: one.cpuMs, ...least, rssMb: maxRssMb };
}

async function measurePeer(folder: string, file: string): Promise<PeerTimes | null> {
  const one = await peerOnce(file, limitMs);
  const insideMs = one === null ? null : await peerProfile(folder, 1, limitMs);
  if (one === null || insideMs === null) return null;
  return { processMs: one.wallMs, cpuMs: one.cpuMs, insideMs, rssMb: one.maxRssMb };
}

export const ms = (value: number): string =>
  value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;

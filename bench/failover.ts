/**
 * How long a client is without an answer when the active balancer loses power, when a web server does, and when the address
 * is moved on purpose. Each run is aimed at a random moment of the heartbeat.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { sleep } from '../lab/clock.ts';
import { bringUp, checkoutDirectory, labDown, labProbe } from '../lab/commands.ts';
import { act, type Row } from '../lab/demo/act.ts';
import { type Aim, planMove, powerOffActive, powerOffWeb, powerOnLast } from '../lab/demo/faults.ts';
import { isWell, Observer } from '../lab/demo/observer.ts';
import { Recorder } from '../lab/demo/recorder.ts';
import { partsOf, type Stage } from '../lab/demo/stage.ts';
import { showSpread, spreadOf } from '../lab/spread.ts';
import { parseClusterFile } from '../src/config/parse.ts';
import { hasKeepalived, keepalivedLab, keepalivedOutage } from './keepalived.ts';
import { peerFigures } from './peers.ts';

export interface Times {
  readonly name: string;
  /** Null: as the file says. */
  readonly heartbeat: { readonly interval: string; readonly dead: string } | null;
}

export const times: readonly Times[] = [
  { name: 'default times', heartbeat: null },
  { name: 'heartbeat {interval: 50ms, dead: 250ms}', heartbeat: { interval: '50ms', dead: '250ms' } },
];

interface Case {
  readonly name: string;
  readonly aim: Aim;
  /** What makes the cluster whole again, for the next run. */
  readonly mend: Aim | null;
}

const cases: readonly Case[] = [
  { name: 'power-off of the active balancer', aim: powerOffActive, mend: powerOnLast },
  { name: 'planned move of the address', aim: planMove, mend: null },
  { name: 'power-off of a web server', aim: powerOffWeb, mend: powerOnLast },
];

const lab = `bench-${process.pid}`;
const limitMs = 200;

export interface CaseResult {
  readonly times: string;
  readonly name: string;
  readonly outagesMs: readonly number[];
  readonly failed: readonly number[];
  readonly problems: readonly string[];
}

export async function failover(
  chosen: readonly Times[],
  runs: number,
  say: (line: string) => void,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  try {
    for (const one of chosen) results.push(...(await withTimes(one, runs, say)));
  } finally {
    await labDown(lab);
  }
  return results;
}

/** Interrupted: the kernel ends the hosts with us, and here go their folders. */
export async function sweep(): Promise<void> {
  await Promise.all([labDown(lab), labDown(keepalivedLab)]);
}

async function withTimes(one: Times, runs: number, say: (line: string) => void): Promise<CaseResult[]> {
  say(`\n${one.name}`);
  const stage = await raise(one);
  const results: CaseResult[] = [];
  for (const each of cases) results.push(await repeat(stage, one, each, runs, say));
  stage.recorder.stop();
  say(`  worst stall of a daemon's event loop: ${stage.observer.stallMsMax.toFixed(1)} ms`);
  await labDown(lab);
  return results;
}

async function raise(one: Times): Promise<Stage> {
  const file = join(checkoutDirectory, 'examples/web-server-pair/cluster.yaml');
  const document = parseDocument(readFileSync(file, 'utf8'));
  if (one.heartbeat !== null) document.set('heartbeat', one.heartbeat);
  const source = document.toString();
  const { cluster } = parseClusterFile(source, file);
  if (cluster === null) throw new Error(`${file} has mistakes`);
  const parts = need(partsOf(cluster));
  need(await bringUp(file, source, cluster, { name: lab, pages: true, ephemeral: true, loopback: false }));
  const observer = new Observer(
    lab,
    cluster.nodes.map((node) => node.id),
  );
  if ((await observer.until(isWell, 60_000)) === null) throw new Error('The cluster did not come up within 60 s');
  const recorder = new Recorder(
    need(labProbe(lab, parts.url, ['--lines', '--while-stdin', '--limit', String(limitMs)])),
    limitMs,
  );
  for (let tries = 0; tries < 100 && !recorder.isServing(500); tries++) await sleep(100);
  return { ...parts, lab, kind: 'namespaces', cluster, observer, recorder };
}

async function repeat(
  stage: Stage,
  one: Times,
  each: Case,
  runs: number,
  say: (line: string) => void,
): Promise<CaseResult> {
  const rows: Row[] = [];
  say(`  ${each.name}`);
  for (let run = 1; run <= runs; run++) {
    await sleep(Math.random() * stage.cluster.heartbeat.intervalMs);
    const acted = await act(stage, each.aim, null);
    if (acted === null) throw new Error('The cluster does not answer any more');
    rows.push(acted.row);
    say(`    ${String(run).padStart(2)}: ${lineOf(acted.row)}`);
    if (each.mend !== null) await act(stage, each.mend, acted.target);
    if ((await stage.observer.until(isWell, 30_000)) === null)
      throw new Error('The cluster was not well again after 30 s');
  }
  const good = rows.filter((row) => row.problem === null);
  say(
    `    outage ${showSpread(spreadOf(good.map((row) => row.outageMs)), 'ms')}; failed requests ${showSpread(spreadOf(good.map((row) => row.failed)), '')}`,
  );
  return {
    times: one.name,
    name: each.name,
    outagesMs: good.map((row) => row.outageMs),
    failed: good.map((row) => row.failed),
    problems: rows.flatMap((row) => row.problem ?? []),
  };
}

function lineOf(row: Row): string {
  const { outcome } = row;
  const problem = row.problem === null ? '' : `FAILED: ${row.problem}; `;
  const errors = outcome.errors.map((share) => ` ${share.name} ${share.count}`).join(',');
  const late = outcome.lateMsMax > 20 ? `; the probe itself was up to ${Math.round(outcome.lateMsMax)} ms late` : '';
  const lost = `outage ${row.outageMs} ms, ${row.failed} of ${row.requests} requests failed${errors === '' ? '' : ` (${errors.trim()})`}`;
  return `${problem}${lost}, slowest answer ${Math.round(outcome.slowestMs)} ms${late}`;
}

/** Keepalived in the same lab and run, with times that match; null: it is not installed. */
export async function besideKeepalived(
  runs: number,
  fast: boolean,
  say: (line: string) => void,
): Promise<CaseResult[] | null> {
  if (!(await hasKeepalived())) return null;
  const advertSeconds = fast ? 0.1 : 1;
  say(`\n${keepalivedName(advertSeconds)}`);
  const results: CaseResult[] = [];
  for (const fault of ['power-off', 'planned move'] as const) {
    const outagesMs: number[] = [];
    for (let run = 1; run <= runs; run++) {
      outagesMs.push(await keepalivedOutage(fault, advertSeconds));
      say(`    ${String(run).padStart(2)}: ${fault}, outage ${outagesMs.at(-1)} ms`);
    }
    say(`    ${fault}: outage ${showSpread(spreadOf(outagesMs), 'ms')}`);
    results.push({
      times: keepalivedName(advertSeconds),
      name: fault,
      outagesMs,
      failed: [],
      problems: [],
    });
  }
  return results;
}

const keepalivedName = (advertSeconds: number): string => `Keepalived, advert_int ${advertSeconds}`;

/** Medians side by side, where both were measured in this run. */
export function ratios(results: readonly CaseResult[]): string[] {
  const median = (times: string, name: string): number | null =>
    spreadOf(
      results.find(
        (one) =>
          (one.times === times || (times === 'heartbeat' && one.times.startsWith(times))) && one.name.startsWith(name),
      )?.outagesMs ?? [],
    )?.median ?? null;
  return [
    ['default times', keepalivedName(1)],
    ['heartbeat', keepalivedName(0.1)],
  ].flatMap(([ours = '', theirs = '']) =>
    ['power-off', 'planned move'].flatMap((name) => {
      const [mine, other] = [median(ours, name), median(theirs, name)];
      const ratio = mine === null || other === null || other === 0 ? null : (mine / other).toFixed(2);
      return ratio === null ? [] : [`  ${name}, ${ours}: ${mine} ms, ${theirs}: ${other} ms, ratio ${ratio}`];
    }),
  );
}

/** As measured earlier, not in this run: no ratio is made of it. */
export function peersTable(): string {
  const lines = peerFigures.map(
    (peer) =>
      `  ${peer.name.padEnd(48)} ${String(peer.powerOffMs).padStart(6)} ms ${String(peer.moveMs).padStart(6)} ms`,
  );
  return [
    'Other programs, measured earlier on hosts of the same kind (medians):',
    `  ${''.padEnd(48)} power-off  planned move`,
    ...lines,
  ].join('\n');
}

function need<T>(result: { ok: true; value: T } | { ok: false; failure: { message: string } }): T {
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

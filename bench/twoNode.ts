/**
 * Two nodes, each choice, five faults: what became of each in the lab, next to what `sempre validate` announces for that very file.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicMs, sleep } from '../lab/clock.ts';
import {
  bringUp,
  checkoutDirectory,
  labCut,
  labDown,
  labHeal,
  labPowerOff,
  labPowerOn,
  labProbe,
} from '../lab/commands.ts';
import { isWell, Observer } from '../lab/demo/observer.ts';
import { Recorder } from '../lab/demo/recorder.ts';
import { setFenceFaults } from '../lab/keeper/faults.ts';
import { type LabRecord, readLab } from '../lab/record.ts';
import { run } from '../lab/run.ts';
import { setNetworkHarms } from '../lab/torture/network.ts';
import { setPower, shareStamps } from '../lab/torture/stage.ts';
import type { WhatIf, WhatIfCase, WhatIfRow } from '../sim/foresee/index.ts';
import type { ClusterStatus } from '../src/api/status.ts';
import { parseClusterFile } from '../src/config/parse.ts';
import { address, type Choice, certain, choices, fileFor, hasData, nodes, witness } from './twoNodeFiles.ts';
import { announcedStory, differences, type Story, type Verdict, verdictOf } from './twoNodeStory.ts';
import { isHeldOn, TwoNodeWatch } from './twoNodeWatch.ts';

export interface TwoNodeResult {
  readonly choice: Choice;
  readonly fault: WhatIfRow['fault'];
  readonly title: string;
  readonly what: string;
  readonly run: number;
  readonly announced: Story;
  readonly seen: Story;
  readonly verdict: Verdict;
  /** From what was announced, in words. */
  readonly differences: readonly string[];
  /** How long a client was out when it was over, until all was well again on the first node. Nothing is announced of that. */
  readonly healingOutMs: number;
  /** What the daemons wrote down, where it went otherwise. */
  readonly events: readonly string[];
}

const lab = `two-node-${process.pid}`;
const limitMs = 200;
/** Beyond the announced times: what is to happen has happened, and what is not to happen would have. */
const marginMs = 6000;
const wellMs = 90_000;

export const sweepTwoNode = (): Promise<unknown> => labDown(lab);

export async function twoNode(
  runs: number,
  only: { readonly choice: Choice | null; readonly faults: readonly string[] | null },
  say: (line: string) => void,
): Promise<TwoNodeResult[]> {
  const results: TwoNodeResult[] = [];
  for (const choice of choices.filter((each) => only.choice === null || each === only.choice)) {
    try {
      results.push(...(await playChoice(choice, runs, only.faults, say)));
    } finally {
      await labDown(lab);
    }
  }
  return results;
}

interface Scene {
  readonly choice: Choice;
  readonly record: LabRecord;
  readonly observer: Observer;
  readonly recorder: Recorder;
  readonly stamps: string | null;
}

async function playChoice(
  choice: Choice,
  runs: number,
  faults: readonly string[] | null,
  say: (line: string) => void,
): Promise<TwoNodeResult[]> {
  say(`\n${choice}`);
  const announced = await announcedFor(choice);
  const scene = await raise(choice);
  const results: TwoNodeResult[] = [];
  for (const row of announced.rows.filter((each) => faults === null || faults.includes(each.fault)))
    for (const each of row.cases)
      for (let number = 1; number <= runs; number++) {
        const result = await playCase(scene, row, each, number);
        results.push(result);
        const why = result.differences.length === 0 ? '' : `: ${result.differences.join('; ')}`;
        say(`  ${row.title}, ${each.what}: ${result.verdict}${why}`);
        if (result.verdict === 'DIFFERENT') for (const line of result.events) say(`    ${line}`);
      }
  scene.recorder.stop();
  return results;
}

/** As an operator gets it: from the command line. */
async function announcedFor(choice: Choice): Promise<WhatIf> {
  const folder = mkdtempSync(join(tmpdir(), 'sempre-two-node-'));
  const file = join(folder, 'cluster.yaml');
  writeFileSync(file, fileFor(choice));
  const ran = await run([join(checkoutDirectory, 'sempre'), 'validate', file, '--output', 'json'], {
    timeoutMs: 120_000,
  });
  rmSync(folder, { recursive: true });
  if (ran.code !== 0) throw new Error(`sempre validate refuses the file of ${choice}: ${ran.stdout}${ran.stderr}`);
  const { whatIf } = JSON.parse(ran.stdout) as { whatIf: WhatIf | null };
  if (whatIf === null) throw new Error(`sempre validate announces nothing for ${choice}: ${ran.stderr}`);
  return whatIf;
}

async function raise(choice: Choice): Promise<Scene> {
  const source = fileFor(choice);
  const { cluster, problems } = parseClusterFile(source, choice);
  if (cluster === null) throw new Error(`mistakes in it: ${problems.map(({ message }) => message).join('; ')}`);
  const up = await bringUp(`two-node-${choice}`, source, cluster, { name: lab, ephemeral: true, loopback: false });
  if (!up.ok) throw new Error(up.failure.message);
  const record = readLab(lab);
  if (record === null) throw new Error(`there is no lab ${lab}`);
  const stamps = hasData(choice) ? shareStamps(lab, nodes) : null;
  const observer = new Observer(lab, nodes);
  const probe = labProbe(lab, `http://${address}/`, ['--lines', '--while-stdin', '--limit', String(limitMs)]);
  if (!probe.ok) throw new Error(probe.failure.message);
  const scene = { choice, record, observer, recorder: new Recorder(probe.value, limitMs), stamps };
  await makeReady(scene);
  return scene;
}

/** All is well, on the first node, and clients get answers. */
async function makeReady({ choice, observer, recorder }: Scene): Promise<void> {
  const service = hasData(choice) ? certain : 'address';
  const status = await observer.until(isWell, wellMs);
  if (status === null) throw new Error(`the cluster of ${choice} was not well after ${wellMs / 1000} s`);
  const isThere = (each: ClusterStatus): boolean =>
    isWell(each) &&
    each.services.find(({ name }) => name === service)?.nodes.join() === nodes[0] &&
    nodes.every((node) => isHeldOn(lab, node) === (node === nodes[0]));
  if (!isThere(status)) await observer.command({ kind: 'move', service, to: nodes[0], because: 'the next fault' });
  if ((await observer.until(isThere, wellMs)) === null) throw new Error(`${service} did not come to ${nodes[0]}`);
  for (const endMs = monotonicMs() + wellMs; !recorder.isServing(1000); await sleep(100))
    if (monotonicMs() > endMs) throw new Error('clients get no answers');
}

async function playCase(scene: Scene, row: WhatIfRow, each: WhatIfCase, number: number): Promise<TwoNodeResult> {
  const since = new Date();
  const watch = new TwoNodeWatch(lab, scene.stamps, scene.recorder);
  const fault = faultOf(scene, row.fault, each.what);
  await fault.begin();
  await sleep(announcedMs(each) + marginMs);
  const seen = await watch.end();
  const healedMs = monotonicMs();
  await fault.end();
  await makeReady(scene);
  const healing = await scene.recorder.window(healedMs, monotonicMs());
  const announced = announcedStory(each, [...(scene.stamps === null ? [] : [certain]), 'address']);
  const verdict = verdictOf(announced, seen);
  const events = verdict === 'DIFFERENT' ? await eventsSince(scene, since) : [];
  const { fault: kind, title } = row;
  return {
    choice: scene.choice,
    fault: kind,
    title,
    what: each.what,
    run: number,
    announced,
    seen,
    verdict,
    differences: differences(announced, seen),
    healingOutMs: Math.round(healing.outageMs),
    events,
  };
}

const eventsSince = async ({ observer }: Scene, since: Date): Promise<string[]> =>
  (await observer.events(since)).map(
    ({ at, node, what, from, to, because }) => `${at.slice(11, 23)} ${node}: ${what}: ${from} -> ${to} (${because})`,
  );

const announcedMs = ({ outcome }: WhatIfCase): number =>
  Math.max(
    ...outcome.services.map(({ downMs }) => downMs ?? 0),
    ...outcome.fencings.map(({ tookMs }) => tookMs),
    ...outcome.nodes.map(({ lostPower }) => lostPower?.afterMs ?? 0),
  );

interface LabFault {
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}

function faultOf({ record }: Scene, fault: WhatIfRow['fault'], what: string): LabFault {
  switch (fault) {
    case 'power':
    case 'witness':
      return powerLoss(fault === 'witness' ? witness : what);
    case 'link': {
      const [, link = '', node = ''] = /^link (\d+) of (\S+)$/.exec(what) ?? [];
      return { begin: () => labCut(lab, node, Number(link)), end: () => labHeal(lab, node, Number(link)) };
    }
    case 'split':
      return { begin: () => setSplit(record, true), end: () => setSplit(record, false) };
    case 'gateway': {
      const gateways = record.topology.hosts.map(({ name }) => name).filter((name) => /^gateway\d*$/.test(name));
      return {
        begin: () => Promise.all(gateways.map((name) => labPowerOff(lab, name))),
        end: () => Promise.all(gateways.map((name) => labPowerOn(lab, name))),
      };
    }
  }
}

/** Nobody can switch on what has no power. */
const powerLoss = (node: string): LabFault => ({
  begin: () => {
    const dark = nodes.map((from) => ({ from, target: node, delayMs: 0, mode: 'dark' as const }));
    setFenceFaults(lab, dark);
    return setPower(lab, node, 'off');
  },
  end: () => {
    setFenceFaults(lab, []);
    return setPower(lab, node, 'on');
  },
});

async function setSplit({ root, topology }: LabRecord, split: boolean): Promise<void> {
  if (root === null) throw new Error('a lab of plain processes has no cables');
  const hosts = topology.hosts.filter(({ name }) => nodes.some((node) => node === name));
  const done = await setNetworkHarms(root, hosts, split ? [{ kind: 'split' }] : []);
  if (!done.ok) throw new Error(done.failure.message);
}

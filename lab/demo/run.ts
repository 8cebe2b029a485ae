/** The course of the demo: up, wait until all is well, the drill, and what became of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterStatus } from '../../src/api/status.ts';
import { parseClusterFile, renderProblems } from '../../src/config/parse.ts';
import type { Cluster } from '../../src/core/model.ts';
import { monotonicMs, sleep } from '../clock.ts';
import { bringUp, checkoutDirectory, type LabStatus, labDown, labLog, labProbe } from '../commands.ts';
import { canMakeNamespaces } from '../namespaces.ts';
import { labIsUp, labNames, readLab } from '../record.ts';
import { act, type Row } from './act.ts';
import { enginesHere, withReplacements } from './cluster-file.ts';
import { drill, loopbackDrill } from './faults.ts';
import { isWell, Observer } from './observer.ts';
import { Recorder } from './recorder.ts';
import { type Parts, partsOf, type Stage } from './stage.ts';
import { progressLine } from './table.ts';

export interface DemoOptions {
  readonly lab: string;
  readonly keep: boolean;
  readonly loopback: boolean;
  readonly say: (line: string) => void;
  readonly onRow: (row: Row) => void;
}

export interface DemoEnd {
  /** All faults were tried. */
  readonly completed: boolean;
  /** The cluster never came up. */
  readonly refused: boolean;
  readonly stallMsMax: number;
  readonly url: string;
}

const limitMs = 200;
const upTimeoutMs = 60_000;
const refused: DemoEnd = { completed: false, refused: true, stallMsMax: 0, url: '' };

export async function runDemo(options: DemoOptions): Promise<DemoEnd> {
  await sweepDeadDemos();
  const chosen = await choose(options);
  if (chosen === null) return refused;
  const { source, cluster, file, parts } = chosen;
  const beganMs = monotonicMs();
  const lab = await bringUp(file, source, cluster, {
    name: options.lab,
    pages: true,
    ephemeral: !options.keep,
    loopback: chosen.loopback,
  });
  if (!lab.ok) {
    options.say(`${lab.failure.code}: ${lab.failure.message}`);
    return refused;
  }
  options.say(`Hosts are up after ${seconds(beganMs)}.`);
  const observer = new Observer(
    options.lab,
    cluster.nodes.map((node) => node.id),
  );
  const well = await awaitWell(observer, beganMs, options);
  const probe = labProbe(options.lab, parts.url, ['--lines', '--while-stdin', '--limit', String(limitMs)]);
  if (!well) sayLogs(cluster, options);
  if (!well || !probe.ok) return { ...refused, stallMsMax: observer.stallMsMax };
  const recorder = new Recorder(probe.value, limitMs);
  const stage = { ...parts, lab: options.lab, kind: lab.value.kind, cluster, observer, recorder };
  for (let tries = 0; tries < 100 && !recorder.isServing(500); tries++) await sleep(100);
  const completed = await play(stage, lab.value, options);
  recorder.stop();
  return { completed, refused: false, stallMsMax: observer.stallMsMax, url: parts.url };
}

/** What a demo that was killed left behind. */
async function sweepDeadDemos(): Promise<void> {
  const dead = labNames().filter((name) => /^demo-\d+$/.test(name) && !isUp(name));
  for (const name of dead) await labDown(name);
}

function isUp(name: string): boolean {
  const record = readLab(name);
  return record !== null && labIsUp(record);
}

interface Chosen {
  readonly file: string;
  readonly source: string;
  readonly cluster: Cluster;
  readonly loopback: boolean;
  readonly parts: Parts;
}

async function choose(options: DemoOptions): Promise<Chosen | null> {
  const loopback = options.loopback || !(await canMakeNamespaces());
  const file = join(
    checkoutDirectory,
    loopback ? 'examples/loopback/cluster.yaml' : 'examples/web-server-pair/cluster.yaml',
  );
  const original = readFileSync(file, 'utf8');
  const first = parse(file, original, options);
  if (first === null) return null;
  const server = [process.execPath, join(checkoutDirectory, 'examples/web/server.ts')];
  const { source, remarks } = withReplacements(original, first, enginesHere(), server);
  const cluster = parse(file, source, options);
  if (cluster === null) return null;
  const parts = partsOf(cluster);
  if (!parts.ok) {
    options.say(parts.failure.message);
    return null;
  }
  banner(cluster, parts.value, loopback, options);
  for (const remark of remarks) options.say(`Note: ${remark}.`);
  return { file, source, cluster, loopback, parts: parts.value };
}

function parse(file: string, source: string, options: DemoOptions): Cluster | null {
  const { cluster, problems } = parseClusterFile(source, file);
  if (cluster === null) options.say(renderProblems(problems, source));
  return cluster;
}

function banner(cluster: Cluster, parts: Parts, loopback: boolean, { say }: DemoOptions): void {
  const balancers = parts.address.on.join(' and ');
  say(`Sempre demo: the cluster ${cluster.name}, ${cluster.nodes.length} nodes on this machine`);
  say(`  ${balancers}: balancers; one of them holds the address ${parts.url}`);
  say(`  ${parts.webNodes.join(' and ')}: web servers`);
  say(`  a client asks every 10 ms and gives each request ${limitMs} ms`);
  if (loopback) {
    say(
      'Note: without root, or without network namespaces, all nodes are plain processes on loopback addresses: the proxy and',
    );
    say(
      'web servers built into Sempre stand in for HAProxy and Apache, and no links can be cut, so those faults are left out.',
    );
  }
  say('');
}

function sayLogs(cluster: Cluster, { lab, say }: DemoOptions): void {
  for (const node of cluster.nodes) {
    say(`The last words of the daemon on ${node.id}:`);
    for (const line of labLog(lab, node.id, 5)) say(`  ${line.slice(0, 500)}`);
  }
}

/** Says what has changed while the cluster comes up. */
async function awaitWell(observer: Observer, beganMs: number, { say }: DemoOptions): Promise<boolean> {
  let last = 'nothing yet';
  const well = await observer.until((status) => {
    const now = summary(status);
    if (now !== last) say(`  ${seconds(beganMs)}  ${now}`);
    last = now;
    return isWell(status);
  }, upTimeoutMs);
  say(
    well === null
      ? `The cluster did not come up within ${upTimeoutMs / 1000} s; last seen: ${last}`
      : `All is well after ${seconds(beganMs)}.\n`,
  );
  return well !== null;
}

function summary(status: ClusterStatus): string {
  const online = status.nodes.filter((node) => node.state === 'online').length;
  const services = status.services.map((service) => `${service.name} ${service.state}`).join(', ');
  return `${online} of ${status.nodes.length} nodes online; ${services}`;
}

const seconds = (sinceMs: number): string => `${((monotonicMs() - sinceMs) / 1000).toFixed(1)} s`;

async function play(stage: Stage, lab: LabStatus, options: DemoOptions): Promise<boolean> {
  let last: string | null = null;
  const faults = lab.kind === 'loopback' ? loopbackDrill : drill;
  for (const [i, aim] of faults.entries()) {
    const acted = await act(stage, aim, last, (name) =>
      options.say(`${String(i + 1).padStart(2)}/${faults.length} ${name}`),
    );
    if (acted === null) {
      options.say('The cluster does not answer any more: the demo ends here');
      return false;
    }
    options.say(`      ${progressLine(acted.row)}`);
    options.onRow(acted.row);
    last = acted.target;
  }
  return true;
}

/**
 * Records the journals of `journals/` anew, on a lab of real daemons on this machine: a start, a changed cluster file, a planned
 * move, the loss of the node that runs the services and its return. Run it when the core decides otherwise on purpose:
 *
 *     node_modules/.bin/node sim/replay/main.ts
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { journals, recordedNodes } from './recorded.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../../src/cli/main.ts');
const clusterFile = join(import.meta.dirname, 'cluster.yaml');
const lab = 'recorded';
const settleMs = 90_000;

/** The reason in a journal names who asked: nobody of this machine. */
const environment = { ...process.env, SUDO_USER: 'operator', NO_COLOR: '1' };

async function sempre(...argv: string[]): Promise<string> {
  process.stderr.write(`sempre ${argv.join(' ')}\n`);
  const { stdout } = await run(process.execPath, [program, ...argv], { env: environment, timeout: settleMs });
  return stdout;
}

const onNode = (node: string, ...argv: string[]): Promise<string> =>
  sempre('lab', 'exec', '--lab', lab, node, '--', process.execPath, program, ...argv);

interface Status {
  readonly settled: boolean;
  readonly services: readonly { readonly state: string; readonly nodes: readonly string[] }[];
  readonly nodes: readonly { readonly state: string }[];
}

async function untilSettled(node: string, online: number): Promise<Status> {
  const endMs = performance.now() + settleMs;
  while (performance.now() < endMs) {
    await sleep(500);
    const text = await onNode(node, 'status', '-o', 'json').catch(() => 'null');
    const status = JSON.parse(text) as Status | null;
    if (status?.settled !== true || !status.services.every(({ state }) => state === 'running')) continue;
    if (status.nodes.filter(({ state }) => state === 'online').length >= online) return status;
  }
  throw new Error(`${node} did not settle with ${online} nodes in ${settleMs / 1000} s`);
}

async function record(folder: string): Promise<void> {
  await untilSettled('node1', 3);
  const changed = join(folder, 'changed.yaml');
  writeFileSync(changed, readFileSync(clusterFile, 'utf8').replace('sleep 100001', 'sleep 200001'));
  await onNode('node1', 'apply', changed, '--yes', '--reason', 'another argument');
  await onNode('node2', 'node', 'standby', 'node1', '--yes', '--reason', 'a planned move');
  await onNode('node2', 'node', 'online', 'node1');
  const { services } = await untilSettled('node3', 3);
  const [busy = ''] = services.flatMap(({ nodes }) => nodes);
  const other = busy === 'node3' ? 'node2' : 'node3';
  await sempre('lab', 'power-off', '--lab', lab, busy);
  await untilSettled(other, 2);
  await sempre('lab', 'power-on', '--lab', lab, busy);
  await untilSettled(other, 3);
}

/** The folder that the lab's node keeps its state in: beside the one with its socket. */
async function stateOf(node: string): Promise<string> {
  const socket = await sempre('lab', 'exec', '--lab', lab, node, '--', 'printenv', 'SEMPRE_SOCKET');
  return join(dirname(socket.trim()), '../state');
}

const folder = mkdtempSync(join(tmpdir(), 'sempre-record-'));
try {
  await sempre('lab', 'up', clusterFile, '--loopback', '--name', lab);
  await record(folder);
  const states = await Promise.all(recordedNodes.map(async (node) => [node, await stateOf(node)] as const));
  await sleep(1000);
  rmSync(journals, { recursive: true, force: true });
  for (const [node, state] of states) {
    mkdirSync(join(journals, node), { recursive: true });
    for (const name of readdirSync(join(state, 'recorder')))
      writeFileSync(join(journals, node, name), readFileSync(join(state, 'recorder', name)));
  }
} finally {
  await sempre('lab', 'down', '--lab', lab).catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
}

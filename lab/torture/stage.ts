/** The lab that is tortured: brought up, asked, commanded. */
import { linkSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { CommandBody } from '../../src/api/body.ts';
import { type Called, connect } from '../../src/api/client.ts';
import type { ClusterStatus, CommandAnswer } from '../../src/api/status.ts';
import { parseClusterFile } from '../../src/config/parse.ts';
import { failure, type Result } from '../../src/lib/errors.ts';
import { bringUp, checkoutDirectory, labDown, labSocket } from '../commands.ts';
import type { FenceAnswer } from '../keeper/fence.ts';
import { daemonOptionsFor, keeperOnHost, keeperPlaces, operatorPower, placesIn } from '../keeper/places.ts';
import type { ProcessId } from '../process-id.ts';
import { disksDirectory, memoryDirectory, readLab } from '../record.ts';
import type { LabHost } from '../topology.ts';
import { stampsOnHost } from './cluster-file.ts';

export interface Stage {
  readonly lab: string;
  readonly nodes: readonly string[];
  /** It has faults too, and answers nobody from outside. */
  readonly witness: string | null;
  readonly hosts: readonly LabHost[];
  readonly root: ProcessId;
  /** The file that the writers of all hosts stamp. */
  readonly stamps: string;
}

const stateMb = 64;
/** A few minutes of what a node decided; the disk is small. */
const recorderMb = 16;

export async function raise(lab: string, source: string): Promise<Stage> {
  const { cluster, problems } = parseClusterFile(source, 'torture.yaml');
  if (cluster === null) throw new Error(`mistakes in it: ${problems.map(({ message }) => message).join('; ')}`);
  const main = resolve(checkoutDirectory, 'src/daemon/main.ts');
  const daemon = [process.execPath, main, ...daemonOptionsFor(placesIn(keeperOnHost)), '--recorder', `${recorderMb}`];
  const up = await bringUp('torture.yaml', source, cluster, {
    name: lab,
    ephemeral: true,
    loopback: false,
    stateMb,
    daemon,
  });
  if (!up.ok) throw new Error(up.failure.message);
  const record = readLab(lab);
  if (record?.root == null) throw new Error(`the lab ${lab} has no hosts of its own`);
  const nodes = cluster.nodes.filter((node) => !node.witness).map(({ id }) => id);
  const witness = cluster.nodes.find((node) => node.witness)?.id ?? null;
  const hosts = record.topology.hosts.filter(({ name }) => nodes.includes(name) || name === witness);
  return { lab, nodes, witness, hosts, root: record.root, stamps: shareStamps(lab, nodes) };
}

/** One file by a name in each host's folder of the keeper: what one host appends is after what another one did. */
export function shareStamps(lab: string, nodes: readonly string[]): string {
  const fileOf = (index: number): string =>
    join(keeperPlaces(lab, index).directory, stampsOnHost.slice(keeperOnHost.length));
  writeFileSync(fileOf(0), '', { flag: 'wx' });
  for (const index of nodes.keys()) if (index > 0) linkSync(fileOf(0), fileOf(index));
  return fileOf(0);
}

export const lower = (stage: Stage): Promise<Result<{ name: string }>> => labDown(stage.lab);

// ---------------------------------------------------------------- asking

export async function statusFrom({ lab }: Stage, node: string): Promise<ClusterStatus | null> {
  const socket = labSocket(lab, node);
  if (socket === null) return null;
  const answer = await connect(socket).call<ClusterStatus>({ method: 'GET', path: '/v1/status', timeoutMs: 2000 });
  return answer.ok ? answer.value : null;
}

/** It acts. */
export async function isReady({ lab }: Stage, node: string): Promise<boolean> {
  const socket = labSocket(lab, node);
  if (socket === null) return false;
  return (await connect(socket).call({ method: 'GET', path: '/readyz', timeoutMs: 1000 })).ok;
}

export async function command({ lab }: Stage, node: string, body: CommandBody): Promise<Called<CommandAnswer>> {
  const socket = labSocket(lab, node);
  if (socket === null) return failure('DAEMON_UNREACHABLE', `${node} is off`);
  return connect(socket).call<CommandAnswer>({ method: 'POST', path: '/v1/command', body, timeoutMs: 4000 });
}

/** By the lab's keeper, whatever its faults are: it does one thing after the other to a host. */
export function setPower(lab: string, node: string, action: 'on' | 'off'): Promise<Result<null>> {
  return new Promise((done) => {
    const socket = createConnection(operatorPower(lab), () => socket.write(`${JSON.stringify({ action, node })}\n`));
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    socket.once('error', (error) => done(failure('INTERNAL', `the lab's keeper does not answer: ${error.message}`)));
    socket.once('close', () => {
      const answer = said === '' ? null : (JSON.parse(said) as FenceAnswer);
      if (answer?.ok) done({ ok: true, value: null });
      else done(failure('INTERNAL', `${node} cannot be switched ${action}: ${answer?.because ?? 'no answer'}`));
    });
  });
}

// ---------------------------------------------------------------- places

/** `path`: absolute, on the host; what its disks hold can be read while it is off. */
export function onDisk({ lab, root }: Stage, node: string, path: '/var/log/sempre' | '/var/lib/sempre'): string {
  const inLab = path === '/var/lib/sempre' ? join(disksDirectory(lab), node) : join(memoryDirectory(lab), node, path);
  return join(`/proc/${root.pid}/root`, inLab);
}

export const keptFolder = (seed: number, round: number): string =>
  join(dirname(disksDirectory('')), 'sempre-torture', `seed-${seed}-round-${round}`);

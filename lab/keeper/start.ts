/** Starts and ends a lab's keeper. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Cluster } from '../../src/core/model.ts';
import { failure, type Result, success } from '../../src/lib/errors.ts';
import { identify, type ProcessId, signal } from '../process-id.ts';
import { labDirectory } from '../record.ts';
import { toolEnv } from '../run.ts';
import { keeperPlaces } from './places.ts';

const agent = 'fence_sempre_lab';
const agentFile = join(import.meta.dirname, '../agents', agent);
const startMs = 10_000;

/** To be called before the first host boots; returns when the sockets are there. */
export async function startKeeper(lab: string, cluster: Cluster, ephemeral: boolean): Promise<Result<null>> {
  for (const index of cluster.nodes.keys()) layOut(lab, index, cluster);
  const hosts = cluster.nodes.map(({ id }) => id);
  const program = [process.execPath, join(import.meta.dirname, 'main.ts'), lab, ephemeral ? 'ephemeral' : 'lasting'];
  // A lab must not outlive its creator, and its keeper would boot hosts of a dead one.
  const argv = [...(ephemeral ? ['setpriv', '--pdeathsig', 'KILL'] : []), ...program, ...hosts];
  return launch(lab, argv);
}

/** Each agent that the cluster file names is the lab's: nobody wants a lab to cut the power of real machines. */
function layOut(lab: string, index: number, cluster: Cluster): void {
  const places = keeperPlaces(lab, index);
  mkdirSync(places.agents, { recursive: true, mode: 0o755 });
  const named = cluster.fencing.devices.map((device) => device.agent).filter((name) => basename(name) === name);
  for (const name of new Set([agent, ...named])) symlinkSync(agentFile, join(places.agents, name));
}

function launch(lab: string, [program = '', ...args]: readonly string[]): Promise<Result<null>> {
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: toolEnv });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const id = child.pid === undefined ? null : identify(child.pid);
  if (id !== null) writeFileSync(fileOf(lab), JSON.stringify(id));
  return new Promise((resolve) => {
    const refuse = (because: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(failure('INTERNAL', `The lab's keeper could not be started: ${because}`));
    };
    const timer = setTimeout(() => refuse('it is not ready in time'), startMs);
    child.once('error', (error) => refuse(error.message));
    child.once('exit', (code) => refuse(said.trim() || `it ended with ${code}`));
    child.stdout.once('data', () => {
      clearTimeout(timer);
      child.removeAllListeners('exit');
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      resolve(success(null));
    });
  });
}

const fileOf = (lab: string): string => join(labDirectory(lab), 'keeper.json');

export function keeperOf(lab: string): ProcessId | null {
  try {
    return JSON.parse(readFileSync(fileOf(lab), 'utf8')) as ProcessId;
  } catch {
    return null;
  }
}

export function stopKeeper(lab: string): void {
  const keeper = keeperOf(lab);
  if (keeper !== null) signal(keeper, 'SIGKILL');
}

/** `crm_simulate` of Debian's pacemaker-cli-utils, the scheduler's peer: found or installed, run and timed. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const program = 'crm_simulate';

/** Its version; null: it is not there and could not be installed. As root on Debian it is installed, its services stay off. */
export function findPeer(say: (line: string) => void): string | null {
  const found = versionOf();
  if (found !== null || process.getuid?.() !== 0) return found;
  say('installing pacemaker-cli-utils with apt-get');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const quiet = { env, stdio: 'ignore' } as const;
  const install = ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
  if (spawnSync('apt-get', [...install, 'pacemaker-cli-utils'], quiet).status !== 0) {
    spawnSync('apt-get', ['update', '-q'], quiet);
    spawnSync('apt-get', [...install, 'pacemaker-cli-utils'], quiet);
  }
  for (const service of ['pacemaker', 'corosync'])
    spawnSync('systemctl', ['disable', '--now', '--quiet', service], quiet);
  return versionOf();
}

function versionOf(): string | null {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (stdout.split('\n')[0] ?? null) : null;
}

export interface ProcessRun {
  readonly wallMs: number;
  /** Processor time and memory, seen from outside every 5 ms: a process that was faster than that has none. */
  readonly cpuMs: number;
  readonly maxRssMb: number;
  readonly output: string;
}

/** One process from start to end; null: it was stopped at the limit. */
export async function runProcess(
  command: string,
  args: readonly string[],
  limitMs: number,
  env = process.env,
): Promise<ProcessRun | null> {
  const began = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  let [cpuMs, maxRssMb] = [0, 0];
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const looking = setInterval(() => {
    cpuMs = Math.max(cpuMs, cpuMsOf(child.pid));
    maxRssMb = Math.max(maxRssMb, maxRssOf(child.pid));
  }, 5);
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(looking);
  clearTimeout(limit);
  return code === null ? null : { wallMs: performance.now() - began, cpuMs, maxRssMb, output };
}

/** The kernel counts in hundredths of a second. */
function cpuMsOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

/** The most that the kernel has seen of it. */
function maxRssOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

export const peerOnce = (file: string, limitMs: number): Promise<ProcessRun | null> =>
  runProcess(program, ['-x', file, '-R', '-Q'], limitMs);

/**
 * Processor time that it gives itself for all files of a folder, in ms: each is validated once and scheduled `times` times.
 * Reading is left out. Null: stopped at the limit.
 */
export async function peerProfile(folder: string, times: number, limitMs: number): Promise<number | null> {
  const run = await runProcess(program, ['-P', folder, '-N', String(times)], limitMs);
  if (run === null) return null;
  const seconds = [...run.output.matchAll(/\.\.\. ([\d.]+) secs/g)].map((match) => Number(match[1]));
  return seconds.reduce((sum, each) => sum + each, 0) * 1000;
}

/**
 * A real systemd for lab tests, on machines that were not booted with one: first process of namespaces of its own.
 *
 * It sees the machine's files, but has its own /run, /tmp, process tree, network and control groups, and ends with the test.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PrivateSystemd {
  /** Holds a `systemctl` that talks to it. */
  readonly binDirectory: string;
  /** Its `/run/systemd/system`, as seen from here. */
  readonly unitDirectory: string;
  /** Runs a program inside; returns what it printed. */
  inside(...argv: readonly string[]): string;
  end(): Promise<void>;
}

const daemon = '/lib/systemd/systemd';
const controlGroups = '/sys/fs/cgroup/systemd';

/** Why there can be no private systemd on this machine; null when there can. */
export function whyNoSystemd(): string | null {
  if (process.getuid?.() !== 0) return 'a private systemd needs root';
  if (!existsSync(daemon)) return `${daemon} is not installed`;
  return existsSync(controlGroups) ? null : `${controlGroups} is not there: no control groups of their own for systemd`;
}

const setUp = `
set -e
echo $$ >"$1/cgroup.procs"
exec unshare --fork --kill-child --pid --mount --uts --ipc --net --cgroup --propagation private /bin/sh -ec '
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/systemd /run/lock /run/systemd/system
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
printf "[Unit]\\nDefaultDependencies=no\\n" >/run/systemd/system/lab.target
exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin ${daemon} --system --unit=lab.target --log-target=null --show-status=0
'`;

export async function startSystemd(folder: string): Promise<PrivateSystemd> {
  const group = join(controlGroups, `sempre-lab-${process.pid}`);
  mkdirSync(group);
  // It must not outlive a test run that is killed.
  const argv = ['--pdeathsig', 'KILL', '/bin/sh', '-c', setUp, 'sh', group];
  const child = spawn('setpriv', argv, { stdio: 'ignore', detached: true });
  const end = () => endSystemd(child, group);
  try {
    const pid = await firstProcess(child.pid ?? 0);
    const binDirectory = join(folder, 'bin');
    mkdirSync(binDirectory, { recursive: true });
    const wrapper = `#!/bin/sh\nexec nsenter --target ${pid} --all /bin/systemctl "$@"\n`;
    writeFileSync(join(binDirectory, 'systemctl'), wrapper, { mode: 0o755 });
    const inside = (...argv: readonly string[]): string =>
      execFileSync('nsenter', ['--target', String(pid), '--all', ...argv], { encoding: 'utf8' });
    await until(() => /running|degraded/.test(execOrEmpty(() => inside('systemctl', 'is-system-running'))));
    return { binDirectory, unitDirectory: `/proc/${pid}/root/run/systemd/system`, inside, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The child of `unshare`, once it has become systemd. */
async function firstProcess(parent: number): Promise<number> {
  let pid = 0;
  await until(() => {
    pid = Number(execOrEmpty(() => readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')).trim());
    return pid > 1 && execOrEmpty(() => readFileSync(`/proc/${pid}/comm`, 'utf8')).trim() === 'systemd';
  });
  return pid;
}

/** The kernel ends a process tree with its first process; then the control groups are empty. */
async function endSystemd(child: ChildProcess, group: string): Promise<void> {
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  await until(() => removeGroups(group));
}

function removeGroups(group: string): boolean {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true })) {
      if (entry.isDirectory()) removeGroups(join(group, entry.name));
    }
    rmdirSync(group);
    return true;
  } catch {
    return !existsSync(group);
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error('the private systemd did not get there in 20 s');
    await sleep(50);
  }
}

function execOrEmpty(read: () => string): string {
  try {
    return read();
  } catch (error) {
    // `is-system-running` prints the state also when it does not like it.
    return (error as { stdout?: string }).stdout ?? '';
  }
}

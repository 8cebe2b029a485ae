/** A real podman and a real docker for lab tests, with images and containers of their own; the image needs no registry: a static busybox. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type EngineName = 'podman' | 'docker';

export interface PrivateEngine {
  readonly folder: string;
  /** Holds a program of the engine's name that knows nothing but what is in `folder`. */
  readonly path: string;
  readonly call: (...args: readonly string[]) => string;
  /** Removes all containers. */
  readonly clean: () => void;
  readonly end: () => Promise<void>;
}

export const image = 'localhost/sempre-test:1';

const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
const applets = ['sh', 'sleep', 'true', 'false', 'cat', 'rm', 'mv', 'env', 'hostname', 'test', 'grep', 'getopt'];

/** An agent in the image: what it manages is a file of the container. */
const agent = `#!/bin/sh
mark=/run/resource-agents/$OCF_RESOURCE_INSTANCE
case $1 in
  start) test "$OCF_RESKEY_word" = bad && { echo "ocf-exit-reason:this word is bad" >&2; exit 6; }
    echo "$OCF_RESKEY_word" >"$mark" ;;
  stop) rm -f "$mark" ;;
  monitor) test -e "$mark" && exit 0; exit 7 ;;
  *) exit 3 ;;
esac
`;

/** One with roles, which does not stop while it is promoted. Its word says which action hangs, and works all the same when that is over. */
const roleAgent = `#!/bin/sh
state=/run/resource-agents/role
test "$OCF_RESKEY_word" = "$1" && sleep 4
case $1 in
  start) echo unpromoted >$state; crm_master -l reboot -v 5 ;;
  promote) echo promoted >$state; "$HA_SBIN_DIR/crm_attribute" --promotion -v 10 ;;
  demote) test -e $state || exit 7; echo unpromoted >$state; crm_master -v 5 ;;
  stop) grep -qx promoted $state && exit 8; rm -f $state ;;
  notify) echo "$OCF_RESKEY_CRM_meta_notify_type $OCF_RESKEY_CRM_meta_notify_operation" >/run/resource-agents/heard ;;
  monitor) test -e $state || exit 7; grep -qx promoted $state && exit 8; exit 0 ;;
  *) exit 3 ;;
esac
`;

/** Why there can be none on this machine; null when there can, as far as that can be told. */
export function whyNot(engine: EngineName): string | null {
  if (process.getuid?.() !== 0) return `a private ${engine} needs root`;
  const program = { podman: '/usr/bin/podman', docker: '/usr/sbin/dockerd' }[engine];
  if (!existsSync(program)) return `${program} is not installed`;
  return busybox === undefined ? 'busybox is not installed: an image is made of it' : null;
}

/** What cannot be started says why. */
export async function startEngine(engine: EngineName): Promise<PrivateEngine> {
  const folder = mkdtempSync(join(tmpdir(), `sempre-${engine}-${process.pid}-`));
  const stop = engine === 'docker' ? await startDocker(folder) : null;
  const bins =
    engine === 'docker' ? [dockerProgram(folder)] : ['crun', 'runc'].map((each) => podmanProgram(folder, each));
  const refusals: string[] = [];
  for (const bin of bins) {
    const call = (...args: readonly string[]): string =>
      execFileSync(join(bin, engine), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const clean = (): void => {
      const left = call('ps', '--all', '--quiet').split('\n').filter(Boolean);
      // Without asking what runs to end first: it may be deaf.
      const now = engine === 'podman' ? ['--time=0'] : [];
      if (left.length > 0) call('rm', '--force', '--volumes', ...now, ...left);
    };
    const end = async (): Promise<void> => {
      clean();
      await stop?.();
      removeFolder(folder);
    };
    try {
      call('import', imageTar(folder), image);
      call('run', '--rm', '--network=host', image, '/bin/true');
      return { folder, path: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`, call, clean, end };
    } catch (error) {
      refusals.push((error as Error).message.trim().split('\n').at(-1) ?? '');
    }
  }
  await stop?.();
  removeFolder(folder);
  throw new Error(`${engine} runs no container here: ${refusals.join('; ')}`);
}

/** Machines in machines may raise no limits, and have control groups in the ways of both versions: one runtime of two gets along. */
function podmanProgram(folder: string, runtime: string): string {
  const conf = join(folder, 'containers.conf');
  writeFileSync(conf, '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n');
  const own = ['root', 'runroot'].map((option) => `--${option}=${join(folder, option)}`).join(' ');
  const program = `/usr/bin/podman ${own} --storage-driver=vfs --cgroup-manager=cgroupfs --runtime=${runtime}`;
  return programIn(folder, runtime, 'podman', `export CONTAINERS_CONF=${conf}\nexec ${program} "$@"`);
}

const dockerProgram = (folder: string): string =>
  programIn(folder, 'docker', 'docker', `exec /usr/bin/docker --host=${socketOf(folder)} "$@"`);

const socketOf = (folder: string): string => `unix://${join(folder, 'docker.sock')}`;

function programIn(folder: string, name: string, program: string, text: string): string {
  const bin = join(folder, `bin-${name}`);
  mkdirSync(bin);
  writeFileSync(join(bin, program), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return bin;
}

/** Engines leave mounts behind. */
function removeFolder(folder: string): void {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  for (const path of mounted.filter((each) => each.startsWith(`${folder}/`)).reverse())
    spawnSync('umount', ['--lazy', path]);
  rmSync(folder, { recursive: true, force: true });
}

/** It must not outlive a test run that is killed. */
async function startDocker(folder: string): Promise<() => Promise<void>> {
  const own = [`--host=${socketOf(folder)}`, `--data-root=${folder}/data`, `--exec-root=${folder}/exec`];
  const quiet = [`--pidfile=${folder}/pid`, '--iptables=false', '--bridge=none', '--storage-driver=vfs'];
  const argv = ['--pdeathsig', 'TERM', '/usr/sbin/dockerd', ...own, ...quiet, '--default-ulimit=nofile=1024:1024'];
  const child = spawn('setpriv', argv, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const deadlineMs = performance.now() + 30_000;
  while (!existsSync(join(folder, 'docker.sock')) && performance.now() < deadlineMs) await sleep(100);
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

function imageTar(folder: string): string {
  const root = join(folder, 'image');
  const tar = join(folder, 'image.tar');
  if (existsSync(tar)) return tar;
  const agents = join(root, 'usr/lib/ocf/resource.d/test');
  for (const each of [join(root, 'bin'), join(root, 'tmp'), agents]) mkdirSync(each, { recursive: true });
  copyFileSync(busybox ?? '', join(root, 'bin/busybox'));
  for (const applet of applets) symlinkSync('busybox', join(root, 'bin', applet));
  writeFileSync(join(agents, 'mark'), agent, { mode: 0o755 });
  writeFileSync(join(agents, 'role'), roleAgent, { mode: 0o755 });
  execFileSync('tar', ['-C', root, '-cf', tar, '.']);
  return tar;
}

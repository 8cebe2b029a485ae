/** A real podman for lab tests, with images and containers of its own, and an image that needs no registry: a static busybox. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PrivatePodman {
  readonly folder: string;
  /** Holds a `podman` that knows nothing but what is in `folder`. */
  readonly path: string;
  readonly podman: (...args: readonly string[]) => string;
  readonly end: () => void;
}

export const image = 'localhost/sempre-test:1';

const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
const programs = ['sh', 'sleep', 'true', 'false', 'cat', 'test', 'touch', 'rm', 'kill', 'env', 'hostname', 'echo'];

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

/** Why there is none on this machine, or what is there. */
export function startPodman(): PrivatePodman | string {
  if (process.getuid?.() !== 0) return 'a private podman needs root';
  if (!existsSync('/usr/bin/podman')) return 'podman is not installed';
  if (busybox === undefined) return 'busybox is not installed: an image is made of it';
  const folder = mkdtempSync(join(tmpdir(), `sempre-podman-${process.pid}-`));
  const tried = ['crun', 'runc'].map((runtime) => open(folder, runtime));
  const found = tried.find((each) => typeof each !== 'string');
  if (found !== undefined) return found;
  rmSync(folder, { recursive: true, force: true });
  return `podman runs no container here: ${tried.join('; ')}`;
}

/** Machines in machines may raise no limits, and have control groups in the ways of both versions: one runtime in two gets along. */
function open(folder: string, runtime: string): PrivatePodman | string {
  const path = join(folder, `bin-${runtime}`);
  mkdirSync(path);
  const conf = join(folder, 'containers.conf');
  writeFileSync(conf, '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n');
  const own = ['root', 'runroot'].map((option) => `--${option}=${join(folder, option)}`).join(' ');
  const program = `/usr/bin/podman ${own} --storage-driver=vfs --cgroup-manager=cgroupfs --runtime=${runtime}`;
  writeFileSync(join(path, 'podman'), `#!/bin/sh\nexport CONTAINERS_CONF=${conf}\nexec ${program} "$@"\n`, { mode: 0o755 });
  const podman = (...args: readonly string[]): string =>
    execFileSync(join(path, 'podman'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => {
    podman('rm', '--all', '--force', '--time', '0');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    podman('import', imageTar(folder), image);
    podman('run', '--rm', '--network=host', image, '/bin/true');
  } catch (error) {
    return `${runtime}: ${(error as Error).message.trim().split('\n').at(-1)}`;
  }
  return { folder, path: `${path}:/usr/sbin:/usr/bin:/sbin:/bin`, podman, end };
}

function imageTar(folder: string): string {
  const root = join(folder, 'image');
  const tar = join(folder, 'image.tar');
  if (existsSync(tar)) return tar;
  for (const each of ['bin', 'etc', 'tmp', 'usr/lib/ocf/resource.d/test']) mkdirSync(join(root, each), { recursive: true });
  copyFileSync(busybox ?? '', join(root, 'bin/busybox'));
  for (const program of programs) symlinkSync('busybox', join(root, 'bin', program));
  writeFileSync(join(root, 'usr/lib/ocf/resource.d/test/mark'), agent, { mode: 0o755 });
  execFileSync('tar', ['-C', root, '-cf', tar, '.']);
  return tar;
}

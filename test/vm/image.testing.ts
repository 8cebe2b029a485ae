/**
 * The guests' kernel and first file system, made from Debian packages and kept outside of the tree.
 *
 * The kernel is downloaded and unpacked, not installed. The guest's root is its initramfs: busybox, a few modules, and the
 * libraries that Node asks for. Node itself and the project come in over 9p from the checkout, as they are.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { unpackKernel } from './vmlinux.testing.ts';

export const checkout = dirname(dirname(import.meta.dirname));
export const nodeProgram = process.execPath;

/** Loaded at each boot, and only copied. */
const early = [
  'virtio_pci',
  'virtio_blk',
  'crc32c_generic',
  'ext4',
  'virtio_console',
  'virtio_net',
  '9pnet_virtio',
  '9p',
  'virtio_rng',
];
const late = ['softdog', 'i6300esb'];

const cacheFolder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sempre/vm');

type Say = (line: string) => void;

export async function buildImage(say: Say): Promise<{ folder: string } | { skip: string }> {
  const kernel = kernelPackage();
  if (kernel === null) return { skip: 'apt knows no package linux-image-amd64 (apt-get update?)' };
  const folder = join(cacheFolder, hashOf(kernel));
  if (existsSync(join(folder, 'initrd'))) return { folder };
  const beginMs = performance.now();
  say(`building the image with ${kernel} ...`);
  const work = mkdtempSync(join(tmpdir(), 'sempre-vm-'));
  try {
    build(kernel.split(' ')[0] ?? '', work);
    mkdirSync(dirname(folder), { recursive: true });
    rmSync(folder, { recursive: true, force: true });
    run('mv', [join(work, 'out'), folder]);
  } catch (error) {
    return { skip: `the image could not be built: ${(error as Error).message}` };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  forgetOld(folder);
  say(`built in ${((performance.now() - beginMs) / 1000).toFixed(1)} s`);
  return { folder };
}

/** Name and version of the newest kernel that apt knows. */
function kernelPackage(): string | null {
  const shown = spawnSync('apt-cache', ['show', '--no-all-versions', 'linux-image-amd64'], { encoding: 'utf8' });
  const depends = /^Depends: (linux-image-\S+) \(= (\S+)\)/m.exec(shown.stdout ?? '');
  return depends === null ? null : `${depends[1]} ${depends[2]}`;
}

/** Of all that goes in, but for what comes over 9p. */
function hashOf(kernel: string): string {
  const hash = createHash('sha256').update(kernel).update(libraries().join()).update(readFileSync('/bin/busybox'));
  for (const name of ['image.testing.ts', 'vmlinux.testing.ts', 'guest-init.sh'])
    hash.update(readFileSync(join(import.meta.dirname, name)));
  return hash.digest('hex').slice(0, 16);
}

function forgetOld(folder: string): void {
  for (const name of readdirSync(cacheFolder))
    if (name !== basename(folder)) rmSync(join(cacheFolder, name), { recursive: true, force: true });
}

function build(kernel: string, work: string): void {
  // apt downloads as a user of its own.
  chmodSync(work, 0o777);
  run('apt-get', ['-q', 'download', kernel], work);
  const file = readdirSync(work).find((name) => name.endsWith('.deb')) ?? '';
  run('dpkg-deb', ['-x', join(work, file), join(work, 'kernel')]);
  mkdirSync(join(work, 'out'));
  const version = readdirSync(join(work, 'kernel/lib/modules'))[0] ?? '';
  unpackKernel(join(work, 'kernel/boot', `vmlinuz-${version}`), join(work, 'out/vmlinux'));
  layOutRoot(join(work, 'root'), join(work, 'kernel'), version);
  const packed = spawnSync('sh', ['-c', 'find . | cpio -o -H newc --quiet | gzip -1 > ../out/initrd'], {
    cwd: join(work, 'root'),
    encoding: 'utf8',
  });
  if (packed.status !== 0) throw new Error(`cpio: ${packed.stderr}`);
}

function layOutRoot(root: string, kernel: string, version: string): void {
  for (const folder of [
    'bin',
    'modules',
    'late',
    'proc',
    'sys',
    'dev',
    'run',
    'tmp',
    'src',
    'code',
    'var',
    'etc',
    'root',
  ])
    mkdirSync(join(root, folder), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  copyFileSync(join(import.meta.dirname, 'guest-init.sh'), join(root, 'init'));
  chmodSync(join(root, 'init'), 0o755);
  for (const library of libraries()) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
  run('depmod', ['-b', kernel, version]);
  const known = dependencies(join(kernel, 'lib/modules', version));
  copyModules(early, known, join(root, 'modules'));
  copyModules(late, known, join(root, 'late'));
}

/** What the dynamic loader needs for Node, and the loader itself. */
function libraries(): string[] {
  const lines = run('ldd', [nodeProgram]).split('\n');
  return lines.flatMap((line) => /=> (\/\S+)/.exec(line)?.[1] ?? /^\s*(\/\S+) \(/.exec(line)?.[1] ?? []);
}

/** Module name to files in the order in which they must be loaded. */
function dependencies(folder: string): ReadonlyMap<string, readonly string[]> {
  const lines = readFileSync(join(folder, 'modules.dep'), 'utf8').trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [file = '', rest = ''] = line.split(':');
      const needs = rest.trim().split(' ').filter(Boolean).reverse();
      return [basename(file, '.ko'), [...needs, file].map((each) => join(folder, each))];
    }),
  );
}

/** Numbered, so that loading them by name is loading them in order. */
function copyModules(names: readonly string[], known: ReadonlyMap<string, readonly string[]>, target: string): void {
  const files = new Set(names.flatMap((name) => known.get(name) ?? []));
  for (const [i, file] of [...files].entries())
    copyFileSync(file, join(target, `${String(i).padStart(3, '0')}-${basename(file)}`));
}

function run(program: string, args: readonly string[], cwd?: string): string {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  const ran = spawnSync(program, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (ran.status !== 0) throw new Error(`${program}: ${(ran.stderr ?? ran.error?.message ?? '').trim().slice(-300)}`);
  return ran.stdout;
}

/**
 * What the tests in virtual machines need: QEMU and a few tools, and the image. As root on Debian it installs what is missing;
 * where it cannot, the tests are skipped with a word that says why.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { buildImage } from './image.testing.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the image lies, or why there is none. */
    readonly vmImage: { readonly folder: string } | { readonly skip: string };
  }
}

/** Program, and the Debian package that has it. */
const needed: readonly (readonly [string, string])[] = [
  ['/usr/bin/qemu-system-x86_64', 'qemu-system-x86'],
  ['/bin/busybox', 'busybox-static'],
  ['/usr/bin/cpio', 'cpio'],
  ['/usr/bin/xz', 'xz-utils'],
  ['/sbin/depmod', 'kmod'],
  ['/sbin/mke2fs', 'e2fsprogs'],
  ['/usr/bin/setpriv', 'util-linux'],
];

export default async function setup(project: TestProject): Promise<void> {
  const image = await prepare();
  if ('skip' in image) process.stderr.write(`vm: the tests in virtual machines are SKIPPED: ${image.skip}\n`);
  project.provide('vmImage', image);
}

async function prepare(): Promise<{ folder: string } | { skip: string }> {
  if (process.arch !== 'x64') return { skip: `this machine is ${process.arch}, and the guests are x86-64` };
  const skip = install(needed.filter(([program]) => !existsSync(program)).map(([, name]) => name));
  if (skip !== null) return { skip };
  return buildImage((line) => process.stderr.write(`vm: ${line}\n`));
}

function install(packages: readonly string[]): string | null {
  if (packages.length === 0) return null;
  const missing = `not installed: ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return `${missing} (root on Debian could do that)`;
  process.stderr.write(`vm: apt-get install ${packages.join(' ')} ...\n`);
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      encoding: 'utf8',
    });
  apt('update');
  const done = apt('install', '--no-install-recommends', ...packages);
  return done.status === 0 ? null : `${missing}, and apt-get failed: ${done.stderr.trim().split('\n').at(-1) ?? ''}`;
}

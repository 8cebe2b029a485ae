/** Runs a broken copy of the code until a check notices. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BatchResult } from '../batch.ts';
import type { Mutant } from './table.ts';

export interface Caught {
  readonly check: string;
  readonly seed: number;
  readonly seconds: number;
  readonly message: string;
}

export interface Limits {
  readonly from: number;
  readonly seeds: number;
  readonly jobs: number;
}

const root = resolve(import.meta.dirname, '../..');

/** A copy of the code as it is, so that it stays the same while others work on it. */
export function makeBase(): { readonly folder: string; remove(): void } {
  const folder = copyOf(root);
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** Between two words about what has been run. */
const pieceSeeds = 2500;

/** Null: no seed noticed. `onProgress` hears how many have been run without one that did. */
export async function hunt(
  base: string,
  mutant: Mutant,
  { from, seeds, jobs }: Limits,
  onProgress: (done: number) => void,
): Promise<Caught | null> {
  const folder = copyOf(base);
  try {
    patch(folder, mutant);
    const startedAt = performance.now();
    for (let next = from; next < from + seeds; ) {
      const piece = Math.min(pieceSeeds, from + seeds - next);
      const { failed } = await run(folder, mutant, { from: next, seeds: piece, jobs });
      if (failed === null) {
        next += piece;
        onProgress(next - from);
        continue;
      }
      const healthy = await run(base, mutant, { from: failed.seed, seeds: 1, jobs: 1 });
      if (healthy.failed === null) return { ...failed, seconds: (performance.now() - startedAt) / 1000 };
      next = failed.seed + 1;
    }
    return null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function copyOf(from: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sempre-mutant-'));
  for (const part of ['src', 'sim', 'package.json']) cpSync(join(from, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function patch(folder: string, { name, file, find, replace }: Mutant): void {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new RangeError(
      `mutant ${name}: its text occurs ${parts.length - 1} times in ${file}, and has to occur once: ${find}`,
    );
  writeFileSync(path, parts.join(replace));
}

function run(folder: string, { world }: Mutant, { from, seeds, jobs }: Limits): Promise<BatchResult> {
  const args = ['sim/main.ts', '--brief', '--from', String(from), '--seeds', String(seeds), '--jobs', String(jobs)];
  if (world !== undefined) args.push('--world', world);
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder }, (error, stdout, stderr) => {
      // Exit code 1 says that a seed failed, and the line says which.
      if (stdout.startsWith('{')) resolve(JSON.parse(stdout) as BatchResult);
      else reject(error ?? new Error(stderr));
    });
  });
}

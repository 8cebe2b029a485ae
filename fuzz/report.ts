/** What a run found, for people: a table, and each failure with the command that repeats it. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended } from './jobs.ts';
import type { Failed } from './run.ts';

const folder = '.fuzz';

export function table(ended: readonly Ended[]): string {
  const rows = ended.map(({ target, outcome }) => [
    target.name,
    String(outcome.inputs),
    String(Math.round((outcome.inputs * 1000) / Math.max(1, outcome.tookMs))),
    String(outcome.kept),
    String(outcome.words),
    outcome.worstMs.toFixed(1),
    outcome.grownMb.toFixed(1),
    outcome.failed === null ? 'ok' : 'FAILED',
  ]);
  const head = ['target', 'inputs', 'inputs/s', 'corpus', 'words', 'worst ms', 'grown MiB', 'result'];
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 || i === 7 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ');
  return [line(head), ...rows.map(line)].map((text) => `${text.trimEnd()}\n`).join('');
}

/** Keeps the input, and says how to see it again. */
export function tellFailure({ target, outcome }: Ended, seed: number): string {
  if (outcome.failed === null) return '';
  const path = keep(target.name, outcome.failed);
  const { input, broken } = outcome.failed;
  return [
    `${target.name}: ${broken}`,
    `  seed ${seed}, input ${outcome.inputs}, ${input.length} bytes: ${JSON.stringify(input.toString('latin1', 0, 200))}`,
    `  npm run fuzz -- --only ${target.name} --input ${path}`,
    '',
  ].join('\n');
}

function keep(name: string, { input }: Failed): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`);
  writeFileSync(path, input);
  return path;
}

/** `sempre diff [N [M]]`: what differs between two versions of the cluster file, in words and line by line. */
import { type Content, changesBetween } from '../api/diff-clusters.ts';
import { type DiffLine, unifiedDiff } from '../api/diff-lines.ts';
import type { HistoryEntryAnswer } from '../api/history.ts';
import { parseClusterFile } from '../config/parse.ts';
import { showVersion } from '../core/state.ts';
import { exit } from '../lib/exit.ts';
import { type Context, fail, isForMachines, print } from './context.ts';
import { findVersion, type ReadOptions } from './history.ts';
import { type Look, paint, type Tone } from './terminal.ts';

export interface Difference {
  readonly schemaVersion: 1;
  readonly from: string;
  readonly to: string;
  /** Null: this program no longer understands one of the files. */
  readonly changes: readonly string[] | null;
  readonly lines: readonly DiffLine[];
}

/** Exit code 1 when they differ, as of `diff`. */
export async function diff(context: Context, from: string, to: string, { output }: ReadOptions): Promise<number> {
  const before = await findVersion(context, from);
  if (!before.ok) return fail(context, before.failure);
  const after = await findVersion(context, to);
  if (!after.ok) return fail(context, after.failure);
  const difference = differenceOf(before.value.entry, after.value.entry);
  const isSame = difference.lines.length === 0 && difference.changes?.length === 0;
  if (isForMachines(output)) await print(context, output, difference);
  else context.terminal.out(renderDifference(difference, context.terminal.look));
  return isSame ? exit.ok : exit.failed;
}

export function differenceOf(before: HistoryEntryAnswer, after: HistoryEntryAnswer): Difference {
  const from = showVersion(before.version);
  const to = showVersion(after.version);
  const [old, now] = [contentOf(before), contentOf(after)];
  return {
    schemaVersion: 1,
    from,
    to,
    changes: old === null || now === null ? null : changesBetween(old, now),
    lines: unifiedDiff(before.source, after.source, [
      `version ${from} of ${before.at}`,
      `version ${to} of ${after.at}`,
    ]),
  };
}

function contentOf({ source, admin }: HistoryEntryAnswer): Content | null {
  const { cluster } = parseClusterFile(source, 'history');
  return cluster === null ? null : { cluster, admin };
}

const tones: Readonly<Record<DiffLine['kind'], Tone>> = {
  head: 'strong',
  hunk: 'dim',
  same: 'plain',
  added: 'good',
  removed: 'bad',
};

export function renderDifference({ from, to, changes, lines }: Difference, look: Look): string {
  const title = paint(look, 'strong', `From version ${from} to ${to}`);
  const words = changes ?? ['one of the files is not understood by this version of Sempre; only the text is compared'];
  const summary = words.length === 0 ? ['nothing that matters'] : words;
  const shown = lines.map(({ kind, text }) => `${paint(look, tones[kind], text)}\n`);
  const same = lines.length === 0 ? ['The files are the same.\n'] : shown;
  return `${[title, ...summary.map((each) => `  ${each}`)].join('\n')}\n\n${same.join('')}`;
}

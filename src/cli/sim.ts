/** `sempre sim --journal FILE|DIR`: what a node decided, decided again from what its flight recorder kept. */
import { replayJournal } from '../daemon/recorder-report.ts';
import { exit } from '../lib/exit.ts';
import { type Context, fail } from './context.ts';

/** Exit code 1 when something is decided otherwise. */
export async function sim(context: Context, journal: string): Promise<number> {
  const replayed = await replayJournal(journal, (line) => context.terminal.out(`${line}\n`));
  if (!replayed.ok) return fail(context, replayed.failure);
  return replayed.value.same ? exit.ok : exit.failed;
}

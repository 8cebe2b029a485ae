/** `sempre history`: the versions of the cluster file that were in force, and `sempre history show N`: one of them. */

import type { Called } from '../api/client.ts';
import { type HistoryAnswer, type HistoryEntryAnswer, type HistoryVersion, parseVersion } from '../api/history.ts';
import { showVersion } from '../core/state.ts';
import { failure } from '../lib/errors.ts';
import { exit } from '../lib/exit.ts';
import { type Context, type Format, fail, isForMachines, print } from './context.ts';
import { localTime } from './render-event.ts';
import { type Cell, section } from './table.ts';
import type { Look } from './terminal.ts';

export interface ReadOptions {
  readonly output: Format;
}

export async function history(context: Context, { output }: ReadOptions): Promise<number> {
  const answer = await askHistory(context);
  if (!answer.ok) return fail(context, answer.failure);
  if (isForMachines(output)) await print(context, output, answer.value);
  else context.terminal.out(renderHistory(answer.value, context.terminal.look));
  const { silent } = answer.value;
  if (silent.length > 0) context.terminal.note(`versions that only ${silent.join(', ')} saw are missing: no answer`);
  return exit.ok;
}

export async function historyShow(context: Context, name: string, { output }: ReadOptions): Promise<number> {
  const found = await findVersion(context, name);
  if (!found.ok) return fail(context, found.failure);
  if (isForMachines(output)) await print(context, output, found.value.entry);
  else context.terminal.out(found.value.entry.source);
  return exit.ok;
}

export const askHistory = (context: Context): Promise<Called<HistoryAnswer>> =>
  context.client.call<HistoryAnswer>({ method: 'GET', path: '/v1/history' });

export interface FoundVersion {
  readonly history: HistoryAnswer;
  readonly entry: HistoryEntryAnswer;
}

/** A version as a user names it: `4.2` as everywhere, or how many versions back from the one in force (0). */
export async function findVersion(context: Context, name: string): Promise<Called<FoundVersion>> {
  const history = await askHistory(context);
  if (!history.ok) return history;
  const version = parseVersion(name) ?? versionBack(history.value.versions, name);
  if (version === null) return failure('NO_SUCH_OBJECT', `the history has no version ${name}`, 'sempre history');
  const path = `/v1/history?version=${showVersion(version)}`;
  const entry = await context.client.call<HistoryEntryAnswer>({ method: 'GET', path });
  if (entry.ok) return { ok: true, value: { history: history.value, entry: entry.value } };
  return { ok: false, failure: { ...entry.failure, next: entry.failure.next ?? 'sempre history' } };
}

const versionBack = (versions: readonly HistoryVersion[], name: string): HistoryVersion['version'] | null =>
  /^\d{1,4}$/.test(name) ? (versions.find(({ back }) => back === Number(name))?.version ?? null) : null;

export function renderHistory(answer: HistoryAnswer, look: Look): string {
  if (answer.versions.length === 0) return 'No version of the cluster file has been in force yet.\n';
  const all = Math.max(...answer.versions.map(({ nodes }) => nodes.length));
  const rows = answer.versions.map((version): Cell[] => [
    { text: version.back === null ? '-' : String(version.back), tone: 'strong' },
    showVersion(version.version),
    localTime(new Date(version.at)),
    // Where all know it, their names say nothing.
    version.nodes.length < all ? version.nodes.join(' ') : '',
    version.because,
    { text: whatOf(version), tone: version.withdrawn ? 'dim' : version.back === 0 ? 'good' : 'plain' },
  ]);
  return section(
    look,
    'Versions of the cluster file',
    ['BACK', 'VERSION', 'IN FORCE SINCE', 'ONLY ON', 'WHY', 'WHAT'],
    rows,
  );
}

const whatOf = ({ what, withdrawn, back }: HistoryVersion): string =>
  `${back === 0 ? 'in force: ' : withdrawn ? 'withdrawn: ' : ''}${what.join('; ')}`;

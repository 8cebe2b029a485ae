/** `sempre rollback N`: an old cluster file takes effect again, as a new version, as if it had been written again. */
import { parseVersion } from '../api/history.ts';
import { parseClusterFile } from '../config/parse.ts';
import { renderProblems } from '../config/render.ts';
import { showVersion } from '../core/state.ts';
import { applyChange } from './apply.ts';
import { type ChangeOptions, change } from './change.ts';
import { type Context, fail, isForMachines } from './context.ts';
import { differenceOf, renderDifference } from './diff.ts';
import { type FoundVersion, findVersion } from './history.ts';

export async function rollback(
  context: Context,
  name: string,
  ifVersion: string | null,
  options: ChangeOptions,
): Promise<number> {
  const expected = ifVersion === null ? null : parseVersion(ifVersion);
  if (ifVersion !== null && expected === null) {
    const message = `--if-version takes a version such as 12.3, not ${ifVersion}`;
    return fail(context, { code: 'USAGE', message, next: 'sempre history' });
  }
  const found = await findVersion(context, name);
  if (!found.ok) return fail(context, found.failure);
  const { entry, history } = found.value;
  const version = showVersion(entry.version);
  const unfit = unfitBecause(entry.source, version);
  if (unfit !== null) return fail(context, unfit);
  await showDifference(context, found.value, options);
  const because = `rollback to the file of ${version}${options.reason === '' ? '' : `: ${options.reason}`}`;
  return change(
    context,
    // What was counted back from must still be in force: two people who go back at once do not go back twice.
    applyChange(context, `the file of version ${version}`, entry.source, expected ?? history.inForce, because),
    options,
  );
}

/** An old file may be one that this version of the software no longer takes. */
function unfitBecause(source: string, version: string) {
  const { cluster, problems } = parseClusterFile(source, `version ${version}`);
  if (cluster !== null) return null;
  const message = `the file of version ${version} has mistakes for this version of Sempre; nothing was changed\n${renderProblems(problems, source).trimEnd()}`;
  return {
    code: 'CONFIG_INVALID',
    message,
    next: `sempre history show ${version} > FILE, mend it, sempre apply FILE`,
  } as const;
}

/** On standard error, like everything that is for the person alone. What operators wished since then is not touched. */
async function showDifference(context: Context, { entry }: FoundVersion, options: ChangeOptions): Promise<void> {
  if (isForMachines(options.output)) return;
  const now = await findVersion(context, '0');
  if (!now.ok) return;
  const { admin } = now.value.entry;
  const difference = differenceOf(now.value.entry, { ...entry, admin });
  if (difference.lines.length > 0) context.terminal.note(renderDifference(difference, context.terminal.look));
}

/** `sempre plan [FILE] [--at TIME]`: what would be done, in order, with reasons; with the file that runs or with another one. */
import type { PlanAnswer } from '../api/status.ts';
import { parseDuration } from '../config/duration.ts';
import { showVersion } from '../core/state.ts';
import { exit } from '../lib/exit.ts';
import { readClusterFile } from './cluster-file.ts';
import { type Context, type Format, fail, isForMachines, print } from './context.ts';
import { actionRow } from './render-status.ts';
import { section } from './table.ts';
import type { Look } from './terminal.ts';

export async function plan(
  context: Context,
  file: string | null,
  options: { readonly at: string | null; readonly output: Format },
): Promise<number> {
  const at = options.at === null ? null : parseAt(options.at, new Date());
  if (options.at !== null && at === null) {
    const message = `--at takes 2h or a time such as 2026-12-24T18:00, not ${options.at}`;
    return fail(context, { code: 'USAGE', message, next: 'sempre plan --at 2h' });
  }
  const read = file === null ? null : await readClusterFile(context, file);
  if (read !== null && !read.ok) return read.exitCode;
  const body = { ...(read === null ? {} : { source: read.source }), ...(at === null ? {} : { at: at.toISOString() }) };
  const answer = await context.client.call<PlanAnswer>({ method: 'POST', path: '/v1/plan', body });
  if (!answer.ok) return fail(context, answer.failure);
  if (isForMachines(options.output)) await print(context, options.output, answer.value);
  else context.terminal.out(renderPlan(answer.value, context.terminal.look, at));
  return answer.value.actions.length === 0 ? exit.ok : exit.failed;
}

/** From now on, or a moment of the calendar, in UTC where it says no zone; null: it is neither. */
export function parseAt(text: string, now: Date): Date | null {
  const durationMs = parseDuration(text);
  const zoned = /T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : text.includes('T') ? `${text}Z` : text;
  const at =
    durationMs !== null ? now.getTime() + durationMs : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(zoned) : Number.NaN;
  return at >= 0 ? new Date(at) : null;
}

/** `at`: the moment that was asked about; null: now. */
export function renderPlan(answer: PlanAnswer, look: Look, at: Date | null = null): string {
  const count = answer.actions.length;
  const what = count === 0 ? 'nothing to do' : `${count} ${count === 1 ? 'action' : 'actions'}`;
  const when = at === null ? '' : ` at ${at.toISOString()}`;
  const nowhere = answer.unplaced.map(({ service, because }) => [service, because]);
  return [
    `${answer.cluster}, version ${showVersion(answer.version)}${when}: ${what}\n`,
    section(look, 'Actions', ['#', 'ACTION', 'AFTER', 'WHY'], answer.actions.map(actionRow)),
    section(look, 'Runs nowhere', ['SERVICE', 'WHY'], nowhere),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

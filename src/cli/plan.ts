/** `sempre plan [FILE]`: what would be done, in order, with reasons; with the file that runs or with another one. */
import type { PlanAnswer } from '../api/status.ts';
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
  options: { readonly output: Format },
): Promise<number> {
  const read = file === null ? null : await readClusterFile(context, file);
  if (read !== null && !read.ok) return read.exitCode;
  const body = read === null ? {} : { source: read.source };
  const answer = await context.client.call<PlanAnswer>({ method: 'POST', path: '/v1/plan', body });
  if (!answer.ok) return fail(context, answer.failure);
  if (isForMachines(options.output)) await print(context, options.output, answer.value);
  else context.terminal.out(renderPlan(answer.value, context.terminal.look));
  return answer.value.actions.length === 0 ? exit.ok : exit.failed;
}

export function renderPlan(answer: PlanAnswer, look: Look): string {
  const count = answer.actions.length;
  const what = count === 0 ? 'nothing to do' : `${count} ${count === 1 ? 'action' : 'actions'}`;
  const nowhere = answer.unplaced.map(({ service, because }) => [service, because]);
  return [
    `${answer.cluster}, version ${showVersion(answer.version)}: ${what}\n`,
    section(look, 'Actions', ['#', 'ACTION', 'AFTER', 'WHY'], answer.actions.map(actionRow)),
    section(look, 'Runs nowhere', ['SERVICE', 'WHY'], nowhere),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

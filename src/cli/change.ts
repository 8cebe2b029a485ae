/**
 * How every changing command goes: show the effect, ask, act, wait until the cluster has settled, report what became of it.
 *
 * What would interrupt a service is refused where nobody can be asked and nobody said --yes.
 */
import type { CommandBody, PlanBody } from '../api/body.ts';
import type { ClusterStatus, CommandAnswer, EventsAnswer, PlanAnswer } from '../api/status.ts';
import { showVersion } from '../core/state.ts';
import { exit } from '../lib/exit.ts';
import { type Context, fail, isForMachines, print, sleep } from './context.ts';
import { renderEvent } from './render-event.ts';
import { actionRow } from './render-status.ts';
import { section } from './table.ts';
import { paint } from './terminal.ts';

export interface ChangeOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly reason: string;
  readonly output: 'table' | 'json' | 'yaml';
}

export interface Change {
  readonly command: CommandBody;
  /** What to ask for the plan; null: it has no effect on services that could be shown. */
  readonly foresee: Partial<PlanBody> | null;
  readonly title: string;
  /** What somebody should know before it is done. */
  readonly meaning?: readonly string[];
  /** To be typed in place of a yes, where a slip would be grave. */
  readonly word?: string;
  /** It is for a side without quorum too, where no plan can be shown. */
  readonly worksAlone?: boolean;
  /** Whether it is still under way, where a calm cluster does not say so. */
  pending?(status: ClusterStatus): boolean;
  /** Whether somebody must agree, given what would be done. */
  needsYes(plan: PlanAnswer | null): boolean;
  /** Whether it came out as wanted, once the cluster has settled; null: it did. */
  missed(status: ClusterStatus): string | null;
}

export async function change(context: Context, wanted: Change, options: ChangeOptions): Promise<number> {
  const plan = wanted.foresee === null ? null : await foresee(context, wanted.foresee);
  const isAlone = plan !== null && !plan.ok && plan.failure.code === 'NO_QUORUM' && wanted.worksAlone === true;
  if (plan !== null && !plan.ok && !isAlone) return fail(context, plan.failure);
  const effect = plan?.ok === true ? plan.value : null;
  if (options.dryRun) return showDryRun(context, wanted, effect, options);
  const agreed = await agree(context, wanted, effect, options);
  if (agreed !== true) return agreed;
  const since = await eventsNow(context);
  const answer = await context.client.call<CommandAnswer>({
    method: 'POST',
    path: '/v1/command',
    body: wanted.command,
  });
  if (!answer.ok) return fail(context, answer.failure);
  const { value } = answer;
  if (!value.changed) return finish(context, options, exit.ok, `${wanted.title}: it was so already`, value, null);
  if (!options.wait)
    return finish(context, options, exit.ok, `${wanted.title}: accepted, carried out now`, value, null);
  return report(context, wanted, value, await waitUntilSettled(context, wanted, value, since, options), options);
}

const foresee = (context: Context, body: Partial<PlanBody>) =>
  context.client.call<PlanAnswer>({ method: 'POST', path: '/v1/plan', body });

async function showDryRun(
  context: Context,
  wanted: Change,
  plan: PlanAnswer | null,
  options: ChangeOptions,
): Promise<number> {
  const { terminal } = context;
  if (isForMachines(options.output)) await print(context, options.output, { ...plan, changed: false, dryRun: true });
  else
    terminal.out(`${wanted.title} (dry run, nothing was changed)\n${meaningText(wanted)}${effectText(context, plan)}`);
  return exit.ok;
}

const meaningText = ({ meaning = [] }: Change): string => meaning.map((line) => `  ${line}\n`).join('');

function effectText({ terminal }: Context, plan: PlanAnswer | null): string {
  if (plan === null) return '';
  const nothing = plan.actions.length === 0 ? '  No service is started, stopped or moved.\n' : '';
  const unplaced = section(
    terminal.look,
    'Will run nowhere',
    ['SERVICE', 'WHY'],
    plan.unplaced.map(({ service, because }) => [{ text: service, tone: 'bad' as const }, because]),
  );
  return (
    nothing + section(terminal.look, 'Actions', ['#', 'ACTION', 'AFTER', 'WHY'], plan.actions.map(actionRow)) + unplaced
  );
}

async function agree(
  context: Context,
  wanted: Change,
  plan: PlanAnswer | null,
  options: ChangeOptions,
): Promise<true | number> {
  if (options.yes || !wanted.needsYes(plan)) return true;
  const { terminal } = context;
  if (!terminal.canAsk) {
    const stops = (plan?.actions ?? [])
      .filter((action) => action.verb === 'stop')
      .map((action) => `${action.service} on ${action.node}`);
    for (const line of wanted.meaning ?? []) terminal.note(line);
    const what = stops.length === 0 ? 'it needs a yes' : `it stops ${stops.join(', ')}`;
    const message = `${wanted.title}: ${what}, and nobody is there to be asked`;
    return fail(context, {
      code: 'NOT_CONFIRMED',
      message,
      next: 'the same command with --yes, or with --dry-run to see what it would do',
    });
  }
  terminal.note(`${wanted.title}\n${meaningText(wanted)}${effectText(context, plan)}`.trimEnd());
  const question = wanted.word === undefined ? 'Go on?' : `Type ${wanted.word} to go on:`;
  if (await terminal.confirm(question, wanted.word)) return true;
  terminal.note('Nothing was changed.');
  return exit.failed;
}

// ---------------------------------------------------------------- wait and report

const pollMs = 200;
/** One look may come between two actions; more than two also give the last events the time to arrive. */
const stableLooks = 3;

type Waited = { readonly how: 'settled' | 'stuck' | 'late'; readonly status: ClusterStatus | null };

/** Looks again and again; a daemon that does not answer for a moment is no end of it. */
async function waitUntilSettled(
  context: Context,
  wanted: Change,
  answer: CommandAnswer,
  since: string,
  options: ChangeOptions,
): Promise<Waited> {
  const endMs = performance.now() + options.timeoutMs;
  let status: ClusterStatus | null = null;
  let cursor = since;
  let quiet = 0;
  while (performance.now() < endMs) {
    await sleep(pollMs);
    const looked = await context.client.call<ClusterStatus>({ method: 'GET', path: '/v1/status', timeoutMs: 3000 });
    cursor = await showProgress(context, cursor, options);
    if (!looked.ok) continue;
    status = looked.value;
    const isDone = (status.settled || status.stuck) && wanted.pending?.(status) !== true;
    quiet = knows(status, answer) && isDone ? quiet + 1 : 0;
    if (quiet >= stableLooks) return { how: status.settled ? 'settled' : 'stuck', status };
  }
  return { how: 'late', status };
}

/** Where the events are now; empty when nobody can tell. */
async function eventsNow({ client }: Context): Promise<string> {
  const answer = await client.call<EventsAnswer>({ method: 'GET', path: '/v1/events?limit=1', timeoutMs: 3000 });
  return answer.ok ? answer.value.cursor : '';
}

/** Shows what happened since the cursor, and gives the next one. */
async function showProgress({ client, terminal }: Context, cursor: string, options: ChangeOptions): Promise<string> {
  const path = `/v1/events?after=${encodeURIComponent(cursor)}`;
  const answer = await client.call<EventsAnswer>({ method: 'GET', path, timeoutMs: 3000 });
  if (!answer.ok) return cursor;
  if (!isForMachines(options.output)) {
    for (const event of answer.value.events) terminal.note(`  ${renderEvent(event, terminal.look)}`);
  }
  return answer.value.cursor;
}

const knows = (status: ClusterStatus, { version }: CommandAnswer): boolean =>
  status.version.view > version.view ||
  (status.version.view === version.view && status.version.counter >= version.counter);

async function report(
  context: Context,
  wanted: Change,
  answer: CommandAnswer,
  waited: Waited,
  options: ChangeOptions,
): Promise<number> {
  const { status, how } = waited;
  const seconds = options.timeoutMs / 1000;
  if (how === 'late' || status === null) {
    return finish(
      context,
      options,
      exit.timedOut,
      `${wanted.title}: accepted, but not finished after ${seconds} s; it goes on. See: sempre status`,
      answer,
      status,
    );
  }
  if (how === 'stuck') {
    const waits =
      status.pending.map((action) => action.blocked).find((blocked) => blocked !== null) ?? 'see sempre status';
    return finish(
      context,
      options,
      exit.partly,
      `${wanted.title}: not finished, an operator is needed: ${waits}`,
      answer,
      status,
    );
  }
  const missed = wanted.missed(status);
  if (missed !== null) return finish(context, options, exit.partly, `${wanted.title}: ${missed}`, answer, status);
  return finish(context, options, exit.ok, `${wanted.title}: done`, answer, status);
}

async function finish(
  context: Context,
  options: ChangeOptions,
  code: number,
  line: string,
  answer: CommandAnswer,
  status: ClusterStatus | null,
): Promise<number> {
  const { terminal } = context;
  if (isForMachines(options.output)) {
    await print(context, options.output, { ...answer, result: line, exitCode: code, settled: status?.settled ?? null });
  } else {
    const tone = code === exit.ok ? 'good' : 'warn';
    terminal.out(
      `${paint(terminal.look, tone, line)}${answer.changed ? ` (version ${showVersion(answer.version)})` : ''}\n`,
    );
  }
  return code;
}

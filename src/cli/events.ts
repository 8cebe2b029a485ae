/** `sempre events`: what happened on all nodes, one line a change, with its reason. */
import { readdir } from 'node:fs/promises';
import { type EventLine, type EventsAnswer, schemaVersion } from '../api/status.ts';
import { readEvents } from '../daemon/journal.ts';
import { reasonOf } from '../daemon/reason.ts';
import { exit } from '../lib/exit.ts';
import { type Context, type Format, fail, isForMachines, print } from './context.ts';
import { parseSince, renderEvent } from './render-event.ts';

export interface EventsOptions {
  readonly output: Format;
  readonly follow: boolean;
  readonly since: string | null;
  readonly limit: number;
  /** Only what this node wrote to its disk. */
  readonly local: boolean;
  /** Where that is. */
  readonly state: string;
}

export async function events(context: Context, options: EventsOptions): Promise<number> {
  const { terminal, client } = context;
  const since = options.since === null ? '' : parseSince(options.since, new Date());
  if (since === null) {
    return fail(context, {
      code: 'USAGE',
      message: `--since takes 10m, 2h, 3d or a time, not ${options.since}`,
      next: 'sempre events --since 1h',
    });
  }
  if (options.local) return localEvents(context, since, options);
  const path = `/v1/events?since=${encodeURIComponent(since)}&limit=${options.limit}`;
  const answer = await client.call<EventsAnswer>({ method: 'GET', path });
  if (!answer.ok) return fail(context, answer.failure);
  const asJson = isForMachines(options.output);
  if (isForMachines(options.output) && !options.follow) await print(context, options.output, answer.value);
  else for (const event of answer.value.events) show(event);
  if (answer.value.silent.length > 0)
    terminal.note(`events of ${answer.value.silent.join(', ')} are missing: no answer`);
  if (!options.follow) return exit.ok;
  const end = await client.follow('/v1/events?follow=1', (line) => show(JSON.parse(line) as EventLine));
  return end.ok ? exit.ok : fail(context, end.failure);

  function show(event: EventLine): void {
    terminal.out(asJson ? `${JSON.stringify(event)}\n` : `${renderEvent(event, terminal.look)}\n`);
  }
}

/** From the disk: for the day on which no daemon answers. */
async function localEvents(context: Context, since: string, options: EventsOptions): Promise<number> {
  const { output, state, limit, follow } = options;
  if (follow) return fail(context, { code: 'USAGE', message: '--local does not go with --follow', next: null });
  const names = await readdir(state).catch((error: unknown) => error);
  if (!Array.isArray(names)) {
    const message = `the state directory ${state} cannot be read: ${reasonOf(names)}`;
    return fail(context, { code: 'FILE_UNREADABLE', message, next: 'sempre events --local --state DIR' });
  }
  const events = (await readEvents(state)).filter(({ at }) => at >= since).slice(-limit);
  if (isForMachines(output)) await print(context, output, { schemaVersion, events });
  else for (const event of events) context.terminal.out(`${renderEvent(event, context.terminal.look)}\n`);
  return exit.ok;
}

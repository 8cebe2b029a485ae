/** `sempre events`: what happened on all nodes, one line a change, with its reason. */
import type { EventLine, EventsAnswer } from '../api/status.ts';
import { exit } from '../lib/exit.ts';
import { type Context, type Format, fail, isForMachines, print } from './context.ts';
import { parseSince, renderEvent } from './render-event.ts';

export interface EventsOptions {
  readonly output: Format;
  readonly follow: boolean;
  readonly since: string | null;
  readonly limit: number;
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

/** `sempre status`: the whole cluster on one screen, once or again and again. */
import type { ClusterStatus } from '../api/status.ts';
import { exit } from '../lib/exit.ts';
import { type Context, type Format, fail, isForMachines, print, sleep } from './context.ts';
import { renderStatus } from './render-status.ts';
import { paint } from './terminal.ts';

export interface StatusOptions {
  readonly output: Format;
  /** Milliseconds between two looks; null: look once. */
  readonly watchMs: number | null;
}

export async function status(context: Context, options: StatusOptions): Promise<number> {
  if (options.watchMs !== null) return watch(context, options.output, options.watchMs);
  const answer = await context.client.call<ClusterStatus>({ method: 'GET', path: '/v1/status' });
  if (!answer.ok) return fail(context, answer.failure);
  if (isForMachines(options.output)) await print(context, options.output, answer.value);
  else context.terminal.out(renderStatus(answer.value, context.terminal.look, options.output === 'wide'));
  return exit.ok;
}

/** Redraws on a terminal; on a pipe one JSON object a line. Goes on when the daemon is away: that is when one watches. */
async function watch(context: Context, format: Format, everyMs: number): Promise<number> {
  const { terminal, client } = context;
  const redraws = terminal.isTty && !isForMachines(format);
  for (;;) {
    const answer = await client.call<ClusterStatus>({ method: 'GET', path: '/v1/status', timeoutMs: 5000 });
    if (!redraws) {
      if (!answer.ok) return fail(context, answer.failure);
      terminal.out(`${JSON.stringify(answer.value)}\n`);
    } else {
      const text = answer.ok
        ? renderStatus(answer.value, terminal.look, format === 'wide')
        : `${paint(terminal.look, 'bad', answer.failure.message)}\n`;
      terminal.out(redrawn(text));
    }
    await sleep(everyMs);
  }
}

/** From the top left, each line cleared to its end and then the rest of the screen: no flicker, as clearing first would give. */
const redrawn = (text: string): string => `\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[J`;

/** `sempre token create`: one line that lets one new machine in, for a short while. */
import type { TokenAnswer } from '../api/identity.ts';
import { exit } from '../lib/exit.ts';
import { type Context, type Format, fail, isForMachines, print } from './context.ts';

export async function tokenCreate(
  context: Context,
  node: string | null,
  ttlMs: number,
  output: Format,
): Promise<number> {
  const answer = await context.client.call<TokenAnswer>({ method: 'POST', path: '/v1/token', body: { node, ttlMs } });
  if (!answer.ok) return fail(context, answer.failure);
  const { terminal } = context;
  if (isForMachines(output)) await print(context, output, answer.value);
  else {
    // The token alone is data, so that it can go through a pipe.
    terminal.out(`${answer.value.token}\n`);
    terminal.note(
      `It lets ${node ?? 'one machine'} in, once, until ${answer.value.expiresAt}. There: sempre join TOKEN`,
    );
    terminal.note('Whoever has it can join: do not leave it in a chat or a ticket.');
  }
  return exit.ok;
}

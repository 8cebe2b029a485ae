/** `sempre why SERVICE [NODE]`: why it runs there, or why not, with every rule that had a say. */
import type { WhyAnswer } from '../api/status.ts';
import { exit } from '../lib/exit.ts';
import { type Context, type Format, fail, isForMachines, print } from './context.ts';
import { renderWhy } from './render-why.ts';

export async function why(
  context: Context,
  service: string,
  node: string | null,
  options: { readonly output: Format },
): Promise<number> {
  const path = `/v1/why?service=${encodeURIComponent(service)}`;
  const answer = await context.client.call<WhyAnswer>({ method: 'GET', path });
  if (!answer.ok) return fail(context, answer.failure);
  const nodes = answer.value.nodes.map((each) => each.node);
  if (node !== null && !nodes.includes(node)) {
    return fail(context, {
      code: 'NO_SUCH_OBJECT',
      message: `there is no node ${node}; there are: ${nodes.join(', ')}`,
      next: `sempre why ${service}`,
    });
  }
  if (isForMachines(options.output)) {
    const data =
      node === null
        ? answer.value
        : { ...answer.value, nodes: answer.value.nodes.filter((each) => each.node === node) };
    await print(context, options.output, data);
  } else context.terminal.out(renderWhy(answer.value, node, context.terminal.look));
  return exit.ok;
}

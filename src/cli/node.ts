/** `sempre node standby|online NODE`: nothing runs on a node in standby, but it votes. */
import { type ChangeOptions, change } from './change.ts';
import type { Context } from './context.ts';

export function nodeStandby(context: Context, node: string, on: boolean, options: ChangeOptions): Promise<number> {
  const command = { kind: 'standby', node, on, because: options.reason } as const;
  return change(
    context,
    {
      command,
      foresee: { command },
      title: on ? `${node} goes to standby` : `${node} comes back online`,
      // On a node that runs nothing it interrupts nobody, but it takes a spare away: the question is worth it.
      needsYes: () => on,
      missed: (status) => {
        const left = status.nodes.find((each) => each.name === node)?.running ?? [];
        return on && left.length > 0 ? `${left.join(', ')} still run there` : null;
      },
    },
    options,
  );
}

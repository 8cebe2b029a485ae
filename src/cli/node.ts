/** `sempre node standby|online|confirm-off|fence NODE`. */
import { type ChangeOptions, change } from './change.ts';
import type { Context } from './context.ts';

/** Nothing runs on a node in standby, but it votes. */
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

/** The operator stands for it: what the node ran is started elsewhere. */
export function nodeConfirmOff(context: Context, node: string, options: ChangeOptions): Promise<number> {
  const command = { kind: 'confirmOff', node, because: options.reason } as const;
  return change(
    context,
    {
      command,
      foresee: { command },
      title: `${node} is confirmed off`,
      meaning: [
        `You say that ${node} has no power, or that its operating system has ended, and that it stays so until you switch it on.`,
        'What it ran is then started elsewhere. If it still runs there, both write to the same data.',
        'That it does not answer, or is cut off from the network, is not enough.',
      ],
      word: node,
      needsYes: () => true,
      missed: () => null,
    },
    options,
  );
}

/** Power off, whatever runs there. */
export function nodeFence(context: Context, node: string, options: ChangeOptions): Promise<number> {
  const command = { kind: 'fence', node, because: options.reason } as const;
  return change(
    context,
    {
      command,
      foresee: null,
      title: `${node} is switched off by its fence devices`,
      meaning: [`${node} loses its power at once: what it runs is not stopped first, and is started elsewhere.`],
      word: node,
      needsYes: () => true,
      missed: ({ fencings }) => {
        const last = fencings.findLast((each) => each.target === node);
        if (last === undefined) return 'no fencing of it is on record yet; see: sempre status';
        if (last.outcome === 'under way') return `it is still under way, by ${last.by}`;
        return last.outcome === 'off' ? null : `it failed: ${last.failure ?? 'no reason is known'}`;
      },
    },
    options,
  );
}

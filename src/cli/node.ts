/** `sempre node standby|online|shutdown|confirm-off|fence NODE`. */
import { keepMsMax, keepMsMin } from '../api/body.ts';
import type { ClusterStatus, FencingStatus } from '../api/status.ts';
import { formatDuration, parseDuration } from '../config/duration.ts';
import { type ChangeOptions, change } from './change.ts';
import { type Context, fail } from './context.ts';

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
      missed: (status) => (on ? stillThere(status, node) : null),
    },
    options,
  );
}

/** `keep`: what runs there waits for it; null: as the file says. `forText`: at most so long. */
export async function nodeShutdown(
  context: Context,
  node: string,
  keep: boolean | null,
  forText: string | null,
  options: ChangeOptions,
): Promise<number> {
  const forMs = forText === null ? null : parseDuration(forText);
  if (forText !== null && (forMs === null || forMs < keepMsMin || forMs > keepMsMax)) {
    const message = `--for takes a time from ${formatDuration(keepMsMin)} to ${formatDuration(keepMsMax)}, such as 10m, not ${forText}`;
    return fail(context, { code: 'USAGE', message, next: `sempre node shutdown ${node} --keep --for 10m` });
  }
  const before = await context.client.call<ClusterStatus>({ method: 'GET', path: '/v1/status' });
  if (!before.ok) return fail(context, before.failure);
  const command = { kind: 'shutdown', node, keep, forMs, because: options.reason } as const;
  return change(
    context,
    {
      command,
      foresee: { command },
      title: `${node} may be shut down`,
      meaning: [
        `It runs nothing then, until its daemon has been started anew or somebody says: sempre node online ${node}`,
        ...tooFewWithout(before.value, node),
      ],
      needsYes: () => true,
      missed: (status) => stillThere(status, node),
    },
    options,
  );
}

/** Of two nodes it is not votes that decide. */
function tooFewWithout({ nodes }: ClusterStatus, node: string): readonly string[] {
  const votesOf = (some: ClusterStatus['nodes']): number => some.reduce((sum, { votes }) => sum + votes, 0);
  const voters = nodes.filter(({ votes }) => votes > 0);
  const left = voters.filter(({ name, state }) => name !== node && (state === 'online' || state === 'standby'));
  const [here, all] = [votesOf(left), votesOf(voters)];
  if (voters.length < 3 || 2 * here > all) return [];
  return [`Without it ${here} of ${all} votes are left, which is no majority: the others do as «no-quorum» says.`];
}

function stillThere(status: ClusterStatus, node: string): string | null {
  const left = status.nodes.find((each) => each.name === node)?.running ?? [];
  return left.length > 0 ? `${left.join(', ')} still run there` : null;
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
      // Where two nodes decide together, the one that is left cannot decide before it is told this.
      worksAlone: true,
      needsYes: () => true,
      missed: () => null,
    },
    options,
  );
}

/** Power off, whatever runs there. */
export async function nodeFence(context: Context, node: string, options: ChangeOptions): Promise<number> {
  const before = await context.client.call<ClusterStatus>({ method: 'GET', path: '/v1/status' });
  if (!before.ok) return fail(context, before.failure);
  const runs = before.value.nodes.find((each) => each.name === node)?.running ?? [];
  const known = new Set(endedOf(before.value, node).map((each) => JSON.stringify(each)));
  const newOnes = (status: ClusterStatus): readonly FencingStatus[] =>
    endedOf(status, node).filter((each) => !known.has(JSON.stringify(each)));
  return change(
    context,
    {
      command: { kind: 'fence', node, because: options.reason },
      foresee: null,
      title: `${node} is switched off by its fence devices`,
      meaning: [
        `${node} loses its power at once: what it runs is not stopped first, and is started elsewhere.`,
        runs.length === 0 ? `Nothing is known to run there.` : `It runs: ${runs.join(', ')}.`,
      ],
      word: node,
      needsYes: () => true,
      pending: (status) => newOnes(status).length === 0,
      missed: (status) => {
        const last = newOnes(status).at(-1);
        return last?.outcome === 'failed' ? `it failed: ${last.failure ?? 'no reason is known'}` : null;
      },
    },
    options,
  );
}

const endedOf = ({ fencings }: ClusterStatus, node: string): readonly FencingStatus[] =>
  fencings
    .filter(({ target, outcome }) => target === node && outcome !== 'under way')
    // What follows from it later makes no new attempt of it.
    .map((each) => ({ ...each, open: false }));

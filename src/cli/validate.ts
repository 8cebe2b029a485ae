/** `sempre validate FILE`: every mistake with its place, or a short picture of the cluster and what it stands. Needs no daemon. */

import type { WhatIf } from '../../sim/foresee/index.ts';
import { boundsOf } from '../config/bounds.ts';
import type { Problem } from '../config/problems.ts';
import type { Cluster, Ms } from '../core/model.ts';
import { exit } from '../lib/exit.ts';
import { count as countOf, nameOf, readText } from './cluster-file.ts';
import { type Context, type Format, isForMachines, print } from './context.ts';
import { renderBounds } from './render-bounds.ts';
import { renderPicture } from './render-picture.ts';
import { paint } from './terminal.ts';

export interface ValidateOptions {
  readonly output: Format;
  /** Run the faults in the simulator; undefined: for two nodes, where everybody asks. */
  readonly whatIf?: boolean;
}

export async function validate(context: Context, file: string, options: ValidateOptions): Promise<number> {
  const source = await readText(context, file);
  if (source === null) return exit.badData;
  const [{ parseClusterFile }, { renderProblems }] = await Promise.all([
    import('../config/parse.ts'),
    import('../config/render.ts'),
  ]);
  const { cluster, problems } = parseClusterFile(source, nameOf(file));
  const whatIf = cluster === null ? null : await foreseen(context.terminal, cluster, options.whatIf);
  if (isForMachines(options.output)) {
    const bounds = cluster === null ? null : boundsOf(cluster);
    const valid = cluster !== null;
    await print(context, options.output, { schemaVersion: 1, file, valid, problems, bounds, whatIf });
  } else {
    if (problems.length > 0) context.terminal.note(renderProblems(problems, source).trimEnd());
    await show(context, file, cluster, problems, whatIf);
  }
  return cluster === null ? exit.configInvalid : exit.ok;
}

async function show(
  { terminal }: Context,
  file: string,
  cluster: Cluster | null,
  problems: readonly Problem[],
  whatIf: WhatIf | null,
): Promise<void> {
  const { look } = terminal;
  if (cluster === null) return terminal.note(paint(look, 'bad', `${nameOf(file)}: ${countOf(problems, 'error')}`));
  terminal.out(renderPicture(cluster, look));
  const bounds = renderBounds(cluster, look);
  if (bounds !== '') terminal.out(`${bounds}\n`);
  if (whatIf !== null) terminal.out(`${(await import('./render-what-if.ts')).renderWhatIf(whatIf, cluster, look)}\n`);
  const warnings = problems.length;
  const found = warnings === 0 ? 'no mistakes' : `${countOf(problems, 'warning')}, no mistakes`;
  terminal.out(`${paint(look, warnings === 0 ? 'good' : 'warn', `${nameOf(file)}: ${found}`)}\n`);
}

/** So many services still take less than a second; with more, one history has to do, or it has to be asked for. */
const servicesQuick = 20;
const servicesUnasked = 50;
const histories = 3;
/** Beyond the longest takeover, and never for longer than somebody waits for an answer. */
const marginMs = 20_000;
const horizonMsMax = 15 * 60_000;

/** Null: it is not wanted, or was said why it cannot be told. */
export async function foreseen(
  terminal: Pick<Context['terminal'], 'note'>,
  cluster: Cluster,
  isWanted: boolean | undefined,
): Promise<WhatIf | null> {
  const machines = cluster.nodes.filter(({ witness }) => !witness).length;
  const count = cluster.services.length;
  if (!(isWanted ?? machines === 2) || count === 0) return null;
  if (isWanted === undefined && count > servicesUnasked) {
    terminal.note(`what happens when: with ${count} services that takes a while; see it with --what-if`);
    return null;
  }
  try {
    const { foresee } = await import('../../sim/foresee/index.ts');
    const whatIf = foresee(cluster, { horizonMs: horizonOf(cluster), seeds: count > servicesQuick ? 1 : histories });
    if (whatIf === null)
      terminal.note(
        'what happens when: the services do not come up in the simulator, not even after ten loss timeouts and a minute',
      );
    return whatIf;
  } catch (error) {
    // A mistake in the simulator is ours: what was found in the file stands.
    const because = error instanceof Error ? error.message : String(error);
    terminal.note(`what happens when: the simulator failed, please report it: ${because}`);
    return null;
  }
}

function horizonOf(cluster: Cluster): Ms {
  const latest = boundsOf(cluster).takeovers.map(({ latestMs }) => latestMs ?? 0);
  return Math.min(horizonMsMax, Math.max(0, ...latest) + cluster.heartbeat.deadMs + marginMs);
}

/** `sempre validate FILE`: every mistake with its place, or a short picture of the cluster. Needs no daemon. */

import { exit } from '../lib/exit.ts';
import { nameOf, readText } from './cluster-file.ts';
import { type Context, type Format, isForMachines, print } from './context.ts';
import { renderPicture } from './render-picture.ts';
import { paint } from './terminal.ts';

export async function validate(context: Context, file: string, options: { readonly output: Format }): Promise<number> {
  const { terminal } = context;
  const source = await readText(context, file);
  if (source === null) return exit.badData;
  const [{ parseClusterFile }, { renderProblems }] = await Promise.all([
    import('../config/parse.ts'),
    import('../config/render.ts'),
  ]);
  const { cluster, problems } = parseClusterFile(source, nameOf(file));
  const code = cluster === null ? exit.configInvalid : exit.ok;
  if (isForMachines(options.output)) {
    await print(context, options.output, { schemaVersion: 1, file, valid: cluster !== null, problems });
    return code;
  }
  if (problems.length > 0) terminal.note(renderProblems(problems, source).trimEnd());
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const warnings = problems.length - errors;
  if (cluster === null)
    terminal.note(paint(terminal.look, 'bad', `${nameOf(file)}: ${errors} ${errors === 1 ? 'error' : 'errors'}`));
  else {
    terminal.out(renderPicture(cluster, terminal.look));
    const found =
      warnings === 0 ? 'no mistakes' : `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}, no mistakes`;
    terminal.out(`${paint(terminal.look, warnings === 0 ? 'good' : 'warn', `${nameOf(file)}: ${found}`)}\n`);
  }
  return code;
}

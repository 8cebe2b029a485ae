/**
 * Where a daemon begins: with the document that it kept, or for the first start with the cluster file.
 *
 * The kept document wins over the file: the file may be older than what the cluster agreed on since.
 */
import { readFile } from 'node:fs/promises';
import { type Doc, firstDoc } from '../core/ports.ts';
import { showVersion } from '../core/state.ts';
import { type Failure, failure, type Result, success } from '../lib/errors.ts';
import { reasonOf } from './reason.ts';
import type { SavedState } from './storage.ts';

export interface Desired {
  readonly doc: Doc;
  readonly remarks: readonly string[];
}

export async function findDesired(saved: SavedState, configFile: string): Promise<Result<Desired>> {
  const source = await readFile(configFile, 'utf8').catch((error: unknown) => error);
  if (saved.doc !== null) return success({ doc: saved.doc, remarks: differenceRemark(saved.doc, source, configFile) });
  const recovered = saved.kept === null ? null : await readKept(saved.kept);
  if (recovered !== null) return success(recovered);
  if (typeof source !== 'string') {
    const message = `there is no saved state, and the cluster file ${configFile} cannot be read: ${reasonOf(source)}`;
    return failure('CONFIG_MISSING', message, 'sempre daemon --config FILE');
  }
  return readFirst(source, configFile);
}

/**
 * A document that was damaged, from the newest file of this node's history: as a file that no coordinator has taken yet, so that
 * whatever the others hold counts more.
 */
async function readKept({ source, version }: NonNullable<SavedState['kept']>): Promise<Desired | null> {
  const { parseClusterFile } = await import('../config/parse.ts');
  const { cluster } = parseClusterFile(source, 'history');
  if (cluster === null) return null;
  const remark = `the saved cluster file is lost; this node begins with version ${showVersion(version)} of its history`;
  return { doc: firstDoc(source, cluster), remarks: [remark] };
}

async function readFirst(source: string, configFile: string): Promise<Result<Desired>> {
  // Only a first start needs the parser, which is the largest thing to load.
  const [{ parseClusterFile }, { renderProblems }] = await Promise.all([
    import('../config/parse.ts'),
    import('../config/render.ts'),
  ]);
  const { cluster, problems } = parseClusterFile(source, configFile);
  if (cluster === null) return { ok: false, failure: invalid(configFile, renderProblems(problems, source)) };
  const warnings = problems.map((problem) => `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`);
  return success({ doc: firstDoc(source, cluster), remarks: warnings });
}

const invalid = (configFile: string, problems: string): Failure => ({
  code: 'CONFIG_INVALID',
  message: `the cluster file ${configFile} has mistakes:\n${problems.trimEnd()}`,
  next: `sempre validate ${configFile}`,
});

function differenceRemark(doc: Doc, source: unknown, configFile: string): string[] {
  if (typeof source !== 'string' || source === doc.source) return [];
  return [
    `${configFile} differs from the cluster file that the cluster agreed on, which counts; sempre apply ${configFile} would change it`,
  ];
}

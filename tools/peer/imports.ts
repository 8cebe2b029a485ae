/** What becomes of the configurations of a suite when they are imported: for the tool that prints it, and for the test that counts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterOf, compare, type Difference } from '../../src/config/import/pacemaker/compare/index.ts';
import { fromPacemaker, noHints } from '../../src/config/import/pacemaker/index.ts';
import { byText } from '../../src/lib/compare.ts';

/**
 * refused: it could not be read. invalid: the cluster file has mistakes. same: it decides the same in all circumstances.
 * lossy: it does not, and something was left out that there are no words for. differs: it does not, for no such reason.
 */
export type Verdict = 'refused' | 'invalid' | 'same' | 'lossy' | 'differs';

export interface ImportedCase {
  readonly name: string;
  readonly verdict: Verdict;
  readonly asked: number;
  readonly same: number;
  /** Why it was refused, what is wrong with the file, or what was left out. */
  readonly because: readonly string[];
  readonly differences: readonly Difference[];
}

export function importCase(name: string, text: string): ImportedCase {
  const nothing = { name, asked: 0, same: 0, differences: [] };
  const hints = { ...noHints, nowS: 0 };
  const made = fromPacemaker({ name, text }, hints);
  if (!made.ok) return { ...nothing, verdict: 'refused', because: [made.failure.message] };
  const cluster = clusterOf(made.value);
  if (!('services' in cluster))
    return { ...nothing, verdict: 'invalid', because: cluster.map(({ code, message }) => `${code} ${message}`) };
  const { asked, same, differences } = compare(made.value, cluster);
  const because = made.value.notes.filter(({ isLoss }) => isLoss).map((note) => note.text);
  const verdict = asked === same ? 'same' : because.length > 0 ? 'lossy' : 'differs';
  return { name, verdict, asked, same, because, differences };
}

export function* importAll(folder: string, only: ReadonlySet<string> | null = null): Generator<ImportedCase> {
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.xml') ? [file.slice(0, -'.xml'.length)] : []));
  for (const name of names.sort(byText))
    if (only === null || only.has(name)) yield importCase(name, readFileSync(join(folder, `${name}.xml`), 'utf8'));
}

/** A mutant whose text is no longer there breaks nothing, and its hunt would be in vain. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutants } from './table.ts';

const root = join(import.meta.dirname, '../..');

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s finds its place', (_name, mutant) => {
  const source = readFileSync(join(root, mutant.file), 'utf8');
  expect(source.split(mutant.find)).toHaveLength(2);
});

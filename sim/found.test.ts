/** Small cases in which a check once failed: each file of `found/` is such a case, named after what went wrong in it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPlan } from './plan-file.ts';
import { runPlan } from './run.ts';

const directory = join(import.meta.dirname, 'found');

test.each(readdirSync(directory))('%s does not come again', (name) => {
  const read = readPlan(join(directory, name));
  if (!read.ok) throw new Error(read.because);
  const { verdict } = runPlan(read.file.cluster, read.file.plan);
  expect(verdict).toMatchObject({ ok: true });
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importAll, type Verdict } from './imports.ts';

/**
 * The configurations of the peers' suite, imported: how many cluster files decide the same as the configuration that they were made
 * from. The suite lies beside the repository: where it is missing, this is skipped. The number may only go up (`UPDATE=1` writes it).
 */
const cases = join(import.meta.dirname, '../../../shared/peers/scheduler/cases');
const ratchetPath = join(import.meta.dirname, 'importRatchet.json');

test.skipIf(!existsSync(cases))(
  'as many cluster files decide as their configurations did as before, or more',
  { timeout: 300_000 },
  () => {
    const counts: Record<Verdict, number> = { same: 0, lossy: 0, differs: 0, invalid: 0, refused: 0 };
    for (const { verdict } of importAll(cases)) counts[verdict] += 1;
    const ratchet = JSON.parse(readFileSync(ratchetPath, 'utf8')) as { readonly same: number };
    const same = Math.max(counts.same, ratchet.same);
    if (process.env.UPDATE === '1') writeFileSync(ratchetPath, `${JSON.stringify({ same }, null, 2)}\n`);
    expect.soft(counts.same, 'cases that decide the same').toBeGreaterThanOrEqual(ratchet.same);
    expect.soft(counts.invalid, 'cluster files with mistakes').toBe(0);
  },
);

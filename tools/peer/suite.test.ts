import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { peerCase } from './case.ts';
import { compareCase, type Differences, type Expected, type Level, levels } from './compare.ts';

/**
 * The peers' suite lies beside the repository and is not part of it: where it is missing, this is skipped. How many cases must
 * agree is written down for each level, and may only go up: `UPDATE=1` writes better numbers, never worse ones.
 */
const suite = join(import.meta.dirname, '../../../shared/peers/scheduler');
const ratchetPath = join(import.meta.dirname, 'ratchet.json');

type Counts = Record<Level | 'everything', number>;
/** `plain`: cases without remote nodes, guest nodes and bundles. */
type Ratchet = Record<'plain' | 'all', Counts>;

test.skipIf(!existsSync(suite))(
  'as many cases of the suite in ../shared/peers agree as before, or more',
  { timeout: 300_000 },
  () => {
    const counted = countSuite();
    const ratchet = JSON.parse(readFileSync(ratchetPath, 'utf8')) as Ratchet;
    if (process.env.UPDATE === '1')
      writeFileSync(ratchetPath, `${JSON.stringify(raised(ratchet, counted), null, 2)}\n`);
    for (const group of ['plain', 'all'] as const)
      for (const [level, least] of Object.entries(ratchet[group]))
        expect.soft(counted[group][level as Level], `${level} of ${group} cases`).toBeGreaterThanOrEqual(least);
  },
);

function countSuite(): Ratchet {
  const features = json<Record<string, { features: string[] }>>('categories.json');
  const counted: Ratchet = { plain: noCounts(), all: noCounts() };
  for (const file of readdirSync(join(suite, 'cases'))) {
    const name = file.replace(/\.xml$/, '');
    const differences = differencesOf(name);
    const isSpecial = ['bundle', 'guest', 'remote'].some((each) => features[name]?.features.includes(each));
    count(counted.all, differences);
    if (!isSpecial) count(counted.plain, differences);
  }
  return counted;
}

function differencesOf(name: string): Differences | null {
  const actual = peerCase(name, readFileSync(join(suite, 'cases', `${name}.xml`), 'utf8'));
  return 'error' in actual ? null : compareCase(json<Expected>(`expected/${name}.json`), actual);
}

const json = <T>(path: string): T => JSON.parse(readFileSync(join(suite, path), 'utf8')) as T;

const noCounts = (): Counts =>
  Object.fromEntries([...levels, 'everything'].map((level) => [level, 0])) as unknown as Counts;

/** A level of which the expectation says nothing does not count as agreeing, as in the suite's own program. */
function count(counts: Counts, differences: Differences | null): void {
  if (differences === null) return;
  const agreeing = levels.filter((level) => differences[level]?.length === 0);
  for (const level of agreeing) counts[level] += 1;
  if (agreeing.length === levels.length) counts.everything += 1;
}

function raised(ratchet: Ratchet, counted: Ratchet): Ratchet {
  const raise = (group: keyof Ratchet): Counts => {
    const pairs = Object.entries(counted[group]).map(([level, now]) => [
      level,
      Math.max(now, ratchet[group][level as Level] ?? 0),
    ]);
    return Object.fromEntries(pairs) as Counts;
  };
  return { plain: raise('plain'), all: raise('all') };
}

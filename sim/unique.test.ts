/** Copies that differ: whole worlds of them, and the seed in which one started where another one was still stopping. */
import { expect, test } from 'vitest';
import { generateCase } from './generate/index.ts';
import { runPlan } from './run.ts';

const seeds = [1, 2, 3, 4, 5, 6, 1258];

test.each(seeds)('a world of copies that differ, seed %i', (seed) => {
  const { cluster, plan } = generateCase(seed, 'unique');
  expect(runPlan(cluster, plan).verdict).toMatchObject({ ok: true });
});

test('most of these worlds have copies that differ, several on a node', () => {
  const clusters = seeds.map((seed) => generateCase(seed, 'unique').cluster);
  const withCopies = clusters.filter(({ services }) => services.some(({ copyOf }) => copyOf !== undefined));
  const isSeveral = ({ services }: (typeof clusters)[number]): boolean =>
    services.some(({ copyOf }) => copyOf !== undefined && copyOf.perNode > 1 && copyOf.max > 2);
  expect(withCopies.length).toBeGreaterThan(seeds.length / 2);
  expect(clusters.some(isSeveral)).toBe(true);
});

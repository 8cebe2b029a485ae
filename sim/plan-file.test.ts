/** Saved cases come back as they were, and what is no case is refused with the reason. */
import { expect, test } from 'vitest';
import { generateCase } from './generate/index.ts';
import { worldKinds } from './generate/worlds.ts';
import { parsePlan } from './plan-file.ts';
import { runPlan } from './run.ts';

const textOf = (patch: object): string => {
  const { world, cluster, plan } = generateCase(7, 'plain');
  return JSON.stringify({ format: 'sempre-sim-plan', version: 1, world, cluster, plan, check: null, ...patch });
};

const refusal = (text: string): string => {
  const read = parsePlan(text, 'a.json');
  return read.ok ? 'accepted' : read.because;
};

test('a saved case takes the same course as the seed that it came from', () => {
  const { cluster, plan } = generateCase(7, 'plain');
  const read = parsePlan(textOf({}), 'a.json');
  if (!read.ok) throw new Error(read.because);
  expect(runPlan(read.file.cluster, read.file.plan).verdict).toEqual(runPlan(cluster, plan).verdict);
});

test.each(worldKinds.map((kind) => [kind.name]))('every fault of world %s survives JSON', (world) => {
  for (let seed = 1; seed <= 20; seed++) {
    const { cluster, plan } = generateCase(seed, world);
    expect(JSON.parse(JSON.stringify({ cluster, plan }))).toEqual({ cluster, plan });
  }
});

test.each([
  ['no JSON', '{', 'a.json is not JSON'],
  ['another file', '{"a":1}', 'a.json is no plan of the simulator'],
  ['another version', textOf({ version: 9 }), 'a.json has version 9, this simulator reads version 1'],
  ['no cluster', textOf({ cluster: null }), 'a.json has no "cluster"'],
  ['a cluster of nothing', textOf({ cluster: { nodes: [null], services: [] } }), 'its cluster cannot be simulated'],
  ['no faults', textOf({ plan: { seed: 1, healAtMs: 5 } }), 'a.json has no "plan"'],
  [
    'an unknown fault',
    textOf({ plan: { seed: 1, healAtMs: 5, faults: [{ kind: 'flood', atMs: 1, forMs: 1 }] } }),
    'fault 1 (flood) is of a kind that this simulator does not know',
  ],
  [
    'an unknown node',
    textOf({ plan: { seed: 1, healAtMs: 5, faults: [{ kind: 'powerOff', node: 'n9', atMs: 1, forMs: 1 }] } }),
    'fault 1 (powerOff) does not fit the cluster: no host n9',
  ],
])('%s is refused', (_name, text, because) => {
  expect(refusal(text)).toContain(because);
});

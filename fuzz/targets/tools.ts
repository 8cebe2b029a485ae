/** Files of the simulator and the lab. */
import { overlapsIn, readStamps, runsOf } from '../../lab/torture/stamps.ts';
import { generateCase } from '../../sim/generate/index.ts';
import { parsePlan } from '../../sim/plan-file.ts';
import { isSameJson, type Prepared, type Target } from '../target.ts';

function plans(): Prepared {
  const head = { format: 'sempre-sim-plan', version: 1, check: null };
  const of = (seed: number): string => JSON.stringify({ ...head, ...generateCase(seed, null) });
  return {
    examples: [of(1), of(2), of(3)].filter((text) => text.length < 60_000),
    check: (input, note) => {
      const read = parsePlan(input.toString('utf8'), 'p');
      note(read.ok ? 'read' : read.because);
      if (!read.ok) return null;
      const again = parsePlan(JSON.stringify({ ...head, ...read.file }), 'p');
      return again.ok && isSameJson(again.file, read.file) ? null : 'reads back another plan than it wrote';
    },
  };
}

function stamps(): Prepared {
  return {
    examples: ['n1 a 1.5\nn1 a 2.5\nn2 b 3.5\n', 'n1 a 1\nn2 b 2\nn1 a 3\nn2 b 4'],
    check: (input, note) => {
      // The pairs of what overlaps grow with the square of the lines: nobody else writes into the file of a lab.
      const text = input.toString('utf8', 0, 4096);
      const read = readStamps(text);
      const runs = runsOf(read.stamps);
      const overlaps = overlapsIn(runs).length;
      note(`${'r'.repeat(Math.min(9, runs.length))} ${overlaps > 0}`);
      const starts = new Set(runs.map(({ start }) => start)).size;
      return read.length > text.length || overlaps > (starts * (starts - 1)) / 2 ? 'finds more than there is' : null;
    },
  };
}

export const toolTargets: readonly Target[] = [
  {
    name: 'sim-plan',
    reads: 'plan files of the simulator',
    form: 'json',
    words: ['kind', 'atMs', 'forMs', 'cut', 'crash', 'node'],
    inputMsMax: 1000,
    prepare: plans,
  },
  {
    name: 'lab-stamps',
    reads: 'the file that writers in the lab stamp',
    form: 'text',
    words: ['\n', ' ', 'n1 a 5\n'],
    inputMsMax: 500,
    prepare: stamps,
  },
];

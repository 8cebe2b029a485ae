/**
 * `npm run sim:mutants`: breaks the rules one at a time, and runs seeds until a check notices. A rule that can be broken without
 * anybody noticing is not simulated: the worlds are too tame, or a check is missing. Exit code 1 if a mutant lives.
 *
 * A seed counts only if the unbroken code passes it.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Caught, hunt, makeBase } from './hunt.ts';
import { type Mutant, mutants } from './table.ts';

const help = `npm run sim:mutants -- [options]
  --only NAME   this mutant alone; several names with commas between
  --list        print the table and do nothing
  --seeds N     seeds that a mutant may live through (default 20000)
  --from S      beginning with seed S (default 1)
  --jobs J      on so many cores (default: all)
`;

const options = {
  only: { type: 'string' },
  list: { type: 'boolean', default: false },
  seeds: { type: 'string', default: '20000' },
  from: { type: 'string', default: '1' },
  jobs: { type: 'string', default: String(availableParallelism()) },
  help: { type: 'boolean', default: false },
} as const;

async function main(): Promise<number> {
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const chosen = choose(values.only);
  if (values.list) {
    for (const { name, rule, file } of chosen) row(name, file, rule);
    return 0;
  }
  const base = makeBase();
  const limits = { from: whole(values.from), seeds: whole(values.seeds), jobs: whole(values.jobs) };
  let alive = 0;
  for (const mutant of chosen) {
    const caught = await hunt(base.folder, mutant, limits, (done) =>
      process.stderr.write(`${mutant.name}: ${done} of ${limits.seeds} seeds without a word\n`),
    );
    if (caught === null) alive++;
    tell(mutant, caught);
  }
  base.remove();
  process.stdout.write(`${chosen.length - alive} of ${chosen.length} mutants caught\n`);
  return alive === 0 ? 0 : 1;
}

function choose(only: string | undefined): readonly Mutant[] {
  if (only === undefined) return mutants;
  const names = only.split(',');
  const unknown = names.find((name) => mutants.every((mutant) => mutant.name !== name));
  if (unknown !== undefined) throw new RangeError(`no mutant is called ${unknown}; --list names them all`);
  return mutants.filter((mutant) => names.includes(mutant.name));
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`«${text}» is no whole number above 0`);
  return value;
}

function tell(mutant: Mutant, caught: Caught | null): void {
  if (caught === null) return row(mutant.name, 'ALIVE', mutant.rule);
  const expected = mutant.by.includes(caught.check) ? '' : ` (expected ${mutant.by.join(' or ')})`;
  row(
    mutant.name,
    `${caught.check}${expected}`,
    `seed ${caught.seed}, ${caught.seconds.toFixed(1)} s: ${caught.message}`,
  );
}

function row(name: string, second: string, third: string): void {
  process.stdout.write(`${name.padEnd(26)} ${second.padEnd(12)} ${third.slice(0, 150)}\n`);
}

// Whoever reads only the first lines has seen enough.
process.stdout.on('error', () => process.exit());
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof RangeError) && !(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

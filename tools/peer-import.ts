/**
 * `npm run peer:import -- --cases DIR [--only NAME,NAME] [--all]`: imports every CIB (`*.xml`) of a folder, asks whether the
 * cluster file decides as the configuration did, and prints what does not, with the first differences, and a table of all.
 */
import { parseArgs } from 'node:util';
import { type ImportedCase, importAll, type Verdict } from './peer/imports.ts';

const usage = 'usage: npm run peer:import -- --cases DIR [--only NAME,NAME] [--all]\n';

interface Options {
  readonly cases: string;
  readonly only: ReadonlySet<string> | null;
  /** All differences, and not the first of each case. */
  readonly all: boolean;
}

function parse(args: string[]): Options | null {
  const text = { type: 'string' } as const;
  try {
    const options = { cases: text, only: text, all: { type: 'boolean', default: false } } as const;
    const { cases, only, all } = parseArgs({ args, options }).values;
    if (cases === undefined) return null;
    return { cases, only: only === undefined ? null : new Set(only.split(',')), all };
  } catch {
    return null;
  }
}

const meanings: Readonly<Record<Verdict, string>> = {
  same: 'decides the same in all situations',
  lossy: 'something was left out that there are no words for, and it decides otherwise',
  differs: 'decides otherwise',
  invalid: 'the cluster file has mistakes',
  refused: 'could not be read',
};

function main(): number {
  const options = parse(process.argv.slice(2));
  if (options === null) {
    process.stderr.write(usage);
    return 64;
  }
  const counts = new Map<Verdict, number>();
  const situations = { asked: 0, same: 0 };
  for (const each of importAll(options.cases, options.only)) {
    counts.set(each.verdict, (counts.get(each.verdict) ?? 0) + 1);
    situations.asked += each.asked;
    situations.same += each.same;
    if (each.verdict !== 'same') process.stdout.write(told(each, options));
  }
  process.stdout.write('\n');
  for (const [verdict, meaning] of Object.entries(meanings))
    process.stdout.write(
      `${String(counts.get(verdict as Verdict) ?? 0).padStart(5)}  ${verdict.padEnd(8)} ${meaning}\n`,
    );
  process.stdout.write(
    `${String(situations.same).padStart(5)}  of ${situations.asked} situations are decided the same\n`,
  );
  return 0;
}

function told({ name, verdict, asked, same, because, differences }: ImportedCase, { all }: Options): string {
  const lines = [
    `${name}: ${verdict}, ${same} of ${asked}`,
    ...[...new Set(because)].map((text) => `  left out: ${text}`),
  ];
  for (const { when, service, theirs, ours, because: why } of all ? differences : differences.slice(0, 1))
    lines.push(`  ${when}: ${service} ${theirs} there, ${ours} here${why === null ? '' : ` (${why})`}`);
  return `${lines.join('\n')}\n`;
}

process.exitCode = main();

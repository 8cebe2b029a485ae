/** `npm run fuzz`: throws changed examples at every reader of bytes that come from outside. See docs/internals/fuzzing.md. */

import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runAll } from './jobs.ts';
import { targetNamed, targets } from './list.ts';
import { table, tellFailure } from './report.ts';
import type { Target } from './target.ts';
import { tryInput } from './try.ts';

const usage = `npm run fuzz -- [--minutes N | --seconds N] [--only NAME,NAME] [--seed S] [--jobs N]
npm run fuzz -- --only NAME --input FILE     one input again
npm run fuzz -- --list                       the readers
`;

const known = {
  minutes: { type: 'string' },
  seconds: { type: 'string' },
  only: { type: 'string' },
  seed: { type: 'string' },
  jobs: { type: 'string' },
  input: { type: 'string' },
  list: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

async function main(argv: readonly string[]): Promise<number> {
  const options = read(argv);
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${usage}`);
    return 64;
  }
  if (options.help === true) process.stdout.write(usage);
  else if (options.list === true)
    for (const { name, reads } of targets) process.stdout.write(`${name.padEnd(18)} ${reads}\n`);
  else if (options.input !== undefined) return repeat(chosen(options.only), options.input);
  else return fuzz(options);
  return 0;
}

type Options = ReturnType<typeof parsed>;

const parsed = (argv: readonly string[]) =>
  parseArgs({ args: [...argv], options: known, strict: true, allowPositionals: false }).values;

/** The options, or what is wrong with them. */
function read(argv: readonly string[]): Options | string {
  try {
    const options = parsed(argv);
    const numbers = [options.minutes, options.seconds, options.seed, options.jobs].filter((each) => each !== undefined);
    const wrong = numbers.find((text) => !(Number(text) >= 0) || text.trim() === '');
    if (wrong !== undefined) return `«${wrong}» is no number`;
    const unknown = options.only?.split(',').find((name) => !targets.some((target) => target.name === name));
    return unknown === undefined ? options : `there is no target ${unknown}: npm run fuzz -- --list`;
  } catch (error) {
    return (error as Error).message;
  }
}

const chosen = (only: string | undefined): readonly Target[] =>
  only === undefined ? targets : only.split(',').map((name) => targetNamed(name));

async function fuzz(options: Options): Promise<number> {
  const seed = Math.floor(Number(options.seed ?? randomInt(2 ** 32)));
  const seconds = options.seconds === undefined ? Number(options.minutes ?? 1) * 60 : Number(options.seconds);
  const jobs = Math.max(1, Math.floor(Number(options.jobs ?? availableParallelism())));
  const which = chosen(options.only);
  process.stdout.write(`fuzz: ${which.length} readers, ${seconds} s each, ${jobs} at a time, seed ${seed}\n`);
  const ended = await runAll(which, { seed, forMs: seconds * 1000, jobs }, (each) =>
    process.stdout.write(tellFailure(each, seed)),
  );
  process.stdout.write(table(ended));
  return ended.some(({ outcome }) => outcome.failed !== null) ? 1 : 0;
}

async function repeat([target]: readonly Target[], path: string): Promise<number> {
  if (target === undefined) return 64;
  const prepared = await target.prepare();
  const { broken, ms } = await tryInput(target, prepared.check, readFileSync(path));
  await prepared.close?.();
  process.stdout.write(`${target.name}: ${broken ?? 'ok'} (${ms.toFixed(1)} ms)\n`);
  return broken === null ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));

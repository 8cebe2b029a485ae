/**
 * Golden stories: a cluster file, commands, and the transcript that must come out.
 *
 * `npm run scenarios` compares; `npm run scenarios -- --update` rewrites the transcripts: the difference is what a reviewer
 * reads. Each story answers one question, given in its first line.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseClusterFile } from '../../src/config/parse.ts';
import { tell } from './story.ts';

const separator = '----\n';

function main(): number {
  const { values, positionals } = parseArgs({
    options: { update: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  let wrong = 0;
  const files = storyFiles().filter(
    (file) => positionals.length === 0 || positionals.some((word) => file.includes(word)),
  );
  for (const file of files) if (!check(file, values.update)) wrong++;
  process.stdout.write(`${files.length - wrong} of ${files.length} stories as expected\n`);
  return wrong === 0 ? 0 : 1;
}

function storyFiles(): string[] {
  const here = import.meta.dirname;
  const topics = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return topics
    .flatMap((topic) => readdirSync(join(here, topic.name)).map((name) => join(here, topic.name, name)))
    .sort();
}

function check(file: string, update: boolean): boolean {
  const text = readFileSync(file, 'utf8');
  const [head = '', commands = '', golden = ''] = text.split(separator);
  const { cluster, problems } = parseClusterFile(head, file);
  if (cluster === null) {
    process.stdout.write(`${file}: ${problems.map((problem) => problem.message).join('; ')}\n`);
    return false;
  }
  const transcript = tell(cluster, commands);
  if (transcript === golden) return true;
  if (update) {
    writeFileSync(file, [head, commands, transcript].join(separator));
    process.stdout.write(`${basename(file)}: rewritten\n`);
    return true;
  }
  process.stdout.write(difference(file, golden, transcript));
  return false;
}

/** The first line that differs, with what was expected. */
function difference(file: string, golden: string, transcript: string): string {
  const expected = golden.split('\n');
  const got = transcript.split('\n');
  const at = got.findIndex((line, i) => line !== expected[i]);
  const i = at === -1 ? got.length : at;
  return `${file}: line ${i + 1} of the transcript\n  expected ${expected[i] ?? '(end)'}\n  got      ${got[i] ?? '(end)'}\n`;
}

// The reader of a pipe may leave early (`| head`): that is its right and no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = main();

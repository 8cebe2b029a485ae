/**
 * `npm run peer:scheduler -- --cases DIR --out DIR [--time] [--only NAME,NAME]`: decides every CIB (`*.xml`) of a folder and
 * writes one JSON file for each, in the form of the scheduler suite that other programs are compared with. It reads nothing but
 * the inputs. `--time` adds the milliseconds of the decision, reading left out.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { byText } from '../src/lib/compare.ts';

const usage = 'usage: npm run peer:scheduler -- --cases DIR --out DIR [--time] [--only NAME,NAME]\n';

interface Options {
  readonly cases: string;
  readonly out: string;
  readonly time: boolean;
  readonly only: ReadonlySet<string> | null;
}

function parse(args: string[]): Options | null {
  const text = { type: 'string' } as const;
  const options = { cases: text, out: text, only: text, time: { type: 'boolean', default: false } } as const;
  try {
    const { cases, out, only, time } = parseArgs({ args, options }).values;
    if (cases === undefined || out === undefined) return null;
    return { cases, out, time, only: only === undefined ? null : new Set(only.split(',')) };
  } catch {
    return null;
  }
}

/**
 * What is loaded after this is kept as compiled code, one file for each module, as the command line of Sempre does it: that is a
 * third of the time of a short run. Where nothing may be written, nothing is kept.
 */
const keepCompiledCode = () => enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/sempre'));

async function main(): Promise<number> {
  const options = parse(process.argv.slice(2));
  if (options === null) {
    process.stderr.write(usage);
    return 64;
  }
  keepCompiledCode();
  const { peerCase } = await import('./peer/case.ts');
  mkdirSync(options.out, { recursive: true });
  const files = readdirSync(options.cases).filter((file) => file.endsWith('.xml'));
  const names = files.map((file) => file.slice(0, -'.xml'.length)).sort(byText);
  let failed = 0;
  for (const name of names) {
    if (options.only !== null && !options.only.has(name)) continue;
    const { ms, ...result } = peerCase(name, readFileSync(join(options.cases, `${name}.xml`)));
    if ('error' in result) failed += 1;
    const told = options.time && ms !== undefined ? { ...result, ms } : result;
    writeFileSync(join(options.out, `${name}.json`), `${JSON.stringify(told)}\n`);
  }
  process.stdout.write(`${names.length} cases, ${failed} without an answer\n`);
  return 0;
}

process.exitCode = await main();

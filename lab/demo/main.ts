/**
 * `npm run demo`: brings up a real cluster on this machine, breaks it in ten ways while a client looks on, and says what
 * the client saw.
 */
import { parseArgs } from 'node:util';
import { checkoutDirectory, labDown } from '../commands.ts';
import type { Row } from './act.ts';
import { runDemo } from './run.ts';
import { renderTable, resultOf } from './table.ts';

const usage = `usage: npm run demo -- [--json] [--keep] [--loopback]
  --json      print the result as one JSON object on standard output, everything else on standard error
  --keep      leave the cluster up at the end and say how to look at it
  --loopback  without network namespaces, as for users who are not root
`;

interface Options {
  readonly json: boolean;
  readonly keep: boolean;
  readonly loopback: boolean;
}

function parse(argv: string[]): Options | null {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ args: argv, options: { json: flag, keep: flag, loopback: flag } }).values;
  } catch {
    return null;
  }
}

async function main(): Promise<number> {
  const options = parse(process.argv.slice(2));
  if (options === null) {
    process.stderr.write(usage);
    return 64;
  }
  const lab = options.keep ? 'demo' : `demo-${process.pid}`;
  const say = (line: string): void => void (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  takeDownWhenInterrupted(lab, say);
  const rows: Row[] = [];
  const ended = await runDemo({ ...options, lab, say, onRow: (row) => rows.push(row) });
  if (!options.keep || ended.refused) await labDown(lab);
  const result = resultOf(rows, ended.completed, ended.stallMsMax);
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else if (rows.length > 0) say(`\n${renderTable(rows, process.stdout.columns ?? null)}\n`);
  if (rows.length > 0) say(`Worst stall of any daemon's event loop: ${result.stallMsMax} ms.`);
  if (options.keep && !ended.refused) say(howToLook(lab, ended.url));
  return result.ok ? 0 : 1;
}

function howToLook(lab: string, url: string): string {
  return `
The cluster is up. Look at it and break it from ${checkoutDirectory}:
  ./sempre lab status
  ./sempre lab exec balancer1 -- ./sempre status
  ./sempre lab exec balancer1 -- ./sempre events
  ./sempre lab probe ${url}
  ./sempre lab power-off balancer1          (power-on, cut, heal, pause, ...)
  ./sempre lab down --lab ${lab}`;
}

/** The kernel would end the lab with us anyway, but not its folders. */
function takeDownWhenInterrupted(lab: string, say: (line: string) => void): void {
  let leaving = false;
  const leave = (code: number, why: string): void => {
    if (leaving) return;
    leaving = true;
    say(`\n${why}: taking the cluster down`);
    void labDown(lab).then(() => process.exit(code));
  };
  process.on('SIGINT', () => leave(130, 'Interrupted'));
  process.on('SIGTERM', () => leave(143, 'Terminated'));
  process.on('SIGHUP', () => leave(129, 'Terminal closed'));
  process.on('uncaughtException', (error) => leave(70, `A mistake in Sempre itself: ${error.stack ?? error.message}`));
}

process.exit(await main());

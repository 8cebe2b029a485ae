/** `npm run bench -- failover [--runs 10] [--fast] [--json]`: each run's figure, then median and extremes. */
import { parseArgs } from 'node:util';
import { spreadOf } from '../lab/spread.ts';
import { failover, peersTable, times } from './failover.ts';

const usage = `usage: npm run bench -- failover [--runs N] [--fast] [--json]
  --runs N   runs of each case (default 10)
  --fast     only with heartbeat {interval: 50ms, dead: 250ms}
  --json     the figures as one JSON object on standard output, everything else on standard error
`;

interface Options {
  readonly runs: number;
  readonly fast: boolean;
  readonly json: boolean;
}

function parse(argv: string[]): Options | null {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const options = { runs: { type: 'string', default: '10' }, fast: flag, json: flag } as const;
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options });
    const runs = Number(values.runs);
    const sane =
      positionals.length === 1 && positionals[0] === 'failover' && Number.isInteger(runs) && runs >= 1 && runs <= 1000;
    return sane ? { ...values, runs } : null;
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
  const say = (line: string): void => void (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  const results = await failover(options.fast ? times.slice(1) : times, options.runs, say);
  say(`\n${peersTable()}`);
  const figures = results.map((result) => ({
    ...result,
    outageMs: spreadOf(result.outagesMs),
    failedRequests: spreadOf(result.failed),
  }));
  if (options.json) process.stdout.write(`${JSON.stringify({ failover: figures })}\n`);
  return results.some((result) => result.problems.length > 0) ? 1 : 0;
}

process.exit(await main());

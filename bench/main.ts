/** `npm run bench -- failover [--runs 10] [--fast] [--json]`: each run's figure, then median and extremes. */
import { parseArgs } from 'node:util';
import { spreadOf } from '../lab/spread.ts';
import { besideKeepalived, type CaseResult, failover, peersTable, ratios, sweep, times } from './failover.ts';

const usage = `usage: npm run bench -- failover [--runs N] [--fast] [--keepalived] [--json]
  --runs N   runs of each case (default 10)
  --fast     only with heartbeat {interval: 50ms, dead: 250ms}
  --keepalived  also measure Keepalived in the same lab, where it is installed
  --json     the figures as one JSON object on standard output, everything else on standard error
`;

interface Options {
  readonly runs: number;
  readonly fast: boolean;
  readonly json: boolean;
  readonly keepalived: boolean;
}

function parse(argv: string[]): Options | null {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const options = { runs: { type: 'string', default: '10' }, fast: flag, json: flag, keepalived: flag } as const;
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
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => void sweep().then(() => process.exit(130)));
  const results = await failover(options.fast ? times.slice(1) : times, options.runs, say);
  if (options.keepalived) results.push(...(await keepalived(options, say)));
  for (const line of ratios(results)) say(line);
  say(`\n${peersTable()}`);
  const figures = results.map((result) => ({
    ...result,
    outageMs: spreadOf(result.outagesMs),
    failedRequests: spreadOf(result.failed),
  }));
  if (options.json) process.stdout.write(`${JSON.stringify({ failover: figures })}\n`);
  return results.some((result) => result.problems.length > 0) ? 1 : 0;
}

async function keepalived({ runs, fast }: Options, say: (line: string) => void): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const quick of fast ? [true] : [false, true])
    results.push(...((await besideKeepalived(runs, quick, say)) ?? []));
  if (results.length === 0) say('\nKeepalived is not installed (apt-get install --no-install-recommends keepalived)');
  return results;
}

process.exit(await main());

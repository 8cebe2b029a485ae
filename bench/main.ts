/** `npm run bench -- failover|two-node|scheduler|plan [--runs N] [--json]`: what is claimed, measured. */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { spreadOf } from '../lab/spread.ts';
import { besideKeepalived, type CaseResult, failover, peersTable, ratios, sweep, times } from './failover.ts';
import { benchPlan, planTable } from './plan.ts';
import { benchScheduler } from './scheduler.ts';
import { shapes, type Wanted } from './schedulerInput.ts';
import { schedulerTable } from './schedulerTable.ts';
import { sweepTwoNode, twoNode } from './twoNode.ts';
import { type Choice, choices } from './twoNodeFiles.ts';
import { slackMs } from './twoNodeStory.ts';
import { twoNodeTable } from './twoNodeTable.ts';

const usage = `usage: npm run bench -- failover [--runs N] [--fast] [--keepalived] [--json]
       npm run bench -- two-node [--runs N] [--choice fence|ping|witness] [--fault FAULT] [--json]
       npm run bench -- scheduler [--runs N] [--shape SHAPE] [--quick] [--json]
       npm run bench -- plan [--runs N] [--json]
  --runs N   runs of each case (default 10; two-node: 1; scheduler: 3; plan: 15)
  --choice C only this one of two nodes' choices
  --fault F  only power, link, split, gateway or witness; or several, with commas between
  --shape S  only stacks, groups, free or clones
  --quick    without the largest cluster of each shape
  --fast     only with heartbeat {interval: 50ms, dead: 250ms}
  --keepalived  also measure Keepalived in the same lab, where it is installed
  --json     the figures as one JSON object on standard output, everything else on standard error
`;

const defaultRuns = { failover: 10, 'two-node': 1, scheduler: 3, plan: 15 } as const;

const benches = ['failover', 'two-node', 'scheduler', 'plan'] as const;

interface Options {
  readonly bench: keyof typeof defaultRuns;
  readonly choice: Choice | null;
  readonly fault: string | null;
  readonly shape: Wanted['shape'] | null;
  readonly runs: number;
  readonly quick: boolean;
  readonly fast: boolean;
  readonly json: boolean;
  readonly keepalived: boolean;
}

function parse(argv: string[]): Options | null {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const text = { type: 'string' } as const;
    const flags = { fast: flag, quick: flag, json: flag, keepalived: flag } as const;
    const options = { runs: text, choice: text, fault: text, shape: text, ...flags } as const;
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options });
    const bench = positionals.length === 1 ? benches.find((each) => each === positionals[0]) : undefined;
    if (bench === undefined) return null;
    const runs = Number(values.runs ?? defaultRuns[bench]);
    const choice = choices.find((each) => each === values.choice) ?? null;
    const shape = shapes.find((each) => each === values.shape) ?? null;
    const isKnown = (values.choice === undefined || choice !== null) && (values.shape === undefined || shape !== null);
    const sane = Number.isInteger(runs) && runs >= 1 && runs <= 1000 && isKnown;
    return sane ? { ...values, bench, choice, shape, fault: values.fault ?? null, runs } : null;
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
    process.on(signal, () => void Promise.all([sweep(), sweepTwoNode()]).then(() => process.exit(130)));
  if (options.bench === 'scheduler') return benchDecisions(options, say);
  if (options.bench === 'plan') return benchPlans(options, say);
  return options.bench === 'failover' ? benchFailover(options, say) : benchTwoNode(options, say);
}

async function benchDecisions(options: Options, say: (line: string) => void): Promise<number> {
  const before = load();
  const results = await benchScheduler(options, say);
  say(`\n${schedulerTable(results)}\nload before ${before}, after ${load()}`);
  if (options.json)
    process.stdout.write(`${JSON.stringify({ scheduler: results, load: { before, after: load() } })}\n`);
  return 0;
}

function benchPlans({ runs, json }: Options, say: (line: string) => void): number {
  const before = load();
  const results = benchPlan(runs, say);
  say(`\n${planTable(results)}\nload before ${before}, after ${load()}`);
  if (json) process.stdout.write(`${JSON.stringify({ plan: results, load: { before, after: load() } })}\n`);
  return 0;
}

const load = (): string =>
  loadavg()
    .map((each) => each.toFixed(1))
    .join(' ');

async function benchTwoNode({ runs, choice, fault, json }: Options, say: (line: string) => void): Promise<number> {
  const before = load();
  const results = await twoNode(runs, { choice, faults: fault?.split(',') ?? null }, say);
  say(
    `\n${twoNodeTable(results)}\nload before ${before}, after ${load()}; times within ${slackMs} ms of those announced count as the same`,
  );
  if (json) process.stdout.write(`${JSON.stringify({ twoNode: results, load: { before, after: load() } })}\n`);
  return results.some(({ verdict }) => verdict === 'DIFFERENT') ? 1 : 0;
}

async function benchFailover(options: Options, say: (line: string) => void): Promise<number> {
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

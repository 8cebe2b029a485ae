/**
 * The steady client as a program of its own, so that nothing else disturbs its schedule:
 *
 *   node lab/probe/main.ts URL [--interval 10] [--limit 200] [--for MS] [--keep-alive] [--who REGEX] [--lines] [--while-stdin]
 *
 * `--lines` prints each answer as one JSON line; otherwise it prints a line a second, and a summary at the end.
 * `--while-stdin` ends when the standard input does: so it never outlives whoever started it.
 */
import { parseArgs } from 'node:util';
import { becomeRealTime } from '../../src/daemon/priority.ts';
import { monotonicMs } from '../clock.ts';
import { type ProbeOptions, startProbe } from './client.ts';
import { type Answer, measure } from './window.ts';

const usage =
  'usage: probe URL [--interval MS] [--limit MS] [--for MS] [--keep-alive] [--who REGEX] [--lines] [--while-stdin]';

/** The summary looks at this many of the latest requests: a probe may run for days. */
const keptMax = 1_000_000;

interface Arguments {
  readonly probe: ProbeOptions;
  readonly lines: boolean;
  readonly whileStdin: boolean;
  readonly forMs: number | null;
}

function parse(argv: readonly string[]): Arguments | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        interval: { type: 'string', default: '10' },
        limit: { type: 'string', default: '200' },
        for: { type: 'string' },
        'keep-alive': { type: 'boolean', default: false },
        who: { type: 'string', default: 'served by ([\\w.-]+)' },
        lines: { type: 'boolean', default: false },
        'while-stdin': { type: 'boolean', default: false },
      },
    });
    const url = new URL(positionals[0] ?? '');
    const [intervalMs, limitMs, forMs] = [Number(values.interval), Number(values.limit), Number(values.for ?? 1)];
    const sane = url.protocol === 'http:' && intervalMs >= 1 && limitMs >= 1 && forMs >= 1;
    if (!sane || positionals.length !== 1) return null;
    const probe = { url, intervalMs, limitMs, keepAlive: values['keep-alive'], who: new RegExp(values.who) };
    return {
      probe,
      lines: values.lines,
      whileStdin: values['while-stdin'],
      forMs: values.for === undefined ? null : forMs,
    };
  } catch {
    return null;
  }
}

/** Prints a line when failures begin or end. */
function failurePrinter(beginMs: number): (answer: Answer) => void {
  let wasOk = true;
  return (answer) => {
    if (answer.ok !== wasOk) {
      const words = answer.ok ? `answered again by ${answer.by ?? 'somebody'}` : `failed: ${answer.error}`;
      process.stdout.write(`${((answer.atMs - beginMs) / 1000).toFixed(3).padStart(9)} ${words}\n`);
    }
    wasOk = answer.ok;
  };
}

/** Prints a line for each second, once its last request has ended. */
function printSeconds(answers: readonly Answer[], beginMs: number, limitMs: number): NodeJS.Timeout {
  let second = 0;
  return setInterval(() => {
    for (; monotonicMs() > beginMs + (second + 1) * 1000 + limitMs; second++) {
      const fromMs = beginMs + second * 1000;
      const { requests, failed, slowestMs, servedBy } = measure(answers.slice(-5000), fromMs, fromMs + 1000);
      const by = servedBy.map((share) => `${share.name} ${share.count}`).join(', ');
      process.stdout.write(
        `${String(second).padStart(5)} s   ${requests} requests, ${failed} failed, slowest ${slowestMs.toFixed(1)} ms; ${by}\n`,
      );
    }
  }, 200);
}

function printSummary(answers: readonly Answer[]): void {
  const outcome = measure(answers, 0, monotonicMs());
  const by = outcome.servedBy.map((share) => `${share.name} ${share.count}`).join(', ');
  process.stdout.write(
    `requests ${outcome.requests}, failed ${outcome.failed}, longest outage ${Math.round(outcome.outageMs)} ms, `,
  );
  process.stdout.write(
    `slowest answer ${Math.round(outcome.slowestMs)} ms, own lateness ${outcome.lateMsMax.toFixed(1)} ms; ${by}\n`,
  );
}

async function main(): Promise<void> {
  const options = parse(process.argv.slice(2));
  if (options === null) {
    process.stderr.write(`${usage}\n`);
    process.exitCode = 64;
    return;
  }
  // Where it is allowed: a busy machine must not make the service look slow. Without it the record shows the lateness.
  await becomeRealTime('process');
  const kept: Answer[] = [];
  const beginMs = monotonicMs();
  const print = options.lines
    ? (answer: Answer) => void process.stdout.write(`${JSON.stringify(answer)}\n`)
    : failurePrinter(beginMs);
  const ticking = options.lines ? undefined : printSeconds(kept, beginMs, options.probe.limitMs);
  const probe = startProbe(options.probe, (answer) => {
    print(answer);
    if (!options.lines && kept.push(answer) > keptMax) kept.splice(0, keptMax / 2);
  });
  const end = (): void => {
    clearInterval(ticking);
    void probe.stop().then(() => {
      if (!options.lines) printSummary(kept);
      process.exit(0);
    });
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  // Whoever reads the answers is gone.
  process.stdout.once('error', () => process.exit(0));
  if (options.forMs !== null) setTimeout(end, options.forMs);
  if (options.whileStdin) process.stdin.once('end', end).resume();
}

await main();

/**
 * `npm run torture -- --rounds 500`: random faults on the real daemons, in a lab on this machine's kernel.
 *
 * Each round begins with a cluster that is well. Its faults follow from the seed and its number alone, so that any round can be
 * played again; what the kernel and the daemons make of them differs from time to time.
 */
import { parseArgs } from 'node:util';
import { monotonicMs, sleep } from '../clock.ts';
import { labDown } from '../commands.ts';
import { clusterFile, type Shape, shapes } from './cluster-file.ts';
import { keepEvidence } from './evidence.ts';
import { Injector } from './inject.ts';
import { roundPlan, showFault } from './plan.ts';
import { judge, play, type RoundResult, Tape } from './round.ts';
import { lower, raise, type Stage } from './stage.ts';

const usage = `usage: npm run torture -- [--rounds N] [--seed S] [--from ROUND] [--nodes 2|witness|3] [--bound SECONDS] [--keep-going]
  --rounds N       how many (default 500)
  --seed S         of the faults (default: drawn, and printed)
  --from ROUND     the first one (default 1): goes on where a former run of the same seed ended
  --nodes SHAPE    2: two that fence each other (default); witness: two and a witness, with watchdogs alone; 3: a majority
  --bound SECONDS  all must be well this long after a healing (default 30)
  --keep-going     after a failed round, go on in a new lab
`;

interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly from: number;
  readonly nodes: Shape;
  readonly boundMs: number;
  readonly keepGoing: boolean;
}

function parse(argv: string[]): Options | null {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        rounds: text('500'),
        seed: text(String(Math.floor(Math.random() * 1e6))),
        from: text('1'),
        nodes: text('2'),
        bound: text('30'),
        'keep-going': { type: 'boolean', default: false },
      },
    });
    const [rounds, seed, from, bound] = [values.rounds, values.seed, values.from, values.bound].map(Number) as [
      number,
      number,
      number,
      number,
    ];
    const nodes = shapes.find((shape) => shape === values.nodes);
    const sane = [rounds, from, bound].every((each) => Number.isInteger(each) && each >= 1) && Number.isInteger(seed);
    if (!sane || nodes === undefined) return null;
    return { rounds, seed, from, nodes, boundMs: bound * 1000, keepGoing: values['keep-going'] };
  } catch {
    return null;
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const lab = `torture-${process.pid}`;
/** Until the first status is well, also on a busy machine. */
const comeUpMs = 60_000;
/** The longest plan takes five seconds, and healing one. */
const faultsMaxMs = 60_000;

interface Scene {
  readonly stage: Stage;
  readonly injector: Injector;
  readonly tape: Tape;
}

async function begin({ nodes }: Options): Promise<Scene> {
  const stage = await raise(lab, clusterFile(nodes));
  const scene = { stage, injector: new Injector(stage), tape: new Tape(stage.stamps) };
  const { problems } = await judge(stage, scene.tape, comeUpMs);
  if (problems.length === 0) return scene;
  await lower(stage);
  throw new Error(`the cluster did not come up: ${problems.join('; ')}`);
}

async function playRound({ stage, injector, tape }: Scene, options: Options, round: number): Promise<RoundResult> {
  const played = play(injector, roundPlan(options.seed, round, stage)).then(() => injector.healAll());
  const inTime = await Promise.race([played.then(() => true), sleep(faultsMaxMs).then(() => false)]);
  const result = await judge(stage, tape, options.boundMs);
  if (inTime) return result;
  return { ...result, problems: [...result.problems, 'the lab itself hangs: its faults did not end'] };
}

async function main(): Promise<number> {
  const options = parse(process.argv.slice(2));
  if (options === null) {
    process.stderr.write(usage);
    return 64;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => void labDown(lab).then(() => process.exit(130)));
  say(`seed ${options.seed}, nodes: ${options.nodes}, rounds ${options.from} to ${options.from + options.rounds - 1}`);
  const results: RoundResult[] = [];
  const beginMs = monotonicMs();
  let scene = await begin(options);
  for (let round = options.from; round < options.from + options.rounds; round++) {
    const result = await playRound(scene, options, round);
    results.push(result);
    const perMinute = (results.length / ((monotonicMs() - beginMs) / 60_000)).toFixed(1);
    say(lineOf(round, result, options, scene.stage, perMinute));
    if (result.problems.length === 0) continue;
    say(failureText(round, result, options, scene.stage));
    if (!options.keepGoing) break;
    await lower(scene.stage);
    scene = await begin(options);
  }
  await lower(scene.stage);
  say(summaryOf(results, (monotonicMs() - beginMs) / 60_000));
  return results.some(({ problems }) => problems.length > 0) ? 1 : 0;
}

function lineOf(round: number, result: RoundResult, { seed }: Options, stage: Stage, perMinute: string): string {
  const kinds = roundPlan(seed, round, stage).map(({ kind }) => kind);
  const { problems, starts, silenceMs, wellAfterMs, switchedOn } = result;
  const left = switchedOn === 0 ? '' : `, ${switchedOn} left off`;
  const how = problems.length === 0 ? `well after ${(wellAfterMs / 1000).toFixed(1)} s${left}` : 'FAILED';
  return `round ${round}: ${kinds.join(', ')}: ${starts} writers, silent for ${silenceMs} ms at most, ${how}; ${perMinute} rounds a minute`;
}

function failureText(round: number, { problems }: RoundResult, { seed, nodes }: Options, stage: Stage): string {
  const story = [
    `seed ${seed}, round ${round}, at ${new Date().toISOString()}`,
    ...problems.map((problem) => `  ${problem}`),
    'faults:',
    ...roundPlan(seed, round, stage).map((fault) => `  ${showFault(fault)}`),
    'again from this round:',
    `  npm run torture -- --seed ${seed} --from ${round} --nodes ${nodes}`,
  ].join('\n');
  return `${story}\njournals, logs, flight recorders and stamps: ${keepEvidence(stage, seed, round, `${story}\n`)}`;
}

function summaryOf(results: readonly RoundResult[], minutes: number): string {
  const bad = results.filter(({ problems }) => problems.length > 0).length;
  const starts = results.reduce((sum, result) => sum + result.starts, 0);
  const slowest = Math.max(0, ...results.map(({ wellAfterMs }) => wellAfterMs)) / 1000;
  const left = results.reduce((sum, { switchedOn }) => sum + switchedOn, 0);
  return `${results.length} rounds in ${minutes.toFixed(1)} minutes, ${bad} failed; ${starts} writers seen; ${left} nodes left off, switched on by hand; slowest to be well again: ${slowest.toFixed(1)} s`;
}

process.exit(await main());

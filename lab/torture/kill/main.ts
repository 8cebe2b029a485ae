/**
 * `npm run torture:kill -- --changes 1000`: `kill -9` to random daemons at random instants while the configuration is changed.
 * What was acknowledged must be there at the end, on all nodes.
 */
import { parseArgs } from 'node:util';
import { monotonicMs, sleep } from '../../clock.ts';
import { labDown, labKillDaemon } from '../../commands.ts';
import { type Chance, chanceFrom } from '../chance.ts';
import { changingFile } from '../cluster-file.ts';
import { keepEvidence } from '../evidence.ts';
import { isReady, lower, raise, type Stage } from '../stage.ts';
import { acknowledgedIn, type Ledger, makeChanges, newLedger, repeatedIn, writers } from './changes.ts';
import { verify } from './verify.ts';

const usage = `usage: npm run torture:kill -- [--changes N] [--kills N] [--seed S] [--bound SECONDS]
  --changes N      acknowledged changes (default 1000)
  --kills N        daemons killed meanwhile (default: as many as changes)
  --seed S         of who is killed when (default: drawn, and printed)
  --bound SECONDS  all nodes must act together and hold the same this long after the last kill of a part (default 30)
`;

interface Options {
  readonly changes: number;
  readonly kills: number;
  readonly seed: number;
  readonly boundMs: number;
}

function parse(argv: string[]): Options | null {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({ args: argv, options: { changes: text, kills: text, seed: text, bound: text } });
    const changes = Number(values.changes ?? 1000);
    const kills = Number(values.kills ?? changes);
    const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
    const bound = Number(values.bound ?? 30);
    const sane = [changes, kills, bound].every((each) => Number.isInteger(each) && each >= 1) && Number.isInteger(seed);
    return sane ? { changes, kills, seed, boundMs: bound * 1000 } : null;
  } catch {
    return null;
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const lab = `kill-${process.pid}`;
/** After so many changes all is looked at: the histories that the nodes keep are bounded. */
const partChanges = 100;
/** Before a kill. */
const pauseMsMax = 600;
/** How often the next one does not wait until all daemons are there again: with two dead of three nobody decides. */
const atOnce = 0.3;
const whole = { everyMs: 50, forMs: 5000 };
const comeUpMs = 60_000;

interface Tally {
  kills: number;
}

/** Makes changes until there are `changes` in all and `kills` in all. */
async function playPart(
  stage: Stage,
  ledger: Ledger,
  tally: Tally,
  goal: { readonly changes: number; readonly kills: number },
  chance: Chance,
): Promise<void> {
  const isOver = (): boolean => acknowledgedIn(ledger) >= goal.changes && tally.kills >= goal.kills;
  const killing = killUntil(stage, tally, chance, isOver);
  await Promise.all(writers.map((writer) => makeChanges(stage, writer, ledger, chance, isOver)));
  await killing;
}

async function killUntil(stage: Stage, tally: Tally, chance: Chance, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    if (!chance.chance(atOnce)) await untilWhole(stage);
    await sleep(chance.between(0, pauseMsMax));
    const killed = await labKillDaemon(lab, chance.pick(stage.nodes));
    if (killed.ok) tally.kills++;
  }
}

async function untilWhole(stage: Stage): Promise<void> {
  for (const endMs = monotonicMs() + whole.forMs; monotonicMs() < endMs; await sleep(whole.everyMs)) {
    const ready = await Promise.all(stage.nodes.map((node) => isReady(stage, node)));
    if (ready.every((each) => each)) return;
  }
}

async function main(): Promise<number> {
  const options = parse(process.argv.slice(2));
  if (options === null) {
    process.stderr.write(usage);
    return 64;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => void labDown(lab).then(() => process.exit(130)));
  say(`seed ${options.seed}, 3 nodes, ${options.changes} changes, ${options.kills} kills`);
  const stage = await raise(lab, changingFile(0));
  try {
    return await playAll(stage, options);
  } finally {
    await lower(stage);
  }
}

async function playAll(stage: Stage, options: Options): Promise<number> {
  const [ledger, tally] = [newLedger(), { kills: 0 }];
  const trouble = await verify(stage, ledger, comeUpMs);
  if (trouble.length > 0) throw new Error(`the cluster did not come up: ${trouble.join('; ')}`);
  const beginMs = monotonicMs();
  const parts = Math.ceil(options.changes / partChanges);
  for (let part = 1; part <= parts; part++) {
    const goal = goalOf(part, parts, options);
    await playPart(stage, ledger, tally, goal, chanceFrom(`kill/${options.seed}/${part}`));
    const problems = await verify(stage, ledger, options.boundMs);
    const minutes = (monotonicMs() - beginMs) / 60_000;
    say(progress(ledger, tally, minutes));
    if (problems.length > 0) return failed(stage, options, part, problems);
  }
  say(`every acknowledged change is there on all nodes`);
  return 0;
}

const goalOf = (part: number, parts: number, { changes, kills }: Options): { changes: number; kills: number } => ({
  changes: Math.min(changes, part * partChanges),
  kills: Math.round((kills * part) / parts),
});

function progress(ledger: Ledger, { kills }: Tally, minutes: number): string {
  const changes = acknowledgedIn(ledger);
  const rate = (changes / (minutes * 60)).toFixed(1);
  return `${changes} changes acknowledged, ${kills} kills, ${repeatedIn(ledger)} requests made again; ${minutes.toFixed(1)} minutes, ${rate} changes a second`;
}

function failed(stage: Stage, { seed, changes, kills }: Options, part: number, problems: readonly string[]): number {
  const again = `again: npm run torture:kill -- --seed ${seed} --changes ${changes} --kills ${kills}`;
  const story = [`seed ${seed}, part ${part}: FAILED`, ...problems.map((problem) => `  ${problem}`), again].join('\n');
  say(`${story}\njournals, logs and flight recorders: ${keepEvidence(stage, seed, part, `${story}\n`)}`);
  return 1;
}

process.exit(await main());

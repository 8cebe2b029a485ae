/**
 * Makes changes of the configuration, each until it is acknowledged, at whichever daemon answers, and remembers what was
 * acknowledged last. Each wish has one writer, so that what has to be there at the end is known.
 */
import type { CommandBody } from '../../../src/api/body.ts';
import type { Version } from '../../../src/core/ports.ts';
import { compareVersions, showVersion } from '../../../src/core/state.ts';
import { sleep } from '../../clock.ts';
import type { Chance } from '../chance.ts';
import { changingFile } from '../cluster-file.ts';
import { command, type Stage } from '../stage.ts';

export interface Writer {
  readonly name: string;
  /** The wish after `count` changes. */
  wish(count: number): CommandBody;
}

export const writers: readonly Writer[] = [
  ...['n1', 'n2'].map((node) => ({ name: `standby of ${node}`, wish: (count: number) => standby(node, count) })),
  { name: 'cluster file', wish: (count) => apply(count) },
];

const standby = (node: string, count: number): CommandBody => ({
  kind: 'standby',
  node,
  on: count % 2 === 1,
  because: `change ${count}`,
});

const apply = (count: number): CommandBody => ({
  kind: 'apply',
  source: changingFile(count),
  ifVersion: null,
  because: `change ${count}`,
});

export interface Made {
  /** Acknowledged changes. */
  count: number;
  /** Of the last one. */
  version: Version;
  /** Requests that ended without an answer, or with a refusal: they may have been carried out or not, and were made again. */
  repeated: number;
}

export interface Ledger {
  readonly made: ReadonlyMap<string, Made>;
  /** Every acknowledged version that changed something. */
  readonly acknowledged: Version[];
  readonly problems: string[];
}

export const newLedger = (): Ledger => ({
  made: new Map(writers.map(({ name }) => [name, { count: 0, version: { view: 0, counter: 0 }, repeated: 0 }])),
  acknowledged: [],
  problems: [],
});

export const acknowledgedIn = ({ made }: Ledger): number =>
  [...made.values()].reduce((sum, { count }) => sum + count, 0);
export const repeatedIn = ({ made }: Ledger): number =>
  [...made.values()].reduce((sum, { repeated }) => sum + repeated, 0);

const retryMs = 30;

export async function makeChanges(
  stage: Stage,
  writer: Writer,
  ledger: Ledger,
  chance: Chance,
  isOver: () => boolean,
): Promise<void> {
  const made = ledger.made.get(writer.name);
  if (made === undefined) throw new RangeError(`there is no writer ${writer.name}`);
  while (!isOver()) await makeOne(stage, writer, made, ledger, chance);
}

/** Goes on until it is acknowledged: otherwise nobody could say what is to be there at the end. */
async function makeOne(stage: Stage, writer: Writer, made: Made, ledger: Ledger, chance: Chance): Promise<void> {
  const body = writer.wish(made.count + 1);
  for (;;) {
    const answer = await command(stage, chance.pick(stage.nodes), body);
    if (answer.ok) {
      const { version, changed } = answer.value;
      if (changed && compareVersions(version, made.version) <= 0)
        ledger.problems.push(
          `${writer.name}: change ${made.count + 1} was acknowledged as version ${showVersion(version)}, the one before it as ${showVersion(made.version)}`,
        );
      if (changed) ledger.acknowledged.push(version);
      made.count++;
      made.version = version;
      return;
    }
    made.repeated++;
    await sleep(retryMs);
  }
}

/** One round: faults, healing, and then the two questions: was there a moment with two writers, and is all well again? */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { assess } from '../../src/api/assess.ts';
import type { CommandBody } from '../../src/api/body.ts';
import type { ClusterStatus } from '../../src/api/status.ts';
import { monotonicMs, sleep } from '../clock.ts';
import { isWell } from '../demo/observer.ts';
import { hostInit } from '../record.ts';
import type { Injector } from './inject.ts';
import type { Fault } from './plan.ts';
import { command, type Stage, setPower, statusFrom } from './stage.ts';
import { type Overlap, overlapsIn, readStamps, runsOf, type Stamp } from './stamps.ts';

export interface RoundResult {
  /** Sentences; none: it went well. */
  readonly problems: readonly string[];
  /** From the end of the healing until all was well. */
  readonly wellAfterMs: number;
  /** Writers that were started in the round. */
  readonly starts: number;
  /** Nodes that were left without power, so that an operator switched them on. */
  readonly switchedOn: number;
  /** The longest time without a stamp. */
  readonly silenceMs: number;
}

export async function play(injector: Injector, faults: readonly Fault[]): Promise<void> {
  const beginMs = monotonicMs();
  await Promise.all(
    faults.map(async (fault) => {
      await sleep(Math.max(0, beginMs + fault.atMs - monotonicMs()));
      await injector.begin(fault);
      await sleep(fault.forMs);
      await injector.end(fault);
    }),
  );
}

export async function judge(stage: Stage, tape: Tape, boundMs: number): Promise<RoundResult> {
  const healedMs = monotonicMs();
  const operator = new Operator(stage);
  const trouble = await untilWell(operator, boundMs);
  const wellAfterMs = Math.round(monotonicMs() - healedMs);
  const stamps = tape.news();
  const runs = runsOf(stamps);
  const problems = overlapsIn(runs).map(overlapText);
  if (trouble !== null) problems.push(`not well ${boundMs / 1000} s after the healing: ${trouble}`);
  const { switchedOn } = operator;
  const starts = new Set(runs.map(({ start }) => start)).size;
  return { problems, wellAfterMs, starts, switchedOn, silenceMs: silenceIn(stamps) };
}

const overlapText = ({ first, second, fromSeconds, toSeconds }: Overlap): string =>
  `two writers for ${Math.round(1000 * (toSeconds - fromSeconds))} ms: ${first} still stamped at ${toSeconds}, and ${second} had begun at ${fromSeconds}`;

const silenceIn = (stamps: readonly Stamp[]): number =>
  Math.round(
    1000 * Math.max(0, ...stamps.map(({ seconds }, index) => seconds - (stamps[index - 1]?.seconds ?? seconds))),
  );

/** Reads on where it read last, from the last writer's begin. */
export class Tape {
  readonly #path: string;
  #offset = 0;
  #last: Stamp | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  news(): readonly Stamp[] {
    const { stamps, length } = readStamps(this.#read());
    const all = this.#last === null ? stamps : [this.#last, ...stamps];
    this.#offset += length;
    this.#last = all.at(-1) ?? null;
    return all;
  }

  #read(): string {
    const file = openSync(this.#path, 'r');
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#offset));
    readSync(file, bytes, 0, bytes.length, this.#offset);
    closeSync(file);
    return bytes.toString('latin1');
  }
}

const pollMs = 100;

/** Every node must say so, not only the one that is asked first. Null: it is well. */
async function untilWell(operator: Operator, boundMs: number): Promise<string | null> {
  let trouble = 'nobody answers';
  for (const endMs = monotonicMs() + boundMs; monotonicMs() < endMs; await sleep(pollMs)) {
    const seen = await operator.look();
    if (seen === null) return null;
    trouble = seen;
  }
  return trouble;
}

/** A fence device that has switched off may be about to switch on. */
const leftOffMs = 5000;

/** Looks around, and takes back what the round's operators wished, and failures that they have seen. */
class Operator {
  readonly #stage: Stage;
  readonly #offSinceMs = new Map<string, number>();
  switchedOn = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async look(): Promise<string | null> {
    const { nodes } = this.#stage;
    const said = await Promise.all(nodes.map((node) => statusFrom(this.#stage, node)));
    const trouble = said.flatMap((status, index) => {
      const node = nodes[index] ?? '';
      if (status === null) return [`${node} does not answer`];
      return isWell(status) ? [] : [`${node}: ${findingsOf(status)}`];
    });
    if (trouble.length === 0) return null;
    for (const node of nodes) await this.#givePower(node);
    const status = said.find((each) => each?.quorum === true);
    if (status != null) for (const body of wishesOf(status)) await command(this.#stage, status.answeredBy, body);
    return trouble.join('; ');
  }

  /** Whoever switched it off may be gone before it switched it on again. */
  async #givePower(node: string): Promise<void> {
    const { lab } = this.#stage;
    if (hostInit(lab, node) !== null) return void this.#offSinceMs.delete(node);
    const sinceMs = this.#offSinceMs.get(node) ?? monotonicMs();
    this.#offSinceMs.set(node, sinceMs);
    if (monotonicMs() - sinceMs < leftOffMs) return;
    this.switchedOn++;
    await setPower(lab, node, 'on');
  }
}

const findingsOf = (status: ClusterStatus): string =>
  [
    ...assess(status).findings.map(({ text }) => text),
    ...status.pending.map(
      ({ verb, service, node, blocked }) => `pending: ${verb} ${service} on ${node}, ${blocked ?? ''}`,
    ),
  ].join(', ') || 'not settled';

function wishesOf(status: ClusterStatus): CommandBody[] {
  const because = 'torture: the round is over';
  const standby = status.nodes
    .filter(({ state }) => state === 'standby')
    .map(({ name }): CommandBody => ({ kind: 'standby', node: name, on: false, because }));
  const failed = status.failures.map(({ service }): CommandBody => ({ kind: 'cleanup', service, node: null }));
  return [...(status.disarmed === null ? [] : [{ kind: 'arm', because } as const]), ...standby, ...failed];
}

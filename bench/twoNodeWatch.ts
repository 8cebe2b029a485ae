/** Sees, from outside of the cluster, what a fault becomes: who holds the address, who stamps, who is switched off, what a client gets. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicMs } from '../lab/clock.ts';
import type { Recorder } from '../lab/demo/recorder.ts';
import { hostInit, labDirectory } from '../lab/record.ts';
import { overlapsIn, readStamps, runsOf, type Stamp } from '../lab/torture/stamps.ts';
import { address, certain, nodes } from './twoNodeFiles.ts';
import { type ServiceStory, type Story, unique } from './twoNodeStory.ts';

const lookMs = 25;
/** A stamp every 20 ms, on a machine that does other things too. */
const stampLateMs = 400;

interface Holding {
  readonly atMs: number;
  readonly holders: readonly string[];
}

/** Looks every 25 ms at the kernels' own tables: what a dead host held is held no more. */
export class TwoNodeWatch {
  readonly #lab: string;
  readonly #stamps: string | null;
  readonly #recorder: Recorder;
  readonly #holdings: Holding[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #beginMs = monotonicMs();
  readonly #beginAt = Date.now();

  /** `stamps`: null where nothing is there that must not run twice. */
  constructor(lab: string, stamps: string | null, recorder: Recorder) {
    this.#lab = lab;
    this.#stamps = stamps;
    this.#recorder = recorder;
    this.#timer = setInterval(() => this.#look(), lookMs);
  }

  async end(): Promise<Story> {
    clearInterval(this.#timer);
    this.#look();
    const endAt = Date.now();
    const client = await this.#client();
    const data = this.#stamps === null ? [] : [this.#data(this.#stamps, endAt)];
    return { ...this.#power(endAt), services: [...data, client] };
  }

  #look(): void {
    const holders = nodes.filter((node) => isHeldOn(this.#lab, node));
    this.#holdings.push({ atMs: monotonicMs(), holders });
  }

  /** The outage is a client's, not that of the address itself. */
  async #client(): Promise<ServiceStory> {
    const outcome = await this.#recorder.window(this.#beginMs, monotonicMs());
    const after = this.#holdings.at(-1)?.holders ?? [];
    const twice = this.#holdings.filter(({ holders }) => holders.length > 1);
    const twiceMs = twice.length < 2 ? 0 : (twice.at(-1)?.atMs ?? 0) - (twice[0]?.atMs ?? 0);
    return {
      service: 'address',
      after,
      outMs: outcome.answering ? Math.round(outcome.outageMs) : null,
      twiceMs: after.length > 1 ? null : Math.round(twiceMs),
    };
  }

  #data(file: string, endAt: number): ServiceStory {
    const { stamps } = readStamps(readFileSync(file, 'utf8'));
    const window = stamps.filter(({ seconds }) => seconds * 1000 > this.#beginAt - stampLateMs);
    const overlaps = overlapsIn(runsOf(window));
    const recent = window.filter(({ seconds }) => seconds * 1000 > endAt - stampLateMs);
    const after = unique(recent.map(({ host }) => host));
    const outMs = after.length === 0 ? null : silenceIn(window);
    return { service: certain, after, outMs, twiceMs: overlaps.length === 0 ? 0 : twiceOf(overlaps) };
  }

  #power(endAt: number): Pick<Story, 'fencings' | 'resets'> {
    const lines = keeperLines(this.#lab).filter(({ at }) => Date.parse(at) >= this.#beginAt && Date.parse(at) <= endAt);
    const off = lines.filter(
      ({ kind, from, action, ok }) => kind === 'fence' && from !== 'operator' && action === 'off' && ok,
    );
    const reset = lines.filter(({ kind }) => kind === 'watchdog');
    return {
      fencings: unique(off.map(({ from, node }) => `${from} switches ${node} off`)),
      resets: unique(reset.map(({ host }) => host ?? '')),
    };
  }
}

/** Shorter gaps are those between two stamps of one writer. */
function silenceIn(stamps: readonly Stamp[]): number {
  const gaps = stamps.map(({ seconds }, index) => 1000 * (seconds - (stamps[index - 1]?.seconds ?? seconds)));
  const longest = Math.max(0, ...gaps);
  return longest < stampLateMs ? 0 : Math.round(longest);
}

const twiceOf = (overlaps: ReturnType<typeof overlapsIn>): number =>
  Math.max(1, ...overlaps.map(({ fromSeconds, toSeconds }) => Math.round(1000 * (toSeconds - fromSeconds))));

interface KeeperLine {
  readonly at: string;
  readonly kind: string;
  readonly from?: string;
  readonly action?: string;
  readonly node?: string;
  readonly ok?: boolean;
  readonly host?: string;
}

function keeperLines(lab: string): KeeperLine[] {
  try {
    const lines = readFileSync(join(labDirectory(lab), 'keeper.log'), 'utf8')
      .trimEnd()
      .split('\n');
    return lines.map((line) => JSON.parse(line) as KeeperLine);
  } catch {
    return [];
  }
}

/** The kernel's table of what is local on the host's network. */
export function isHeldOn(lab: string, node: string): boolean {
  const init = hostInit(lab, node);
  if (init === null) return false;
  try {
    const table = readFileSync(`/proc/${init.pid}/net/fib_trie`, 'utf8');
    return table.includes(`|-- ${address}\n`) && isLocal(table);
  } catch {
    return false;
  }
}

const isLocal = (table: string): boolean => {
  const at = table.indexOf(`|-- ${address}\n`);
  return /^\s+\/32 host LOCAL/.test(table.slice(at + `|-- ${address}\n`.length));
};

/**
 * `npm run peer:differ -- --cases DIR [--seed S] [--count N] [--edits E] [--jobs J] [--keep DIR] [--scores] [--levels A,B]`: makes
 * fresh inputs out of the CIBs of a folder by random changes, lets Pacemaker's `crm_simulate` and the policy engine decide each, and
 * tells where they differ. With `--keep` the inputs that differ are made as small as they can be and kept, with a line about each in
 * `index.txt`. See `docs/internals/scheduler-peer.md`.
 */
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCib } from '../../src/config/import/cib.ts';
import { byText } from '../../src/lib/compare.ts';
import { decide } from '../../src/policy/index.ts';
import { peerCase } from './case.ts';
import { compareCase, type Differences, type Expected } from './compare.ts';
import { type Draw, drawFrom } from './differDraw.ts';
import { anyEdit, type Edit } from './differEdits.ts';
import { Peer } from './differPeer.ts';
import { scoreDifferences } from './differScores.ts';
import { fewer, smaller } from './differShrink.ts';
import { copyOf, type Element, textOf, treeOf, within } from './differTree.ts';
import type { PeerResult } from './result.ts';

const usage =
  'usage: npm run peer:differ -- --cases DIR [--seed S] [--count N] [--edits E] [--jobs J] [--keep DIR] [--scores] [--levels A,B]\n';

/** Levels from the input to the result; who differs early differs later because of it. */
const causes = [
  'error',
  'initial',
  'initial nodes',
  'initial flags',
  'scores',
  'placement',
  'nodes',
  'flags',
  'actions',
  'ops',
  'order',
] as const;

type Cause = (typeof causes)[number];

/** What differs, in words, by level; empty: nothing. */
type Found = Partial<Record<Cause, readonly string[] | null>>;

interface Options {
  readonly cases: string;
  readonly seed: string;
  readonly count: number;
  /** At most so many for one input. */
  readonly edits: number;
  readonly jobs: number;
  readonly keep: string | null;
  readonly scores: boolean;
  /** All others are left out of the account. */
  readonly levels: readonly Cause[];
}

function parse(args: string[]): Options | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    cases: text,
    seed: text,
    count: text,
    edits: text,
    jobs: text,
    keep: text,
    scores: flag,
    levels: text,
  } as const;
  try {
    const {
      cases,
      seed = '1',
      count = '100',
      edits = '4',
      jobs = '1',
      keep = null,
      scores,
      levels,
    } = parseArgs({ args, options }).values;
    if (cases === undefined || [count, edits, jobs].some((number) => !(Number(number) > 0))) return null;
    return {
      cases,
      seed,
      count: Number(count),
      edits: Number(edits),
      jobs: Number(jobs),
      keep,
      scores,
      levels: causes.filter((level) => levels?.split(',').includes(level) ?? (scores || level !== 'scores')),
    };
  } catch {
    return null;
  }
}

class Differ {
  readonly #options: Options;
  readonly #peer: Peer;
  readonly #files: readonly string[];
  readonly #agreed = new Map<Cause | 'everything', number>(causes.map((level) => [level, 0]));
  readonly #kinds = new Map<string, string[]>();
  #decided = 0;
  #refused = 0;
  #next = 0;

  constructor(options: Options, folder: string) {
    this.#options = options;
    this.#peer = new Peer(folder);
    this.#files = readdirSync(options.cases)
      .filter((file) => file.endsWith('.xml'))
      .sort(byText);
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.jobs }, () => this.#work()));
  }

  report(): string {
    const share = (count: number): string => `${((100 * count) / Math.max(1, this.#decided)).toFixed(2)} %`;
    const counts = [...this.#agreed]
      .filter(([level]) => this.#isAsked(level))
      .map(([level, count]) => `  ${level.padEnd(13)} ${count} (${share(count)})`);
    const kinds = [...this.#kinds]
      .sort((a, b) => b[1].length - a[1].length || byText(a[0], b[0]))
      .map(([kind, names]) => `${String(names.length).padStart(5)} ${kind}  e.g. ${names.slice(0, 3).join(' ')}`);
    const head = `${this.#decided} inputs decided by both, ${this.#refused} skipped (refused by the peer, or unchanged)`;
    return [head, 'agreement:', ...counts, 'first differences by kind:', ...kinds, ''].join('\n');
  }

  #isAsked(level: Cause | 'everything'): boolean {
    return level === 'everything' || this.#options.levels.includes(level);
  }

  async #work(): Promise<void> {
    while (this.#next < this.#options.count) {
      this.#next += 1;
      await this.#one(this.#next);
    }
  }

  async #one(number: number): Promise<void> {
    const name = `${this.#options.seed}-${number}`;
    const draw = drawFrom(name);
    const file = draw.pick(this.#files);
    const original = pinned(treeOf(readFileSync(join(this.#options.cases, file), 'utf8')), draw);
    const edits = Array.from({ length: 1 + draw.below(this.#options.edits) }, (_, at) =>
      anyEdit(draw, () => drawFrom(`${name}/${at}`)),
    );
    const made = await this.#apply(original, edits);
    const found = made.told.length === 0 ? null : await this.#differences(made.cib);
    if (found === null) {
      this.#refused += 1;
      return;
    }
    this.#count(name, found);
    const cause = causeOf(found);
    if (cause !== null && this.#options.keep !== null)
      await this.#keep(this.#options.keep, name, original, edits, cause);
  }

  async #apply(original: Element, edits: readonly Edit[]): Promise<{ cib: Element; told: string[] }> {
    let cib = copyOf(original);
    const told: string[] = [];
    for (const edit of edits) {
      const made = await edit(cib, this.#peer);
      if (made === null) continue;
      cib = made.cib;
      told.push(made.told);
    }
    return { cib, told };
  }

  /** Null: the peer refuses the input. */
  async #differences(cib: Element): Promise<Found | null> {
    const expected = await this.#peer.decide('differ', cib);
    if (expected === null) return null;
    const text = textOf(cib);
    const actual = peerCase('differ', text);
    if ('error' in actual) return { error: [actual.error.split('\n').slice(0, 2).join(' ')] };
    const found: Found = {
      'initial nodes': before(expected, actual).nodes ?? [],
      'initial flags': before(expected, actual).flags ?? [],
      ...compareCase(expected, actual),
      scores: this.#options.scores ? scoreDifferences(await this.#peer.scores(cib), decide(readCib(text))) : [],
    };
    return Object.fromEntries(
      this.#options.levels.flatMap((level) => ((found[level] ?? []).length > 0 ? [[level, found[level]]] : [])),
    );
  }

  #count(name: string, found: Found): void {
    this.#decided += 1;
    const agreed = causes.filter((level) => found[level] === undefined && found.error === undefined);
    for (const level of agreed) this.#agreed.set(level, (this.#agreed.get(level) ?? 0) + 1);
    if (agreed.length === causes.length) this.#agreed.set('everything', (this.#agreed.get('everything') ?? 0) + 1);
    const cause = causeOf(found);
    if (cause === null) return;
    const kind = `${cause}: ${masked(found[cause]?.[0] ?? '')}`;
    this.#kinds.set(kind, [...(this.#kinds.get(kind) ?? []), name]);
  }

  async #keep(folder: string, name: string, original: Element, edits: readonly Edit[], cause: Cause): Promise<void> {
    const shows = async (cib: Element): Promise<boolean> => {
      const found = await this.#differences(cib);
      return found !== null && causeOf(found) === cause;
    };
    const needed = await fewer(edits, async (some) => shows((await this.#apply(original, some)).cib));
    const { cib, told } = await this.#apply(original, needed);
    const least = await smaller(cib, shows, 400);
    const found = (await this.#differences(least)) ?? {};
    writeFileSync(join(folder, `${name}.xml`), textOf(least));
    const words = causes.flatMap((level) => (found[level] ?? []).slice(0, 3).map((text) => `${level}: ${text}`));
    const size = within(least).length;
    appendFileSync(join(folder, 'index.txt'), `${name} (${size}) [${told.join('; ')}] ${words.join(' | ')}\n`);
  }
}

/**
 * What has no date gets one, so that nothing depends on the present: soon after the last thing that was recorded, or long after
 * all of them.
 */
function pinned(cib: Element, draw: Draw): Element {
  if (cib.attributes['execution-date'] !== undefined) return cib;
  const long = 2_000_000_000;
  const moments = within(cib)
    .flatMap(({ attributes: { 'last-rc-change': change, name, value } }) => [change, name === 'shutdown' ? value : '0'])
    .map(Number)
    .filter((moment) => moment > 0 && moment < long);
  const soon = Math.max(1_000_000_000, ...moments) + draw.below(3000);
  cib.attributes['execution-date'] = String(draw.chance(0.7) ? soon : long);
  return cib;
}

const before = (expected: Expected, actual: PeerResult): Differences =>
  compareCase({ ...expected, final: expected.initial }, { ...actual, final: actual.initial });

const causeOf = (found: Found): Cause | null => causes.find((level) => found[level] !== undefined) ?? null;

const verbs =
  /^(missing|extra|expected|got|nothing|before|start|stop|move|migrate|restart|recover|reload|promote|demote|re-promote|fence|reboot|off|shutdown|probe|Started|Promoted|Unpromoted|Stopped|Starting|Stopping|failed|blocked|\(blocked\)|unmanaged|orphaned|online|offline|standby|unclean-\w+|pending|maintenance|->|-)[:,]?$/;

/** Names of nodes and resources mean nothing: what is left is the kind of a difference. */
const masked = (text: string): string =>
  text
    .split(' ')
    .map((word) => (verbs.test(word) || /^monitor=|^cancel=|^\w*[Ee]rror/.test(word) ? word : '_'))
    .join(' ');

async function main(): Promise<number> {
  const options = parse(process.argv.slice(2));
  if (options === null) {
    process.stderr.write(usage);
    return 64;
  }
  if (options.keep !== null) mkdirSync(options.keep, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'differ-'));
  try {
    const differ = new Differ(options, folder);
    await differ.run();
    process.stdout.write(differ.report());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

process.exitCode = await main();

/**
 * The heartbeat on the wire: a flat list of values instead of an object, because it is sent twenty times a second to
 * every node on every link and has to fit into one datagram. Names are written once and pointed at from then on; so are
 * lives (a node and its boot).
 *
 *   ["beat", from, boot, seq, sentAtMs, names, lives, echoes, hears, promised, installed, recordVersion, holds, doc,
 *    continuous, agreesUpTo]
 *
 *   lives     name, boot, ...
 *   echoes    life, sentAtMs, heldMs, links as bits, ...
 *   hears     name, ...
 *   promised  number, coordinator (-1: none), member, ...
 *   holds     life, version, ...
 *   doc       view and counter of docVersion, of docContent and of docOnDisk
 *   continuous  name, view number, ...
 *   agreesUpTo  view number; missing in older versions
 *
 * Later versions may add values at the end; they are ignored here.
 */
import type { NodeId } from '../../core/model.ts';
import type { Beat, Echo, Version, View } from '../../core/ports.ts';
import { must } from '../../lib/assert.ts';
import { linksMax, nodesMax } from './model.ts';
import { type Fault, isCount, isDuration, isName, list, name } from './read.ts';

type Numbers = readonly number[];
type Hold = Beat['holds'][number];
interface Life {
  readonly node: NodeId;
  readonly boot: number;
}

// ---------------------------------------------------------------- writing

export function packBeat(beat: Beat): readonly unknown[] {
  const table = new Table();
  const echoes = beat.echoes.flatMap((echo) => [table.life(echo), echo.sentAtMs, echo.heldMs, bitsOf(echo.links)]);
  const holds = beat.holds.flatMap((hold) => [table.life(hold), hold.version]);
  const hears = beat.hears.map((node) => table.name(node));
  const { number, coordinator, members } = beat.promised;
  const promised = [number, coordinator === '' ? -1 : table.name(coordinator), ...members.map((m) => table.name(m))];
  const head = ['beat', beat.from, beat.boot, beat.seq, beat.sentAtMs, table.names, table.lives];
  const doc = [beat.docVersion, beat.docContent, beat.docOnDisk].flatMap((v) => [v.view, v.counter]);
  const continuous = beat.continuous.flatMap(({ node, since }) => [table.name(node), since]);
  const end = beat.agreesUpTo === undefined ? [] : [beat.agreesUpTo];
  return [...head, echoes, hears, promised, beat.installed, beat.recordVersion, holds, doc, continuous, ...end];
}

/** Names and lives that were met so far, with their places. */
class Table {
  readonly names: string[] = [];
  readonly lives: number[] = [];
  readonly #nameAt = new Map<string, number>();
  readonly #lifeAt = new Map<string, number>();

  name(node: NodeId): number {
    const known = this.#nameAt.get(node);
    if (known !== undefined) return known;
    this.#nameAt.set(node, this.names.length);
    return this.names.push(node) - 1;
  }

  life(life: Life): number {
    const key = `${life.boot} ${life.node}`;
    const known = this.#lifeAt.get(key);
    if (known !== undefined) return known;
    const place = this.lives.length / 2;
    this.#lifeAt.set(key, place);
    this.lives.push(this.name(life.node), life.boot);
    return place;
  }
}

/** Which links is a set: it comes out in ascending order on the other side. */
const bitsOf = (links: Numbers): number => links.reduce((bits, link) => bits | (1 << link), 0);

// ---------------------------------------------------------------- reading

/** `value` is a list that starts with "beat". */
export function readBeat(value: readonly unknown[], fault: Fault): Beat | undefined {
  const [, from, boot, seq, sentAtMs] = value;
  if (!isName(from) || !isCount(boot) || !isCount(seq) || !isDuration(sentAtMs)) return refuse(fault, 'head');
  const names = list(name, 3 * nodesMax)(value[5], fault);
  if (names === undefined) return refuse(fault, 'names');
  const lives = readLives(value[6], names);
  if (lives === undefined) return refuse(fault, 'lives');
  const echoes = readEchoes(value[7], lives);
  const hears = readNames(value[8], 0, names);
  const promised = readView(value[9], names);
  if (echoes === undefined || hears === undefined || promised === undefined) return refuse(fault, 'hearing');
  const [installed, recordVersion] = [value[10], value[11]];
  const holds = readHolds(value[12], lives);
  if ((installed !== null && !isCount(installed)) || !isCount(recordVersion)) return refuse(fault, 'installed');
  const doc = readDocVersions(value[13]);
  const continuous = readContinuous(value[14], names);
  if (holds === undefined || doc === undefined || continuous === undefined) return refuse(fault, 'holds');
  const agreesUpTo = value[15];
  if (agreesUpTo !== undefined && !isCount(agreesUpTo)) return refuse(fault, 'agreesUpTo');
  const head = { kind: 'beat', from, boot, seq, sentAtMs } as const;
  const read = { ...head, echoes, hears, promised, continuous, installed, recordVersion, holds, ...doc };
  return agreesUpTo === undefined ? read : { ...read, agreesUpTo };
}

function readLives(value: unknown, names: readonly NodeId[]): readonly Life[] | undefined {
  if (!isNumbers(value, 2, 2 * nodesMax)) return undefined;
  const lives: Life[] = [];
  for (let i = 0; i < value.length; i += 2) {
    const [node, boot] = [names[at(value, i)], value[i + 1]];
    if (node === undefined || !isCount(boot)) return undefined;
    lives.push({ node, boot });
  }
  return lives;
}

function readEchoes(value: unknown, lives: readonly Life[]): readonly Echo[] | undefined {
  if (!isNumbers(value, 4, nodesMax)) return undefined;
  const echoes: Echo[] = [];
  for (let i = 0; i < value.length; i += 4) {
    const [life, sentAtMs, heldMs, bits] = [lives[at(value, i)], value[i + 1], value[i + 2], at(value, i + 3)];
    if (life === undefined || !isDuration(sentAtMs) || !isDuration(heldMs)) return undefined;
    if (!isCount(bits) || bits >= 1 << linksMax) return undefined;
    echoes.push({ node: life.node, boot: life.boot, sentAtMs, heldMs, links: linksOf(bits) });
  }
  return echoes;
}

function readHolds(value: unknown, lives: readonly Life[]): readonly Hold[] | undefined {
  if (!isNumbers(value, 2, nodesMax)) return undefined;
  const holds: Hold[] = [];
  for (let i = 0; i < value.length; i += 2) {
    const [life, version] = [lives[at(value, i)], value[i + 1]];
    if (life === undefined || !isCount(version)) return undefined;
    holds.push({ node: life.node, boot: life.boot, version });
  }
  return holds;
}

function readContinuous(value: unknown, names: readonly NodeId[]): Beat['continuous'] | undefined {
  if (!isNumbers(value, 2, nodesMax)) return undefined;
  const entries: { node: NodeId; since: number }[] = [];
  for (let i = 0; i < value.length; i += 2) {
    const [node, since] = [names[at(value, i)], value[i + 1]];
    if (node === undefined || !isCount(since)) return undefined;
    entries.push({ node, since });
  }
  return entries;
}

function readView(value: unknown, names: readonly NodeId[]): View | undefined {
  if (!isNumbers(value, 1, nodesMax + 2) || value.length < 2) return undefined;
  const number = at(value, 0);
  const coordinator = value[1] === -1 ? '' : names[at(value, 1)];
  const members = readNames(value, 2, names);
  if (!isCount(number) || coordinator === undefined || members === undefined) return undefined;
  return { number, members, coordinator };
}

function readDocVersions(value: unknown): Pick<Beat, 'docVersion' | 'docContent' | 'docOnDisk'> | undefined {
  if (!isNumbers(value, 6, 1) || value.length !== 6 || !value.every(isCount)) return undefined;
  const version = (i: number): Version => ({ view: at(value, i), counter: at(value, i + 1) });
  return { docVersion: version(0), docContent: version(2), docOnDisk: version(4) };
}

function readNames(value: unknown, start: number, names: readonly NodeId[]): readonly NodeId[] | undefined {
  if (!isNumbers(value, 1, nodesMax + start)) return undefined;
  const nodes: NodeId[] = [];
  for (let i = start; i < value.length; i++) {
    const node = names[at(value, i)];
    if (node === undefined) return undefined;
    nodes.push(node);
  }
  return nodes;
}

function linksOf(bits: number): readonly number[] {
  const links: number[] = [];
  for (let link = 0; link < linksMax; link++) if ((bits & (1 << link)) !== 0) links.push(link);
  return links;
}

/** A list of numbers in rows of `width`, at most `rowsMax` of them. */
const isNumbers = (value: unknown, width: number, rowsMax: number): value is Numbers =>
  Array.isArray(value) &&
  value.length % width === 0 &&
  value.length <= width * rowsMax &&
  value.every((item) => typeof item === 'number');

const at = (numbers: Numbers, i: number): number => must(numbers[i], 'an index below the length');

function refuse(fault: Fault, part: string): undefined {
  fault.at = fault.at === '' ? part : `${part}.${fault.at}`;
  return undefined;
}

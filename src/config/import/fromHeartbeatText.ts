/** A cluster file while it is written: lines with comments that say where each came from; and what was left out on the way. */
import { byNumber } from '../../lib/compare.ts';
import { printable } from '../show.ts';
import type { ImportNote, Place } from './fault.ts';

/** What an administrator has to know about the result. */
export interface HeartbeatNote {
  /** Null: about all of them. */
  readonly file: string | null;
  readonly line: number | null;
  readonly text: string;
}

/** Collects lines, notes, and what the files did not hold. */
export class ClusterFileDraft {
  readonly #lines: string[] = [];
  readonly #notes: HeartbeatNote[] = [];
  readonly #blanks: string[] = [];
  /** In the order in which they were read. */
  readonly #files: string[] = [];

  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  /** By file and line; what is about all files comes last. */
  get notes(): readonly HeartbeatNote[] {
    const rank = ({ file }: HeartbeatNote): number => (file === null ? this.#files.length : this.#files.indexOf(file));
    return this.#notes.toSorted((a, b) => byNumber(rank(a), rank(b)) || byNumber(a.line ?? 0, b.line ?? 0));
  }

  /** What has to be filled in before the file can be used, one sentence each. */
  get blanks(): readonly string[] {
    return this.#blanks;
  }

  /** An empty comment is none. */
  line(depth: number, text: string, comment = ''): void {
    this.#lines.push(`${'  '.repeat(depth)}${text}${comment === '' ? '' : ` # ${printable(comment)}`}`);
  }

  comment(depth: number, text: string): void {
    this.#lines.push(`${'  '.repeat(depth)}# ${printable(text)}`);
  }

  gap(): void {
    this.#lines.push('');
  }

  note(source: Sourced | null, text: string): void {
    this.#notes.push({ file: source?.file ?? null, line: source?.line ?? null, text: printable(text) });
  }

  /** A file that was read, and what its reader found. */
  read(file: string, notes: readonly ImportNote[]): void {
    this.#files.push(file);
    for (const { line, text } of notes) this.note({ file, line }, text);
  }

  /** Something that has to be decided before the file can be used. */
  ask(what: string): void {
    this.#blanks.push(printable(what));
  }

  /** A value that the reader of cluster files refuses, so that nobody forgets it. */
  blank(what: string): string {
    this.ask(what);
    return `FILL-IN-${what.replace(/[^A-Za-z0-9.]+/g, '-')}`;
  }
}

/** A place together with its file. */
export interface Sourced {
  readonly file: string;
  readonly line: number;
}

export const sourced = (file: string, { line }: Place): Sourced => ({ file, line });

export const mark = ({ file, line }: Sourced): string => `${file}:${line}`;

const plainText = /^([A-Za-z_/][\w./@-]*(:[\w./@-]+)*|\d+\.\d+\.\d+\.\d+(\/\d+)?)$/;
/** YAML, or its older readers, take them for something else than text. */
const notText = /^(true|false|yes|no|on|off|null|y|n)$/i;

/** A text as it stands in YAML. */
export const scalar = (text: string): string =>
  plainText.test(text) && !notText.test(text) ? text : JSON.stringify(text);

export const flowList = (texts: readonly string[]): string => `[${texts.map(scalar).join(', ')}]`;

export const flowMapping = (entries: readonly (readonly [string, string])[]): string =>
  `{ ${entries.map(([key, value]) => `${scalar(key)}: ${scalar(value)}`).join(', ')} }`;

/** What a name of the cluster file can be: small letters, digits and «-», begun by a letter; each only once. */
export function nameFor(text: string, taken: ReadonlySet<string>): string {
  const cleaned = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const base = (/^[a-z]/.test(cleaned) ? cleaned : `n-${cleaned}`).slice(0, 56).replace(/-+$/, '');
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!taken.has(name)) return name;
  }
}

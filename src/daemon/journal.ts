/**
 * The node's own history: every change of state, once, with its time and reason.
 *
 * Kept in memory (bounded) for `events`, and in two files of bounded size in the state directory so that it survives a
 * restart. The numbers go on where the last life of the daemon ended, so that a reader can ask for «what came after».
 */
import { appendFile, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventLine } from '../api/status.ts';
import type { NodeId } from '../core/model.ts';
import type { Change } from '../core/ports.ts';
import { reasonOf } from './reason.ts';

const fileName = 'events.jsonl';
const linesMax = 2000;
const fileBytesMax = 1024 * 1024;
const flushAfterMs = 100;
/** Text of an agent may be part of a reason: an event is a line, not a log file. */
const textMax = 1000;

export class Journal {
  private readonly node: NodeId;
  private readonly path: string;
  private readonly complain: (remark: string) => void;
  private readonly lines: EventLine[];
  private unwritten: string[] = [];
  private flushing = false;
  private timer: NodeJS.Timeout | null = null;
  private bytes: number;
  private complained = false;

  private constructor(
    node: NodeId,
    path: string,
    lines: EventLine[],
    bytes: number,
    complain: (remark: string) => void,
  ) {
    this.node = node;
    this.path = path;
    this.lines = lines;
    this.bytes = bytes;
    this.complain = complain;
  }

  /** Reads what former lives left; what cannot be read is left out. */
  static async open(directory: string, node: NodeId, complain: (remark: string) => void): Promise<Journal> {
    const path = join(directory, fileName);
    const lines = await readEvents(directory);
    const bytes = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    const journal = new Journal(node, path, lines, bytes, complain);
    // Ends the line that a power cut may have torn, so that it does not swallow the next one.
    if (bytes > 0) journal.unwritten.push('\n');
    return journal;
  }

  get lastSeq(): number {
    return this.lines.at(-1)?.seq ?? 0;
  }

  add(change: Change, now: Date): EventLine {
    const line: EventLine = {
      seq: this.lastSeq + 1,
      at: now.toISOString(),
      node: this.node,
      what: cut(change.what),
      from: cut(change.from),
      to: cut(change.to),
      because: cut(change.because),
    };
    this.lines.push(line);
    if (this.lines.length > linesMax) this.lines.shift();
    this.write(`${JSON.stringify(line)}\n`);
    return line;
  }

  /** The newest `limit` events after a number and since a time (RFC 3339), oldest first. */
  read(after: number, since: string, limit: number): readonly EventLine[] {
    if (limit === 0) return [];
    return this.lines.filter((line) => line.seq > after && line.at >= since).slice(-limit);
  }

  /** Waits until everything is in the file. */
  async flush(): Promise<void> {
    while (this.flushing || this.unwritten.length > 0) {
      if (!this.flushing) await this.writeOut();
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  private write(text: string): void {
    this.unwritten.push(text);
    // A disk that hangs must not fill the memory: the events stay readable from `lines`.
    if (this.unwritten.length > linesMax) this.unwritten.shift();
    this.timer ??= setTimeout(() => void this.writeOut(), flushAfterMs).unref();
  }

  private async writeOut(): Promise<void> {
    if (this.flushing) return;
    this.flushing = true;
    while (this.unwritten.length > 0) {
      const text = this.unwritten.join('');
      this.unwritten = [];
      await this.append(text);
    }
    this.flushing = false;
    this.timer = null;
  }

  private async append(text: string): Promise<void> {
    try {
      if (this.bytes > fileBytesMax) {
        await rename(this.path, olderPath(this.path));
        this.bytes = 0;
      }
      await appendFile(this.path, text, { mode: 0o640 });
      this.bytes += Buffer.byteLength(text);
      this.complained = false;
    } catch (error) {
      if (!this.complained)
        this.complain(`events are kept in memory only, ${this.path} cannot be written: ${reasonOf(error)}`);
      this.complained = true;
    }
  }
}

/** What is in the files of a state directory, oldest first; also while no daemon runs. */
export async function readEvents(directory: string): Promise<EventLine[]> {
  const path = join(directory, fileName);
  const old = await readLines(olderPath(path));
  return [...old, ...(await readLines(path))].slice(-linesMax);
}

const olderPath = (path: string): string => `${path}.1`;

const cut = (text: string): string => (text.length > textMax ? `${text.slice(0, textMax)}…` : text);

async function readLines(path: string): Promise<EventLine[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .slice(-2 * fileBytesMax)
    .split('\n')
    .flatMap(parseLine);
}

/** A torn line (power cut) is left out; the next one is whole again. */
function parseLine(text: string): EventLine[] {
  // A file of line ends only would take its time: each error costs microseconds.
  if (!text.startsWith('{')) return [];
  try {
    const line = JSON.parse(text) as EventLine;
    const whole =
      Number.isSafeInteger(line.seq) && [line.at, line.node, line.what, line.from, line.to, line.because].every(isText);
    return whole ? [line] : [];
  } catch {
    return [];
  }
}

const isText = (value: unknown): boolean => typeof value === 'string';

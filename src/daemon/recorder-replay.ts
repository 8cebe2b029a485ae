/** Feeds what a flight recorder wrote to the core again, and compares what it decides with what it decided then. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Ms, NodeId } from '../core/model.ts';
import { boot, step } from '../core/node.ts';
import type { Beat, Change, NodeEffect, NodeEvent } from '../core/ports.ts';
import type { NodeInit, NodeState } from '../core/state.ts';
import { must } from '../lib/assert.ts';
import { canonicalJson } from '../lib/digest.ts';
import { failure, type Result, success } from '../lib/errors.ts';
import { reasonOf } from './reason.ts';
import { type Delta, withDelta } from './recorder-delta.ts';
import { type Decided, decidedBy, type Head, inShort, type Line, recorderFormat } from './recorder-format.ts';
import { decodeGraph, type GraphNode } from './recorder-graph.ts';
import { segmentPattern } from './recorder-ring.ts';

/** A file of a journal, replayed. */
export interface Replayed {
  readonly file: string;
  readonly head: Head;
  readonly events: number;
  readonly changes: readonly TimedChange[];
  /** The first step that came out otherwise; null: all the same. */
  readonly difference: Difference | null;
  /** What the core said in the step that it did not survive, then as now; null: it survived all. */
  readonly crash: string | null;
  /** Lines that could not be read: a torn end, or damage. The replay ends before them. */
  readonly unread: string | null;
}

export interface TimedChange {
  readonly at: string;
  readonly node: NodeId;
  readonly change: Change;
}

export interface Difference {
  readonly line: number;
  readonly at: string;
  readonly event: NodeEvent;
  readonly recorded: { readonly digest: string | null; readonly changes: readonly Change[] };
  /** Null: the core throws `crash`. */
  readonly replayed: { readonly digest: string | null; readonly effects: readonly string[] };
  readonly crash: string | null;
}

/** The files of a journal, oldest first: one file, or all of a recorder's folder. */
export async function journalFiles(path: string): Promise<Result<readonly string[]>> {
  try {
    if (!(await stat(path)).isDirectory()) return success([path]);
    const names = (await readdir(path)).filter((name) => segmentPattern.test(name)).sort();
    if (names.length > 0) return success(names.map((name) => join(path, name)));
    return failure('FILE_UNREADABLE', `${path} holds no journal of a flight recorder`, 'sempre sim --journal DIR');
  } catch (error) {
    return failure('FILE_UNREADABLE', `${path} cannot be read: ${reasonOf(error)}`);
  }
}

export async function replayFile(path: string): Promise<Result<Replayed>> {
  try {
    return replayText(basename(path), await readFile(path, 'utf8'));
  } catch (error) {
    return failure('FILE_UNREADABLE', `${path} cannot be read: ${reasonOf(error)}`);
  }
}

export function replayText(file: string, text: string): Result<Replayed> {
  const { lines, unread } = parseLines(text);
  const head = headOf(lines);
  if (head === null) return failure('FILE_UNREADABLE', `${file} is no journal of a flight recorder`);
  if (head.format !== recorderFormat) {
    const message = `${file} has format ${head.format} of the flight recorder, this version replays format ${recorderFormat}`;
    return failure('UNSUPPORTED', message, `replay it with Sempre ${head.software}`);
  }
  return success(new Replay(file, head).run(lines, unread));
}

interface Parsed {
  readonly lines: readonly Line[];
  readonly unread: string | null;
}

/** Up to the first line that cannot be read: what comes after it belongs to a state that is not known. */
function parseLines(text: string): Parsed {
  const lines: Line[] = [];
  const raw = text.split('\n');
  for (const [index, each] of raw.entries()) {
    if (each === '') continue;
    try {
      const line: unknown = JSON.parse(each);
      if (!Array.isArray(line)) throw new TypeError('it is no list');
      lines.push(line as unknown as Line);
    } catch (error) {
      const isEnd = index === raw.length - 1;
      const because = isEnd ? 'its last line is torn' : `line ${index + 1} is damaged (${reasonOf(error)})`;
      return { lines, unread: because };
    }
  }
  return { lines, unread: null };
}

function headOf([first]: readonly Line[]): Head | null {
  if (first?.[0] !== 'sempre-recorder') return null;
  const head: Partial<Head> | undefined = first[1];
  const isHead = Number.isSafeInteger(head?.format) && typeof head?.node === 'string' && Number.isFinite(head.nowMs);
  return isHead ? first[1] : null;
}

class Replay {
  private readonly file: string;
  private readonly head: Head;
  private readonly heard = new Map<NodeId, unknown>();
  private readonly changes: TimedChange[] = [];
  private objects: GraphNode[] = [];
  private state: NodeState | null = null;
  private events = 0;

  constructor(file: string, head: Head) {
    this.file = file;
    this.head = head;
  }

  run(lines: readonly Line[], unread: string | null): Replayed {
    const { file, head, changes } = this;
    for (const [index, line] of lines.entries()) {
      const end = this.takeOrLeave(line, index + 1);
      if (typeof end === 'string')
        return { file, head, changes, events: this.events, difference: null, crash: null, unread: end };
      if (end !== null) return { file, head, changes, unread, events: this.events, ...end };
    }
    return { file, head, changes, unread, events: this.events, difference: null, crash: null };
  }

  /** In words: a line that is JSON, but none of ours. */
  private takeOrLeave(line: Line, number: number): Pick<Replayed, 'difference' | 'crash'> | string | null {
    try {
      return this.take(line, number);
    } catch (error) {
      return `line ${number} is damaged (${reasonOf(error)})`;
    }
  }

  /** What ended the replay with this line; null: it goes on. */
  private take(line: Line, number: number): Pick<Replayed, 'difference' | 'crash'> | null {
    switch (line[0]) {
      case 'boot':
        this.state = boot(line[2] as NodeInit, line[1]);
        return null;
      case 'objects':
        this.objects = [...this.objects, ...line[1]];
        return null;
      case 'state':
        this.state = decodeGraph(this.objects) as NodeState;
        this.objects = [];
        return null;
      case 't':
        return this.step(number, { kind: 'tick' }, line[1], line[2]);
      case 'b':
        return this.step(number, this.beatOf(line[2], line[3], line[4]), line[1], line[5]);
      case 'e':
        if (typeof line[2]?.kind !== 'string') throw new TypeError('it holds no event');
        return this.step(number, line[2], line[1], line[3]);
      default:
        return null;
    }
  }

  private beatOf(link: number, from: NodeId, delta: Delta): NodeEvent {
    const message = withDelta(this.heard.get(from), delta === 0 ? undefined : delta) as Beat;
    this.heard.set(from, message);
    return { kind: 'message', link, message };
  }

  private step(
    line: number,
    event: NodeEvent,
    nowMs: Ms,
    decided: Decided,
  ): Pick<Replayed, 'difference' | 'crash'> | null {
    const at = this.timeOf(nowMs);
    const recorded = parts(decided);
    const effects = this.carryOn(event, nowMs);
    if (typeof effects === 'string') {
      if (decided === null) return { difference: null, crash: effects };
      return {
        difference: { line, at, event, recorded, replayed: { digest: null, effects: [] }, crash: effects },
        crash: null,
      };
    }
    this.events++;
    // The daemon ended in this step, though not by it: there is nothing to compare.
    if (decided === null) return null;
    const again = decidedBy(effects);
    const { digest, changes } = parts(again);
    for (const change of changes) this.changes.push({ at, node: this.head.node, change });
    if (canonicalJson(again) === canonicalJson(decided)) return null;
    return {
      difference: { line, at, event, recorded, replayed: { digest, effects: effects.map(inShort) }, crash: null },
      crash: null,
    };
  }

  /** The effects of the step, or what the core says when it does not survive it. */
  private carryOn(event: NodeEvent, nowMs: Ms): readonly NodeEffect[] | string {
    try {
      const { state, effects } = step(must(this.state, 'the state that the journal begins with'), event, nowMs);
      this.state = state;
      return effects;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  private timeOf(nowMs: Ms): string {
    const at = Date.parse(this.head.at) + nowMs - this.head.nowMs;
    return Number.isFinite(at) && Math.abs(at) < 8e15 ? new Date(at).toISOString() : `${nowMs} ms`;
  }
}

function parts(decided: Decided): Difference['recorded'] {
  if (decided === null || typeof decided === 'string') return { digest: decided, changes: [] };
  return { digest: decided[0], changes: decided[1] };
}

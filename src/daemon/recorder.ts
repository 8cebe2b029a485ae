/**
 * The flight recorder: every event that goes into the core of this node, and what it decided, in a ring of files. Fed to the core
 * again (`recorder-replay.ts`), they give the same decisions, so that what happened can be looked at after the fact.
 *
 * It costs the loop some microseconds an event and never fails it. It holds no secrets: see `recorder-redact.ts`.
 */
import { join } from 'node:path';
import type { Ms, NodeId } from '../core/model.ts';
import type { NodeEffect, NodeEvent } from '../core/ports.ts';
import type { NodeInit, NodeState } from '../core/state.ts';
import type { StepWatcher } from './loop.ts';
import { deltaBetween } from './recorder-delta.ts';
import { decidedBy, type Head, type Line, recorderFormat } from './recorder-format.ts';
import { encodeGraph, type GraphNode } from './recorder-graph.ts';
import { Redactor } from './recorder-redact.ts';
import { RecorderRing } from './recorder-ring.ts';

export interface RecorderOptions {
  readonly directory: string;
  readonly node: NodeId;
  readonly software: string;
  /** Of all files together. */
  readonly bytesMax: number;
  readonly complain: (remark: string) => void;
}

/** In the state directory. */
const recorderFolder = 'recorder';
const files = 8;
const waitingBytesMin = 4 * 1024 * 1024;
/** After a failure of the disk. */
const againAfterMs = 10_000;
/** The state is written in slices no longer than this, between which the node goes on. */
const sliceMs = 0.2;
const objectsPerLine = 32;

export class Recorder implements StepWatcher {
  private readonly options: RecorderOptions;
  private readonly redactor = new Redactor();
  private readonly ring: RecorderRing;
  private readonly fileBytesMax: number;
  private boot = 0;
  private event: NodeEvent | null = null;
  private nowMs: Ms = 0;
  private readonly heard = new Map<NodeId, unknown>();
  private fileBytes = 0;
  /** The state that is being written; lines of events wait until it is. */
  private snapshot: { readonly nodes: Generator<GraphNode>; readonly nowMs: Ms; readonly held: string[] } | null = null;
  private mode: 'on' | 'broken' | 'off' = 'off';
  private againAtMs: Ms = 0;
  private isFailing = false;

  constructor(options: RecorderOptions) {
    this.options = options;
    this.fileBytesMax = Math.max(16 * 1024, Math.floor(options.bytesMax / files));
    this.ring = new RecorderRing({
      directory: options.directory,
      filesMax: files,
      waitingBytesMax: Math.max(waitingBytesMin, 2 * this.fileBytesMax),
      failed: (because) => this.breakOff(because),
      wrote: () => {
        this.isFailing = false;
      },
    });
  }

  /** Begins with a node that has just booted. */
  booted(init: NodeInit, nowMs: Ms): void {
    this.safely(() => {
      this.beginFile(init.boot, nowMs);
      this.put(['boot', nowMs, this.redactor.deep(init)]);
    });
  }

  /** Begins with a node that is under way. */
  resume(state: NodeState, nowMs: Ms): void {
    this.safely(() => {
      this.beginFile(state.boot, nowMs);
      const nodes = encodeGraph(state, (name, value) => this.redactor.member(name, value));
      this.snapshot = { nodes, nowMs, held: [] };
      this.writeSnapshot(this.snapshot);
    });
  }

  before(event: NodeEvent, nowMs: Ms): void {
    this.event = event;
    this.nowMs = nowMs;
  }

  after(state: NodeState, effects: readonly NodeEffect[]): void {
    const { event, nowMs } = this;
    this.event = null;
    if (this.mode === 'off' || event === null) return;
    if (this.mode === 'broken') {
      if (nowMs >= this.againAtMs) this.resume(state, nowMs);
      return;
    }
    this.safely(() => this.put(this.lineOf(event, nowMs, effects)));
    if (this.fileBytes > this.fileBytesMax && this.snapshot === null) this.resume(state, nowMs);
  }

  async close(): Promise<void> {
    this.finishSnapshot();
    this.mode = 'off';
    await this.ring.close();
  }

  /** For a process that ends now, perhaps in the middle of a step: that step's event is the one to know. */
  flushNow(): void {
    this.safely(() => {
      this.finishSnapshot();
      if (this.event !== null && this.mode === 'on') this.put(this.lineOf(this.event, this.nowMs, null));
      this.ring.flushNow();
    });
  }

  private lineOf(event: NodeEvent, nowMs: Ms, effects: readonly NodeEffect[] | null): Line {
    const decided = effects === null ? null : decidedBy(effects);
    if (event.kind === 'tick') return ['t', nowMs, decided];
    if (event.kind !== 'message' || event.message.kind !== 'beat')
      return ['e', nowMs, this.redactor.deep(event) as NodeEvent, decided];
    const { link, message } = event;
    const delta = deltaBetween(this.heard.get(message.from), message) ?? 0;
    this.heard.set(message.from, message);
    return ['b', nowMs, link, message.from, delta, decided];
  }

  private beginFile(boot: number, nowMs: Ms): void {
    const { node, software } = this.options;
    this.boot = boot;
    this.heard.clear();
    this.fileBytes = 0;
    this.mode = 'on';
    this.ring.begin();
    const at = new Date().toISOString();
    const head: Head = { format: recorderFormat, node, software, boot: this.boot, at, nowMs };
    this.put(['sempre-recorder', head]);
  }

  private put(line: Line): void {
    const text = `${JSON.stringify(line)}\n`;
    this.fileBytes += text.length;
    if (this.snapshot === null) this.ring.write(text);
    else this.snapshot.held.push(text);
  }

  private writeSnapshot(snapshot: NonNullable<typeof this.snapshot>): void {
    // Another file may have been begun meanwhile, after a failure.
    if (this.snapshot !== snapshot) return;
    const endMs = performance.now() + sliceMs;
    while (performance.now() < endMs) if (this.writeObjects(snapshot)) return;
    setImmediate(() => this.safely(() => this.writeSnapshot(snapshot)));
  }

  /** Says whether it was the last of it. */
  private writeObjects(snapshot: NonNullable<typeof this.snapshot>): boolean {
    const objects: GraphNode[] = [];
    while (objects.length < objectsPerLine) {
      const next = snapshot.nodes.next();
      if (next.done === true) break;
      objects.push(next.value);
    }
    if (objects.length > 0) this.writeLine(['objects', objects]);
    if (objects.length === objectsPerLine) return false;
    this.snapshot = null;
    // However large the state is, there is room for events: else one state would follow the other.
    this.fileBytes = Math.min(this.fileBytes, this.fileBytesMax / 2);
    this.writeLine(['state', snapshot.nowMs]);
    for (const text of snapshot.held) this.ring.write(text);
    return true;
  }

  private writeLine(line: Line): void {
    const text = `${JSON.stringify(line)}\n`;
    this.fileBytes += text.length;
    this.ring.write(text);
  }

  private finishSnapshot(): void {
    while (this.snapshot !== null) this.writeObjects(this.snapshot);
  }

  private breakOff(because: string): void {
    this.snapshot = null;
    if (this.mode === 'on') this.mode = 'broken';
    this.againAtMs = this.nowMs + againAfterMs;
    if (!this.isFailing) this.options.complain(`the flight recorder leaves a gap: ${because}`);
    this.isFailing = true;
  }

  /** Nothing in here may stop the node. */
  private safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.mode = 'off';
      this.snapshot = null;
      this.options.complain(`the flight recorder is off: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

export interface RecorderStart {
  readonly stateDirectory: string;
  /** 0: none. */
  readonly recorderMb: number;
  readonly self: NodeId;
  readonly software: string;
  readonly init: NodeInit;
  readonly loop: { readonly state: NodeState; watch(watcher: StepWatcher): void };
  readonly complain: (remark: string) => void;
}

/** Begins with a node that has just booted. Returns how it ends. */
export function startRecorder(start: RecorderStart): { close(): Promise<void> } {
  if (start.recorderMb === 0) return { close: async () => undefined };
  const recorder = new Recorder({
    directory: join(start.stateDirectory, recorderFolder),
    node: start.self,
    software: start.software,
    bytesMax: start.recorderMb * 1024 * 1024,
    complain: start.complain,
  });
  recorder.booted(start.init, start.loop.state.startedAtMs);
  start.loop.watch(recorder);
  process.once('exit', () => recorder.flushNow());
  return recorder;
}

/**
 * The fences and pinger ports, with their drivers in a thread of their own.
 *
 * Not in the thread that beats: starting a program holds the caller up. Not in the drivers' thread either: a driver that hangs
 * is a reason to fence, and must not keep anybody from it. The thread is started when the cluster file has a use for it, so
 * that it is there when memory is short.
 */
import { Worker } from 'node:worker_threads';
import type { Cluster, Ms } from '../core/model.ts';
import type { FenceCall, FenceResult, Fences, NodeEvent, Pinger } from '../core/ports.ts';

export interface FenceThreadOptions {
  readonly runDirectory: string;
  /** Searched for fence agents before the folders of the system: for labs. */
  readonly agentFolder: string | null;
  readonly nowMs: () => Ms;
  readonly deliver: (event: NodeEvent) => void;
  readonly log: (line: string) => void;
  /** The thread broke: a bug. What was under way is answered as failed, and a new thread takes over. */
  readonly complain: (because: string) => void;
}

/** What the loop's thread asks of this one. */
export type ToFences =
  | { readonly kind: 'fence'; readonly call: FenceCall }
  | { readonly kind: 'ping'; readonly addresses: readonly string[]; readonly timeoutMs: Ms };

/** What this thread says. */
export type FromFences =
  | { readonly kind: 'fenceDone'; readonly callId: number; readonly result: FenceResult }
  | { readonly kind: 'pinged'; readonly sentAtMs: Ms; readonly reached: readonly string[] }
  | { readonly kind: 'log'; readonly line: string };

export interface FencesData {
  readonly runDirectory: string;
  readonly agentFolder: string | null;
}

/** How long after its time limit a call may still be answered by the driver itself. */
const graceMs: Ms = 2000;
const timerMsMax: Ms = 2 ** 31 - 1;

export class FenceThread implements Fences, Pinger {
  readonly #options: FenceThreadOptions;
  readonly #calls = new Map<number, NodeJS.Timeout>();
  #worker: Worker | null = null;
  #pingMs: Ms = 1000;
  #closed = false;

  constructor(options: FenceThreadOptions) {
    this.#options = options;
  }

  /** The cluster file has changed. */
  configure(cluster: Cluster): void {
    this.#pingMs = cluster.heartbeat.deadMs;
    if (cluster.fencing.devices.length > 0 || cluster.quorum.ping.length > 0) this.#thread();
  }

  call(call: FenceCall): void {
    const { callId, timeoutMs } = call;
    const late: FenceResult = {
      ok: false,
      because: `the fence driver gave no answer within ${timeoutMs + graceMs} ms`,
    };
    const timer = setTimeout(() => this.#answer(callId, late), Math.min(timeoutMs + graceMs, timerMsMax));
    this.#calls.set(callId, timer);
    this.#thread().postMessage({ kind: 'fence', call } satisfies ToFences);
  }

  ping(addresses: readonly string[]): void {
    this.#thread().postMessage({ kind: 'ping', addresses, timeoutMs: this.#pingMs } satisfies ToFences);
  }

  /** Calls that are under way go on without us; the next life of the daemon ends them. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#calls.values()) clearTimeout(timer);
    await this.#worker?.terminate();
  }

  #thread(): Worker {
    this.#worker ??= this.#launch();
    return this.#worker;
  }

  #launch(): Worker {
    const { runDirectory, agentFolder } = this.#options;
    const workerData: FencesData = { runDirectory, agentFolder };
    const worker = new Worker(new URL('./fence-worker.ts', import.meta.url), { workerData });
    worker.on('message', (message: FromFences) => this.#hear(message));
    worker.on('error', (error) => this.#broke(error instanceof Error ? error.message : String(error)));
    return worker;
  }

  #hear(message: FromFences): void {
    if (this.#closed) return;
    switch (message.kind) {
      case 'fenceDone':
        return this.#answer(message.callId, message.result);
      case 'pinged':
        return this.#options.deliver(message);
      case 'log':
        return this.#options.log(message.line);
    }
  }

  /** Once for each call. */
  #answer(callId: number, result: FenceResult): void {
    const timer = this.#calls.get(callId);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#calls.delete(callId);
    this.#options.deliver({ kind: 'fenceDone', callId, result });
  }

  #broke(because: string): void {
    if (this.#closed) return;
    this.#options.complain(`the thread that fences broke and is started anew: ${because}`);
    this.#worker = null;
    for (const callId of this.#calls.keys()) this.#answer(callId, { ok: false, because: `it broke: ${because}` });
    this.#options.deliver({ kind: 'pinged', sentAtMs: this.#options.nowMs(), reached: [] });
  }
}

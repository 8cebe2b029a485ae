/**
 * Programs that serve on their own and outlive the daemon: launched into a session of their own, found again by a record in
 * the run directory, watched so that their death is known at once, and stopped with all their processes.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ms, Service, ServiceId } from '../../core/model.ts';
import type { OpResult } from '../../core/ports.ts';
import { type DriverContext, failed, failedOnNode } from '../driver.ts';
import { pollMsMin, processNow, signalGroup, slower } from '../process/group.ts';
import { whyNotStarted } from '../process/not_started.ts';
import { fileNameOf, type Read, readState, removeState, writeState } from '../process/state_file.ts';
import { openLog } from './log_file.ts';
import { type EngineRecord, isAlive, parseRecord, survivors } from './record.ts';

type Failed = OpResult & { readonly outcome: 'failed' };

export interface EngineProgram {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

interface Watch {
  readonly record: EngineRecord;
  readonly timer: NodeJS.Timeout;
}

/** One small read each. The same for our child and for an engine that a former daemon started. */
const watchMs = 50;
/** SIGKILL comes when this part of the time for the stop is over. */
const killAfterShare = 0.8;
const reportMs: Ms = 50;

export class Engines {
  readonly folder: string;
  readonly #context: DriverContext;
  readonly #watches = new Map<ServiceId, Watch>();

  constructor(context: DriverContext, name: string) {
    this.#context = context;
    this.folder = join(context.runDirectory, name);
  }

  /** A file of this service in the driver's folder. */
  path(id: ServiceId, ending: string): string {
    return join(this.folder, `${fileNameOf(id)}.${ending}`);
  }

  record(id: ServiceId): Read<EngineRecord> {
    return readState(this.path(id, 'json'), parseRecord);
  }

  /** Only the owner looks into this folder: configurations hold passwords. */
  makeFolder(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  /** Starts it and notes it; `watch` it once it serves. The output goes to `path(id, 'log')`. */
  launch(service: Service, program: EngineProgram): EngineRecord | Failed {
    let log: number;
    try {
      this.makeFolder();
      log = openLog(this.path(service.id, 'log'));
    } catch (error) {
      return failedOnNode(`cannot open the log of the balancer: ${(error as Error).message}`);
    }
    try {
      return this.#spawn(service, program, log);
    } catch (error) {
      return failedOnNode(whyNotStarted(error, program).because);
    } finally {
      closeSync(log);
    }
  }

  #spawn(service: Service, program: EngineProgram, log: number): EngineRecord | Failed {
    const [file, ...args] = program.argv;
    const child = spawn(file, args, { env: { ...program.env }, cwd: '/', detached: true, stdio: ['ignore', log, log] });
    child.once('error', () => {}); // A missing pid has told already.
    child.unref();
    if (child.pid === undefined) return failedOnNode(whyNotStarted(missing, program).because);
    const record = { pid: child.pid, startTicks: processNow(child.pid)?.startTicks ?? '', digest: service.digest };
    const because = this.note(service.id, record);
    if (because !== null) {
      signalGroup(record.pid, 'SIGKILL');
      return failedOnNode(because);
    }
    return record;
  }

  /** Null, or why the record could not be written. */
  note(id: ServiceId, record: EngineRecord): string | null {
    return writeState(this.path(id, 'json'), record);
  }

  /** Tells the daemon when the engine ends by itself. An engine that is watched already stays so. */
  watch(id: ServiceId, record: EngineRecord): void {
    const before = this.#watches.get(id);
    if (before !== undefined && before.record.pid === record.pid && before.record.startTicks === record.startTicks)
      return;
    this.unwatch(id);
    const look = (): void => {
      if (this.#watches.get(id)?.record !== record || isAlive(record)) return;
      this.unwatch(id);
      this.#context.died(id, `the balancer process ${record.pid} has ended`);
    };
    this.#watches.set(id, { record, timer: setInterval(look, watchMs).unref() });
  }

  /** Its end is no news from now on. */
  unwatch(id: ServiceId): void {
    clearInterval(this.#watches.get(id)?.timer);
    this.#watches.delete(id);
  }

  close(): void {
    for (const id of [...this.#watches.keys()]) this.unwatch(id);
  }

  /** Ends the whole group: `signal` first, SIGKILL when the time is nearly over. Null, or why something is left. */
  async end(record: EngineRecord, signal: NodeJS.Signals, timeoutMs: Ms): Promise<Failed | null> {
    const begunMs = performance.now();
    const killAtMs = begunMs + timeoutMs * killAfterShare;
    const giveUpAtMs = begunMs + Math.max(timeoutMs - reportMs, timeoutMs * 0.9);
    let left = await survivors(record);
    // The leader passes the signal on; one that is gone cannot.
    if (left.length > 0) sendTo(record, isAlive(record) ? signal : 'SIGKILL');
    let killed = false;
    for (let pauseMs = pollMsMin; left.length > 0 && performance.now() < giveUpAtMs; pauseMs = slower(pauseMs)) {
      await sleep(pauseMs);
      left = await survivors(record);
      if (killed || left.length === 0 || performance.now() < killAtMs) continue;
      signalGroup(record.pid, 'SIGKILL');
      killed = true;
    }
    if (left.length === 0) return null;
    return failed(`processes of the balancer live on after SIGKILL: ${left.map(({ pid }) => pid).join(', ')}`);
  }

  forget(id: ServiceId, endings: readonly string[]): void {
    for (const ending of [...endings, 'json']) removeState(this.path(id, ending));
  }
}

const missing = Object.assign(new Error('no such file or directory'), { code: 'ENOENT' });

function sendTo(record: EngineRecord, signal: NodeJS.Signals): void {
  if (signal === 'SIGKILL') {
    signalGroup(record.pid, signal);
    return;
  }
  try {
    process.kill(record.pid, signal);
    process.kill(record.pid, 'SIGCONT'); // A paused process takes the signal only when it goes on.
  } catch {
    // It has just ended.
  }
}

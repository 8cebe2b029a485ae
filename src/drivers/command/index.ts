/**
 * Runs a program as a service: starts it in a session and process group of its own, watches it, stops it with its group.
 *
 * The program does not depend on the daemon: its output goes to a file, and a daemon that comes back finds it by its pid
 * file. A program that puts itself into another session (a classic daemon that forks) escapes: run it in the foreground.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandResource, Ms, Service, ServiceId } from '../../core/model.ts';
import type { AgentOp, OpResult } from '../../core/ports.ts';
import {
  type Driver,
  type DriverContext,
  failed,
  failedInCluster,
  failedOnNode,
  failedUnknown,
  ok,
  running,
  stopped,
  withoutRoles,
} from '../driver.ts';
import { pollMsMin, processNow, signalGroup, slower } from '../process/group.ts';
import { whyNotStarted } from '../process/not_started.ts';
import { fileNameOf, type Read, readState, removeState, writeState } from '../process/state_file.ts';
import { runCheck } from './check.ts';
import { commandEnvironment } from './environment.ts';
import { lastLogLine, openLog, trimLog } from './log_file.ts';
import { type CommandRecord, isAlive, naming, parseRecord, survivors } from './record.ts';
import { type Watch, watchAdopted, watchChild } from './watch.ts';

/** A program without a check that lives for so long after its start is taken to work. */
const settleMs: Ms = 100;
const checkAgainMs: Ms = 100;
/** SIGKILL comes when this part of the time for the stop is over. */
const killAfterShare = 0.8;
/** Kept back of the time for the stop, to say what is left. */
const reportMs: Ms = 50;

export class CommandDriver implements Driver<CommandResource> {
  readonly #context: DriverContext;
  readonly #watches = new Map<ServiceId, Watch>();
  /** Services whose end is somebody's answer already: a start or stop of them is under way. */
  readonly #busy = new Set<ServiceId>();

  constructor(context: DriverContext) {
    this.#context = context;
  }

  async perform(op: AgentOp, resource: CommandResource): Promise<OpResult> {
    const id = op.service.id;
    const seen = this.#record(id);
    if (seen.kind === 'unreadable')
      return failedUnknown(`${seen.because}; end the program by hand, then remove the file`);
    const record = seen.kind === 'state' ? seen.state : null;
    switch (op.verb) {
      case 'probe':
      case 'check':
        return this.#check(op, resource, record);
      case 'start':
        return this.#alone(id, () => this.#start(op, resource, record));
      case 'stop':
        return this.#alone(id, () => this.#stop(op, resource, record));
      case 'reload':
        return failedInCluster('a command cannot take over a changed definition while it runs');
      case 'tune':
        return ok;
      default:
        return withoutRoles(op.verb);
    }
  }

  async details(service: Service): Promise<unknown> {
    const seen = this.#record(service.id);
    if (seen.kind !== 'state' || !isAlive(seen.state)) return null;
    return { pid: seen.state.pid, log: this.#logPath(service.id) };
  }

  async close(): Promise<void> {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }

  async #check(op: AgentOp, resource: CommandResource, record: CommandRecord | null): Promise<OpResult> {
    const id = op.service.id;
    trimLog(this.#logPath(id));
    if (record === null) return stopped;
    if (!isAlive(record)) return this.#leftBehind(record);
    this.#adopt(id, record);
    if (resource.checkArgv === null) return running(record.digest);
    const result = await runCheck(resource.checkArgv, resource, this.#environment(op.service, resource), op.timeoutMs);
    // It lives: however its check fails, nobody may conclude that it cannot run here, or may not be running.
    return result === null ? running(record.digest) : failed(result.because);
  }

  async #leftBehind(record: CommandRecord): Promise<OpResult> {
    const left = await survivors(record);
    return left.length === 0 ? stopped : failed(`the program ended, but left processes behind: ${naming(left)}`);
  }

  async #start(op: AgentOp, resource: CommandResource, record: CommandRecord | null): Promise<OpResult> {
    const id = op.service.id;
    const deadlineMs = performance.now() + op.timeoutMs - reportMs;
    if (record !== null && isAlive(record)) {
      return this.#settle(op, resource, this.#adopt(id, record), deadlineMs);
    }
    const left = record === null ? [] : await survivors(record);
    if (left.length > 0) return failed(`processes of a former start are left: ${naming(left)}; stop it first`);
    const started = this.#spawn(op.service, resource);
    return 'outcome' in started ? started : this.#settle(op, resource, started, deadlineMs);
  }

  #spawn(service: Service, resource: CommandResource): Watch | OpResult {
    const env = this.#environment(service, resource);
    const [file, ...args] = resource.argv;
    if (file === undefined) return failedInCluster('the command is empty: it names no program');
    const program = { argv: [file, ...args] as const, env, directory: resource.directory };
    let child: ChildProcess;
    let log: number;
    try {
      log = openLog(this.#logPath(service.id));
    } catch (error) {
      return failedOnNode(`cannot open the log of its output: ${(error as Error).message}`);
    }
    try {
      child = spawn(file, args, { cwd: resource.directory, env, detached: true, stdio: ['ignore', log, log] });
    } catch (error) {
      return failedOnNode(whyNotStarted(error, program).because);
    } finally {
      closeSync(log);
    }
    // Comes later, with the reason that `pid` has already told.
    child.once('error', () => {});
    child.unref();
    if (child.pid === undefined) return failedOnNode(whyNotStarted(notThere, program).because);
    return this.#note(service, child, child.pid);
  }

  /** Writes the pid file in the same breath as the start: a daemon that dies here must find its program again. */
  #note(service: Service, child: ChildProcess, pid: number): Watch | OpResult {
    const startTicks = processNow(pid)?.startTicks ?? '';
    const record: CommandRecord = { pid, startTicks, digest: service.digest };
    const notWritten = writeState(this.#recordPath(service.id), record);
    if (notWritten !== null) {
      signalGroup(pid, 'SIGKILL');
      return failedOnNode(notWritten);
    }
    return this.#watch(service.id, watchChild(child, record));
  }

  /** Waits until the program works, has ended, or the time is over. */
  async #settle(op: AgentOp, resource: CommandResource, watch: Watch, deadlineMs: number): Promise<OpResult> {
    const settled = await Promise.race([watch.ended, sleep(resource.checkArgv === null ? settleMs : 0, null)]);
    if (settled !== null || !isAlive(watch.record)) return this.#endedEarly(op.service.id, watch);
    if (resource.checkArgv === null) return ok;
    return this.#untilCheckSucceeds(op, resource, resource.checkArgv, watch, deadlineMs);
  }

  async #untilCheckSucceeds(
    op: AgentOp,
    resource: CommandResource,
    checkArgv: readonly string[],
    watch: Watch,
    deadlineMs: number,
  ): Promise<OpResult> {
    const env = this.#environment(op.service, resource);
    for (;;) {
      const limitMs = Math.max(1, Math.min(op.service.check.timeoutMs, deadlineMs - performance.now()));
      const result = await Promise.race([runCheck(checkArgv, resource, env, limitMs), watch.ended]);
      if (typeof result === 'string' || !isAlive(watch.record)) return this.#endedEarly(op.service.id, watch);
      if (result === null) return ok;
      if (result.scope !== 'soft') return result;
      if (deadlineMs - performance.now() < checkAgainMs) {
        return failedUnknown(`it runs, but does not work ${op.timeoutMs} ms after its start: ${result.because}`);
      }
      await sleep(checkAgainMs);
    }
  }

  async #endedEarly(id: ServiceId, watch: Watch): Promise<OpResult> {
    const words = await Promise.race([watch.ended, sleep(settleMs, 'it ended by itself')]);
    return failed(this.#withLastLine(id, `${words} while it was started`));
  }

  async #stop(op: AgentOp, resource: CommandResource, record: CommandRecord | null): Promise<OpResult> {
    const id = op.service.id;
    if (record !== null) {
      const left = await endGroup(record, resource.stopSignal, op.timeoutMs);
      if (left.length > 0) return failed(`processes live on after SIGKILL: ${naming(left)}`);
    }
    this.#watches.get(id)?.close();
    this.#watches.delete(id);
    removeState(this.#recordPath(id));
    return ok;
  }

  async #alone(id: ServiceId, act: () => Promise<OpResult>): Promise<OpResult> {
    this.#busy.add(id);
    try {
      return await act();
    } finally {
      this.#busy.delete(id);
    }
  }

  #adopt(id: ServiceId, record: CommandRecord): Watch {
    const watch = this.#watches.get(id);
    if (watch?.record.pid === record.pid && watch.record.startTicks === record.startTicks) return watch;
    return this.#watch(id, watchAdopted(record));
  }

  #watch(id: ServiceId, watch: Watch): Watch {
    this.#watches.get(id)?.close();
    this.#watches.set(id, watch);
    void watch.ended.then((words) => {
      if (this.#watches.get(id) !== watch) return;
      this.#watches.delete(id);
      if (!this.#busy.has(id)) this.#context.died(id, this.#withLastLine(id, words));
    });
    return watch;
  }

  #withLastLine(id: ServiceId, words: string): string {
    const line = lastLogLine(this.#logPath(id));
    return line === '' ? words : `${words}; its last line was: ${line}`;
  }

  #environment(service: Service, resource: CommandResource): Record<string, string> {
    return commandEnvironment(process.env, resource.env, this.#context.node, service.id);
  }

  #record = (id: ServiceId): Read<CommandRecord> => readState(this.#recordPath(id), parseRecord);
  #recordPath = (id: ServiceId): string => join(this.#context.runDirectory, 'command', `${fileNameOf(id)}.json`);
  #logPath = (id: ServiceId): string => join(this.#context.runDirectory, 'logs', `${fileNameOf(id)}.log`);
}

const notThere = Object.assign(new Error('no such file or directory'), { code: 'ENOENT' });

/** Asks the group to end, kills it when its time is nearly over; returns who is left in spite of that. */
async function endGroup(record: CommandRecord, signal: NodeJS.Signals, timeoutMs: Ms) {
  const begunMs = performance.now();
  const killAtMs = begunMs + timeoutMs * killAfterShare;
  const giveUpAtMs = begunMs + timeoutMs - reportMs;
  let left = await survivors(record);
  if (left.length > 0) {
    signalGroup(record.pid, signal);
    // A paused process takes the signal only when it goes on.
    signalGroup(record.pid, 'SIGCONT');
  }
  let killed = false;
  for (let pauseMs = pollMsMin; left.length > 0 && performance.now() < giveUpAtMs; pauseMs = slower(pauseMs)) {
    const nextMs = (killed ? giveUpAtMs : killAtMs) - performance.now();
    await sleep(Math.max(1, Math.min(pauseMs, nextMs)));
    left = await survivors(record);
    if (!killed && performance.now() >= killAtMs) {
      killed = true;
      if (left.length > 0) signalGroup(record.pid, 'SIGKILL');
    }
  }
  return left;
}

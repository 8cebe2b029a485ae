/**
 * Drives HAProxy 2.4 or newer as a balancer: master and worker in a session of their own, a socket for what changes while it
 * runs, a reload for what does not.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BalanceResource, Ms, Service, ServiceId } from '../../core/model.ts';
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
import { writePrivate } from '../engine/atomic_file.ts';
import { askSocket } from '../engine/control.ts';
import { Engines } from '../engine/engines.ts';
import { boundLog, logEnd, logLinesSince } from '../engine/log_file.ts';
import { type EngineRecord, isAlive, survivors } from '../engine/record.ts';
import { withPlaces } from '../engine/servers.ts';
import { runProgram } from '../process/run.ts';
import { linesOf } from '../process/tail.ts';
import {
  checkArgv,
  drainCommand,
  launchArgv,
  type Paths,
  showInfo,
  showProcesses,
  showServersState,
  showStat,
} from './commands.ts';
import { alertsOf, blameOf, parseProcesses, parseStat, stateToKeep, workerOfInfo } from './parse.ts';
import { renderConfig, type Surroundings, whyNotRenderable } from './render.ts';

const environment = { PATH: '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
const askMs: Ms = 1000;
const pollMs: Ms = 5;
/** Kept back of a time limit to say how it went. */
const reportMs: Ms = 50;
/** In a planned move, connections that are left get this part of the time to end by themselves. */
const graceShare = 0.5;
const notInstalled = 'HAProxy is not installed on this node: apt install haproxy, or set `engine: proxy`';

export function createHaproxyDriver(context: DriverContext): Driver<BalanceResource> {
  return new HaproxyDriver(context);
}

class HaproxyDriver implements Driver<BalanceResource> {
  readonly #engines: Engines;

  constructor(context: DriverContext) {
    this.#engines = new Engines(context, 'haproxy');
  }

  async perform(op: AgentOp, resource: BalanceResource): Promise<OpResult> {
    const seen = this.#engines.record(op.service.id);
    if (seen.kind === 'unreadable') return failed(`${seen.because}; end HAProxy by hand, then remove the file`);
    const record = seen.kind === 'state' ? seen.state : null;
    const deadlineMs = performance.now() + op.timeoutMs - reportMs;
    switch (op.verb) {
      case 'probe':
      case 'check':
        return this.#check(op, record);
      case 'start':
        return this.#start(op, resource, record, deadlineMs);
      case 'stop':
        return this.#stop(op, record);
      case 'reload':
        return this.#reload(op, resource, record, deadlineMs);
      case 'tune':
        return this.#tune(op, resource);
      default:
        return withoutRoles(op.verb);
    }
  }

  async details(service: Service, resource: BalanceResource): Promise<unknown> {
    const answer = await askSocket(this.#paths(service.id).statsSocket, showStat, askMs);
    if (answer === null) return null;
    return { kind: 'balance', engine: 'haproxy', servers: withPlaces(resource, parseStat(answer)) };
  }

  async close(): Promise<void> {
    this.#engines.close();
  }

  async #check(op: AgentOp, record: EngineRecord | null): Promise<OpResult> {
    const id = op.service.id;
    boundLog(this.#engines.path(id, 'log'));
    if (record === null) return stopped;
    if (!isAlive(record)) {
      const left = await survivors(record);
      return left.length === 0 ? stopped : failed('the HAProxy master has ended, but a worker lives on');
    }
    this.#engines.watch(id, record);
    const answer = await askSocket(this.#paths(id).statsSocket, showInfo, Math.min(op.timeoutMs - reportMs, askMs * 5));
    if (answer !== null && workerOfInfo(answer) !== null) return running(record.digest);
    return failed('HAProxy runs, but does not answer on its socket');
  }

  // ---------------------------------------------------------------- start

  async #start(op: AgentOp, resource: BalanceResource, before: EngineRecord | null, deadlineMs: Ms): Promise<OpResult> {
    const id = op.service.id;
    if (before !== null && isAlive(before)) {
      const seen = await this.#check(op, before);
      return seen.outcome === 'running' ? ok : seen;
    }
    if (before !== null && (await survivors(before)).length > 0)
      return failed('a worker of a former start is left: stop it first');
    const because = this.#writeConfig(id, resource, this.#paths(id).config);
    if (because !== null) return because;
    removeQuietly(this.#stateFile(id)); // Of a former life: nothing in it is known to be true.
    const logPath = this.#engines.path(id, 'log');
    const from = logEnd(logPath);
    // No separate check of the configuration: HAProxy reads it once either way, and says the same when it fails.
    const launched = this.#engines.launch(op.service, { argv: launchArgv(this.#paths(id)), env: environment });
    if ('outcome' in launched) return existsNowhere() ? failedOnNode(notInstalled) : launched;
    return this.#untilItServes(id, launched, from, deadlineMs);
  }

  async #untilItServes(id: ServiceId, record: EngineRecord, logFrom: number, deadlineMs: Ms): Promise<OpResult> {
    while (performance.now() < deadlineMs) {
      if (!isAlive(record)) return this.#whyEnded(id, logFrom);
      const answer = await askSocket(
        this.#paths(id).statsSocket,
        showInfo,
        Math.min(askMs, deadlineMs - performance.now()),
      );
      if (answer !== null && workerOfInfo(answer) !== null) {
        this.#engines.watch(id, record);
        return ok;
      }
      await sleep(pollMs);
    }
    return failedUnknown('HAProxy was started, but did not answer in time');
  }

  #whyEnded(id: ServiceId, logFrom: number): OpResult {
    return blamed(logLinesSince(this.#engines.path(id, 'log'), logFrom), 'HAProxy ended while it was started');
  }

  /** Null, or why not. */
  #writeConfig(id: ServiceId, resource: BalanceResource, path: string): OpResult | null {
    const unrenderable = whyNotRenderable(resource);
    if (unrenderable !== null) return failedInCluster(unrenderable);
    try {
      this.#engines.makeFolder();
    } catch (error) {
      return failedOnNode(`cannot make the folder ${this.#engines.folder}: ${(error as Error).message}`);
    }
    const because = writePrivate(path, renderConfig(resource, this.#surroundings(id)));
    return because === null ? null : failedOnNode(because);
  }

  // ---------------------------------------------------------------- reload

  async #reload(
    op: AgentOp,
    resource: BalanceResource,
    record: EngineRecord | null,
    deadlineMs: Ms,
  ): Promise<OpResult> {
    const id = op.service.id;
    if (record === null || !isAlive(record)) return failed('HAProxy does not run: nothing to reload');
    const { config } = this.#paths(id);
    const because = this.#writeConfig(id, resource, `${config}.next`) ?? (await refused(`${config}.next`, deadlineMs));
    if (because !== null) return because;
    const old = await this.#keepStates(id, resource);
    copyFileSync(config, `${config}.last`);
    copyFileSync(`${config}.next`, config);
    const result = await this.#reloadMaster(id, record, old, deadlineMs);
    if (result.outcome !== 'ok') copyFileSync(`${config}.last`, config);
    for (const ending of ['next', 'last']) removeQuietly(`${config}.${ending}`);
    if (result.outcome !== 'ok') return result;
    const notNoted = this.#engines.note(id, { ...record, digest: op.service.digest });
    return notNoted === null ? ok : failed(notNoted);
  }

  /** Servers are up, down or drained in the new worker as they were in the old one. Returns the old worker. */
  async #keepStates(id: ServiceId, resource: BalanceResource): Promise<number | null> {
    const { statsSocket } = this.#paths(id);
    const dump = await askSocket(statsSocket, showServersState, askMs);
    if (dump === null) removeQuietly(this.#stateFile(id));
    else writePrivate(this.#stateFile(id), stateToKeep(dump, resource));
    return workerOfInfo((await askSocket(statsSocket, showInfo, askMs)) ?? '');
  }

  async #reloadMaster(
    id: ServiceId,
    record: EngineRecord,
    oldWorker: number | null,
    deadlineMs: Ms,
  ): Promise<OpResult> {
    const { masterSocket, statsSocket } = this.#paths(id);
    const before = parseProcesses((await askSocket(masterSocket, showProcesses, askMs)) ?? '');
    const from = logEnd(this.#engines.path(id, 'log'));
    signalMaster(record, 'SIGUSR2');
    while (performance.now() < deadlineMs) {
      await sleep(pollMs);
      if (!isAlive(record)) return failed('HAProxy ended while it was reloaded');
      // While the master replaces itself, its socket may refuse or break: ask again.
      const after = parseProcesses((await askSocket(masterSocket, showProcesses, askMs)) ?? '');
      if (after === null || after.reloads <= (before?.reloads ?? 0)) continue;
      if (after.failedReloads > 0) {
        return blamed(logLinesSince(this.#engines.path(id, 'log'), from), 'HAProxy refused to reload', 'cluster');
      }
      const worker = workerOfInfo((await askSocket(statsSocket, showInfo, askMs)) ?? '');
      if (worker !== null && worker === after.worker && worker !== oldWorker) return ok;
    }
    return failedUnknown('HAProxy was told to reload, but no new worker answered in time');
  }

  // ---------------------------------------------------------------- tune, stop

  async #tune(op: AgentOp, resource: BalanceResource): Promise<OpResult> {
    const { statsSocket } = this.#paths(op.service.id);
    const answer = await askSocket(
      statsSocket,
      drainCommand(resource, op.drained),
      Math.min(op.timeoutMs - reportMs, askMs),
    );
    if (answer === null) return failed('HAProxy does not answer on its socket');
    const complaint = linesOf(answer)[0];
    return complaint === undefined ? ok : failed(`HAProxy refused to drain: ${complaint}`);
  }

  async #stop(op: AgentOp, record: EngineRecord | null): Promise<OpResult> {
    const id = op.service.id;
    this.#engines.unwatch(id);
    if (record !== null) {
      const because = await this.#end(op, record);
      if (because !== null) return because;
    }
    const { masterSocket, statsSocket, config, pidFile } = this.#paths(id);
    for (const path of [masterSocket, statsSocket, pidFile, config, this.#stateFile(id)]) removeQuietly(path);
    this.#engines.forget(id, []);
    return ok;
  }

  async #end(op: AgentOp, record: EngineRecord): Promise<OpResult | null> {
    const begunMs = performance.now();
    if (op.handTo !== null && isAlive(record)) {
      // Stop listening and let connections end; what is left is ended below.
      signalMaster(record, 'SIGUSR1');
      const untilMs = begunMs + op.timeoutMs * graceShare;
      while (performance.now() < untilMs && isAlive(record)) await sleep(20);
    }
    return this.#engines.end(record, 'SIGTERM', op.timeoutMs - (performance.now() - begunMs));
  }

  // ---------------------------------------------------------------- places

  #paths(id: ServiceId): Paths {
    return {
      config: this.#engines.path(id, 'cfg'),
      pidFile: this.#engines.path(id, 'pid'),
      masterSocket: this.#socketPath(id, 'm'),
      statsSocket: this.#socketPath(id, 's'),
    };
  }

  /** Short whatever the service is called: the kernel allows 107 bytes, and HAProxy needs some of them. */
  #socketPath(id: ServiceId, kind: string): string {
    return `${this.#engines.folder}/${createHash('sha256').update(id).digest('hex').slice(0, 10)}.${kind}`;
  }

  #stateFile(id: ServiceId): string {
    return this.#engines.path(id, 'servers');
  }

  #surroundings(id: ServiceId): Surroundings {
    const root = process.getuid?.() === 0;
    return {
      statsSocket: this.#paths(id).statsSocket,
      stateFile: this.#stateFile(id),
      account: root && hasAccount() ? { user: 'haproxy', group: 'haproxy' } : null,
      transparent: root,
      ipv6: existsSync('/proc/net/if_inet6'),
    };
  }
}

/** Null when HAProxy accepts the file, else why not. */
async function refused(path: string, deadlineMs: Ms): Promise<OpResult | null> {
  const timeoutMs = Math.max(reportMs, deadlineMs - performance.now());
  const ended = await runProgram({ argv: checkArgv(path), env: environment, timeoutMs });
  switch (ended.kind) {
    case 'notStarted':
      return failedOnNode(ended.missing ? notInstalled : ended.because);
    case 'timedOut':
      return failedUnknown('HAProxy did not check its configuration in time');
    case 'killed':
      return failed(`the check of the HAProxy configuration was killed (${ended.signal})`);
    case 'exited':
      return ended.code === 0 ? null : blamed(linesOf(ended.stderr), 'HAProxy refused its configuration', 'cluster');
  }
}

const alertCharsMax = 400;

function blamed(lines: readonly string[], what: string, atLeast?: 'cluster'): OpResult {
  const alerts = alertsOf(lines);
  const words = `${what}: ${alerts.join('; ').slice(0, alertCharsMax) || 'it did not say why'}`;
  const blame = atLeast ?? blameOf(alerts);
  if (blame === 'cluster') return failedInCluster(words);
  return blame === 'node' ? failedOnNode(words) : failed(words);
}

function signalMaster(record: EngineRecord, signal: NodeJS.Signals): void {
  try {
    process.kill(record.pid, signal);
  } catch {
    // It has just ended, which the caller sees next.
  }
}

const removeQuietly = (path: string): void => rmSync(path, { force: true });

const existsNowhere = (): boolean => environment.PATH.split(':').every((folder) => !existsSync(`${folder}/haproxy`));

function hasAccount(): boolean {
  try {
    return ['/etc/passwd', '/etc/group'].every((path) => /^haproxy:/m.test(readFileSync(path, 'utf8')));
  } catch {
    return false;
  }
}

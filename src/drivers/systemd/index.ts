/**
 * Runs a systemd unit as a service: systemd starts, watches and ends its processes, the cluster says where.
 *
 * The unit should be disabled at boot. While the cluster runs it, a drop-in in systemd's runtime folder keeps systemd from
 * restarting it behind the cluster's back; the drop-in also remembers the definition, and is gone with the next boot.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ms, ServiceId, SystemdResource } from '../../core/model.ts';
import type { AgentOp, OpResult } from '../../core/ports.ts';
import { unreachable } from '../../lib/assert.ts';
import {
  type Driver,
  type DriverContext,
  type Failed,
  failed,
  failedInCluster,
  failedOnNode,
  failedUnknown,
  ok,
  running,
  stopped,
  withoutRoles,
} from '../driver.ts';
import { type Ended, runProgram } from '../process/run.ts';
import { lastLine } from '../process/tail.ts';
import { digestIn, dropIn, dropInPath, reloadSystemd, showUnit, startUnit, stopUnit, unitName } from './commands.ts';
import { cannotLoad, describe, parseShow, phaseOf, type UnitState } from './parse.ts';

export interface SystemdOptions {
  /** Exists where systemd runs; drop-ins go below it. */
  readonly unitDirectory?: string;
  /** Where `systemctl` is found. */
  readonly path?: string;
}

/** One call for one unit, with the time that is left for it. */
interface Call {
  readonly op: AgentOp;
  readonly unit: string;
  readonly deadlineMs: number;
}

const pollMsMin: Ms = 50;
const pollMsMax: Ms = 1000;

export class SystemdDriver implements Driver<SystemdResource> {
  readonly #context: DriverContext;
  readonly #unitDirectory: string;
  readonly #path: string;
  /** How often something else than a look was begun: what a look saw before that says nothing any more. */
  readonly #changes = new Map<ServiceId, number>();

  constructor(context: DriverContext, options: SystemdOptions = {}) {
    this.#context = context;
    this.#unitDirectory = options.unitDirectory ?? '/run/systemd/system';
    this.#path = options.path ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  }

  async perform(op: AgentOp, resource: SystemdResource): Promise<OpResult> {
    const unit = unitName(resource.unit);
    if (unit === null) return failedInCluster(`${JSON.stringify(resource.unit)} is no name of a systemd unit`);
    if (!existsSync(this.#unitDirectory)) return this.#withoutSystemd(op);
    const call = { op, unit, deadlineMs: performance.now() + op.timeoutMs };
    if (op.verb !== 'probe' && op.verb !== 'check') this.#changes.set(op.service.id, this.#changesOf(op) + 1);
    switch (op.verb) {
      case 'probe':
      case 'check':
        return this.#check(call);
      case 'start':
        return this.#start(call);
      case 'stop':
        return this.#stop(call);
      case 'reload':
        return failedInCluster('a unit is not reloaded when its definition changes: it is stopped and started');
      case 'tune':
        return ok;
      default:
        return withoutRoles(op.verb);
    }
  }

  /** Without systemd no unit runs, and a stop must not block the service. */
  #withoutSystemd(op: AgentOp): OpResult {
    if (op.verb === 'stop') return ok;
    return failedOnNode(`systemd is not running on ${this.#context.node}: there is no ${this.#unitDirectory}`);
  }

  async #check(call: Call): Promise<OpResult> {
    const changes = this.#changesOf(call.op);
    const state = await this.#settled(call);
    if ('outcome' in state) return state;
    switch (phaseOf(state)) {
      case 'running':
        return running(this.#digest(call.unit));
      case 'moving':
        return failedUnknown(`${describe(call.unit, state)} for ${call.op.timeoutMs} ms`);
      case 'failed':
        // Nothing of it is left; before the cluster has started it, how it once ended is nobody's concern.
        return call.op.verb === 'probe' ? this.#nothingLeft(call, changes) : failed(describe(call.unit, state));
      case 'stopped':
        return this.#notRunning(call, state, changes);
    }
  }

  async #notRunning(call: Call, state: UnitState, changes: number): Promise<OpResult> {
    const because = cannotLoad(call.unit, state);
    if (because !== null) return failedOnNode(because);
    return call.op.verb === 'probe' ? this.#nothingLeft(call, changes) : stopped;
  }

  /** What is started the next time, by whomever, has nothing to do with what was noted. */
  async #nothingLeft(call: Call, changes: number): Promise<OpResult> {
    if (this.#changesOf(call.op) === changes) await this.#removeDropIn(call);
    return stopped;
  }

  #changesOf = ({ service }: AgentOp): number => this.#changes.get(service.id) ?? 0;

  async #start(call: Call): Promise<OpResult> {
    const before = await this.#show(call);
    if ('outcome' in before) return before;
    const because = phaseOf(before) === 'running' ? null : cannotLoad(call.unit, before);
    if (because !== null) return failedOnNode(because);
    const refused = await this.#writeDropIn(call);
    if (refused !== null) return refused;
    const ended = await this.#systemctl(call, startUnit(call.unit));
    if (ended.kind === 'timedOut') return failedUnknown(`${call.unit} did not start within ${call.op.timeoutMs} ms`);
    const state = await this.#settled(call);
    if ('outcome' in state) return state;
    if (phaseOf(state) === 'running') return ok;
    const said = ended.kind === 'exited' && ended.code !== 0 ? `: ${lastLine(ended.stderr)}` : '';
    return failed(`${describe(call.unit, state)} after its start${said}`);
  }

  async #stop(call: Call): Promise<OpResult> {
    const ended = await this.#systemctl(call, stopUnit(call.unit));
    if (ended.kind === 'timedOut') return failedUnknown(`${call.unit} did not stop within ${call.op.timeoutMs} ms`);
    const state = await this.#settled(call);
    if ('outcome' in state) return state;
    const phase = phaseOf(state);
    if (phase === 'running' || phase === 'moving') return failed(`${describe(call.unit, state)} after its stop`);
    await this.#removeDropIn(call);
    return ok;
  }

  /** The unit's state once systemd has done with it, or whatever it is when the time is over. */
  async #settled(call: Call): Promise<UnitState | Failed> {
    let last: UnitState | null = null;
    for (let pauseMs = pollMsMin; ; pauseMs = Math.min(pauseMs * 1.5, pollMsMax)) {
      const state = await this.#show(call);
      if ('outcome' in state) return last ?? state;
      if (phaseOf(state) !== 'moving' || performance.now() + pauseMs >= call.deadlineMs) return state;
      last = state;
      await sleep(pauseMs);
    }
  }

  async #show(call: Call): Promise<UnitState | Failed> {
    const ended = await this.#systemctl(call, showUnit(call.unit));
    const state = ended.kind === 'exited' && ended.code === 0 ? parseShow(ended.stdout) : null;
    return state ?? failedUnknown(`systemd does not say how ${call.unit} is: ${why(ended)}`);
  }

  #systemctl(call: Call, argv: readonly [string, ...string[]]): Promise<Ended> {
    const timeoutMs = Math.max(1, call.deadlineMs - performance.now());
    const env = { PATH: this.#path, LC_ALL: 'C', SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '' };
    return runProgram({ argv, env, directory: '/', timeoutMs });
  }

  async #writeDropIn(call: Call): Promise<Failed | null> {
    const path = this.#dropInPath(call.unit);
    if (path === null) return null;
    const text = dropIn(call.op.service.digest);
    if (textOf(path) === text) return null;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      writeFileSync(path, text, { mode: 0o644 });
    } catch (error) {
      return failedOnNode(`cannot keep systemd from restarting ${call.unit}: ${(error as Error).message}`);
    }
    const ended = await this.#systemctl(call, reloadSystemd);
    return succeeded(ended) ? null : failed(`systemctl daemon-reload: ${why(ended)}`);
  }

  async #removeDropIn(call: Call): Promise<void> {
    const path = this.#dropInPath(call.unit);
    if (path === null || !existsSync(path)) return;
    try {
      rmSync(path, { force: true });
      rmdirSync(dirname(path));
    } catch {
      // Somebody else has a drop-in there too: the folder stays.
    }
    const ended = await this.#systemctl(call, reloadSystemd);
    if (!succeeded(ended)) this.#context.log(call.op.service.id, `systemctl daemon-reload: ${why(ended)}`);
  }

  #digest(unit: string): string | null {
    const path = this.#dropInPath(unit);
    return path === null ? null : digestIn(textOf(path));
  }

  #dropInPath(unit: string): string | null {
    const path = dropInPath(unit);
    return path === null ? null : join(this.#unitDirectory, path);
  }
}

const succeeded = (ended: Ended): boolean => ended.kind === 'exited' && ended.code === 0;

function why(ended: Ended): string {
  switch (ended.kind) {
    case 'exited':
      return lastLine(ended.stderr) || `systemctl ended with exit code ${ended.code}`;
    case 'killed':
      return `systemctl was killed by ${ended.signal}`;
    case 'timedOut':
      return 'systemctl did not answer in time';
    case 'notStarted':
      return ended.because;
    default:
      return unreachable(ended);
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

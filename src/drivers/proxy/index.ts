/** Drives the embedded balancer: launches `main.ts` with a file of settings, and speaks with it over its control socket. */
import { createHash } from 'node:crypto';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
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
import { holderPath, isLoopback } from '../loopback/holder.ts';
import {
  type ControlAnswer,
  type ControlRequest,
  type ListenState,
  parseAnswer,
  type Settings,
  settingsFormat,
} from './settings.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));
const askMs: Ms = 1000;
const pollMs: Ms = 5;
const reportMs: Ms = 50;
/** A port that a former balancer is just giving up is waited for. */
const refusedMs: Ms = 500;
const graceShare = 0.5;

export function createProxyDriver(context: DriverContext): Driver<BalanceResource> {
  return new ProxyDriver(context);
}

class ProxyDriver implements Driver<BalanceResource> {
  readonly #context: DriverContext;
  readonly #engines: Engines;

  constructor(context: DriverContext) {
    this.#context = context;
    this.#engines = new Engines(context, 'proxy');
  }

  async perform(op: AgentOp, resource: BalanceResource): Promise<OpResult> {
    const seen = this.#engines.record(op.service.id);
    if (seen.kind === 'unreadable') return failed(`${seen.because}; end the balancer by hand, then remove the file`);
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
        return this.#reload(op, resource, record);
      case 'tune':
        return orders(await this.#ask(op.service.id, { do: 'drain', servers: op.drained }, askMs));
      default:
        return withoutRoles(op.verb);
    }
  }

  async details(service: Service, resource: BalanceResource): Promise<unknown> {
    const answer = await this.#ask(service.id, { do: 'status' }, askMs);
    if (answer?.ok !== true) return null;
    const servers = withPlaces(resource, answer.status.servers);
    return { kind: 'balance', engine: 'proxy', listening: answer.status.listening, servers };
  }

  async close(): Promise<void> {
    this.#engines.close();
  }

  async #check(op: AgentOp, record: EngineRecord | null): Promise<OpResult> {
    const id = op.service.id;
    boundLog(this.#engines.path(id, 'log'));
    if (record === null || !isAlive(record)) return stopped;
    this.#engines.watch(id, record);
    const answer = await this.#ask(id, { do: 'status' }, Math.min(op.timeoutMs - reportMs, askMs * 5));
    if (answer === null) return failed('the balancer runs, but does not answer on its socket');
    if (!answer.ok) return failed(answer.because);
    const because = whyNotServing(answer.status.listening);
    return because === null ? running(record.digest) : failed(because);
  }

  // ---------------------------------------------------------------- start

  async #start(op: AgentOp, resource: BalanceResource, before: EngineRecord | null, deadlineMs: Ms): Promise<OpResult> {
    const id = op.service.id;
    if (before !== null && isAlive(before)) {
      const seen = await this.#check(op, before);
      return seen.outcome === 'running' ? ok : seen;
    }
    const because = this.#writeSettings(id, resource, this.#settingsPath(id));
    if (because !== null) return because;
    const { address } = resource.listen;
    if (address !== null && !isLoopback(address)) bindBeforeTheAddressComes();
    const from = logEnd(this.#engines.path(id, 'log'));
    const argv = [process.execPath, '--disable-warning=ExperimentalWarning', program, this.#settingsPath(id)] as const;
    const launched = this.#engines.launch(op.service, { argv, env: { LC_ALL: 'C' } });
    return 'outcome' in launched ? launched : this.#untilItServes(id, launched, from, deadlineMs);
  }

  async #untilItServes(id: ServiceId, record: EngineRecord, logFrom: number, deadlineMs: Ms): Promise<OpResult> {
    let refusedSinceMs: Ms | null = null;
    while (performance.now() < deadlineMs) {
      if (!isAlive(record)) return failed(`the balancer ended while it was started: ${this.#lastWords(id, logFrom)}`);
      const answer = await this.#ask(id, { do: 'status' }, Math.min(askMs, deadlineMs - performance.now()));
      if (answer?.ok === true) {
        const because = whyNotServing(answer.status.listening);
        if (because === null) {
          this.#engines.watch(id, record);
          return ok;
        }
        refusedSinceMs ??= performance.now();
        if (performance.now() - refusedSinceMs > refusedMs) return this.#giveUp(record, because, deadlineMs);
      }
      await sleep(pollMs);
    }
    return failedUnknown('the balancer was started, but did not answer in time');
  }

  async #giveUp(record: EngineRecord, because: string, deadlineMs: Ms): Promise<OpResult> {
    await this.#engines.end(record, 'SIGTERM', Math.max(reportMs, deadlineMs - performance.now()));
    return failed(because);
  }

  #lastWords(id: ServiceId, from: number): string {
    const lines = logLinesSince(this.#engines.path(id, 'log'), from);
    return lines.find((line) => line.startsWith('[ALERT]')) ?? lines.at(-1) ?? 'it did not say why';
  }

  /** Null, or why not. */
  #writeSettings(id: ServiceId, resource: BalanceResource, path: string): OpResult | null {
    const wrong = whyUnusable(resource);
    if (wrong !== null) return failedInCluster(wrong);
    try {
      this.#engines.makeFolder();
    } catch (error) {
      return failedOnNode(`cannot make the folder ${this.#engines.folder}: ${(error as Error).message}`);
    }
    const because = writePrivate(path, JSON.stringify(this.#settings(id, resource)));
    return because === null ? null : failedOnNode(because);
  }

  #settings(id: ServiceId, resource: BalanceResource): Settings {
    const { address } = resource.listen;
    const hold =
      address !== null && isMovable(address) ? { path: holderPath(address), node: this.#context.node } : null;
    return { format: settingsFormat, resource, controlSocket: this.#socketPath(id), hold };
  }

  // ---------------------------------------------------------------- reload, stop

  async #reload(op: AgentOp, resource: BalanceResource, record: EngineRecord | null): Promise<OpResult> {
    const id = op.service.id;
    if (record === null || !isAlive(record)) return failed('the balancer does not run: nothing to reload');
    const path = this.#settingsPath(id);
    copyFileSync(path, `${path}.last`);
    const because =
      this.#writeSettings(id, resource, path) ?? unlessOk(orders(await this.#ask(id, { do: 'reload' }, askMs)));
    if (because !== null) copyFileSync(`${path}.last`, path);
    rmSync(`${path}.last`, { force: true });
    if (because !== null) return because;
    const notNoted = this.#engines.note(id, { ...record, digest: op.service.digest });
    return notNoted === null ? ok : failed(notNoted);
  }

  async #stop(op: AgentOp, record: EngineRecord | null): Promise<OpResult> {
    const id = op.service.id;
    this.#engines.unwatch(id);
    if (record !== null) {
      const because = await this.#end(op, record);
      if (because !== null) return because;
    }
    for (const path of [this.#socketPath(id), this.#settingsPath(id)]) rmSync(path, { force: true });
    this.#engines.forget(id, []);
    return ok;
  }

  async #end(op: AgentOp, record: EngineRecord): Promise<OpResult | null> {
    const begunMs = performance.now();
    if (op.handTo !== null && isAlive(record)) {
      const graceMs = op.timeoutMs * graceShare;
      await this.#ask(op.service.id, { do: 'stop', graceMs }, askMs);
      while (performance.now() - begunMs < graceMs && (await survivors(record)).length > 0) await sleep(20);
    }
    return this.#engines.end(record, 'SIGTERM', op.timeoutMs - (performance.now() - begunMs));
  }

  async #ask(id: ServiceId, request: ControlRequest, timeoutMs: Ms): Promise<ControlAnswer | null> {
    const line = await askSocket(this.#socketPath(id), JSON.stringify(request), timeoutMs);
    return line === null ? null : parseAnswer(line);
  }

  #settingsPath = (id: ServiceId): string => this.#engines.path(id, 'settings');

  /** Short whatever the service is called: the kernel allows 107 bytes. */
  #socketPath(id: ServiceId): string {
    return `${this.#engines.folder}/${createHash('sha256').update(id).digest('hex').slice(0, 10)}.s`;
  }
}

/** Moves between nodes of this machine by the file that stands for it; 127.0.0.1 is everybody's. */
const isMovable = (address: string): boolean => isLoopback(address) && address !== '127.0.0.1';

function whyUnusable({ listen, servers }: BalanceResource): string | null {
  const ports = [listen.port, ...servers.map(({ port }) => port)];
  const wrong = ports.find((port) => !Number.isInteger(port) || port < 1 || port > 65_535);
  return wrong === undefined ? null : `${wrong} is no port`;
}

/** An address that is elsewhere is no failure: the balancer waits for it. */
const whyNotServing = (listening: ListenState): string | null =>
  listening.state === 'refused' ? `the balancer cannot listen: ${listening.because}` : null;

function orders(answer: ControlAnswer | null): OpResult {
  if (answer === null) return failed('the balancer does not answer on its socket');
  return answer.ok ? ok : failed(answer.because);
}

const unlessOk = (result: OpResult): OpResult | null => (result.outcome === 'ok' ? null : result);

/**
 * Lets programs of this network namespace listen on an address before it is here, so that a takeover does not wait for the
 * balancer. Best effort: without it the balancer tries again every few milliseconds.
 */
function bindBeforeTheAddressComes(): void {
  for (const family of ['ipv4', 'ipv6']) {
    try {
      writeFileSync(`/proc/sys/net/${family}/ip_nonlocal_bind`, '1');
    } catch {
      // Not root, or no such family.
    }
  }
}

/**
 * Hands each order of the core to the driver of its resource, and sees to it that the core gets exactly one answer.
 *
 * Drivers keep their own time limits. The one here is the second net, for the day that a driver hangs: the node must go on
 * deciding, with a result that says that nobody knows.
 */
import type { Ms, Resource, Service, ServiceId } from '../core/model.ts';
import { isOvertaken } from '../core/operations.ts';
import type { AgentOp, Agents, OpResult, Verb } from '../core/ports.ts';
import { type Driver, type Drivers, failed, failedUnknown, withDriver } from './driver.ts';

export type OnDone = (opId: number, result: OpResult) => void;

/** How long after its time limit a driver may still answer by itself. */
const graceMs: Ms = 500;
const detailsTimeoutMs: Ms = 1000;
const timerMsMax: Ms = 2 ** 31 - 1;

export class RealAgents implements Agents {
  readonly #drivers: Drivers;
  readonly #done: OnDone;
  readonly #graceMs: Ms;
  /** What a stop may overtake, by service. */
  readonly #underWay = new Map<ServiceId, Promise<OpResult>>();

  constructor(drivers: Drivers, done: OnDone, options: { readonly graceMs?: Ms } = {}) {
    this.#drivers = drivers;
    this.#done = done;
    this.#graceMs = options.graceMs ?? graceMs;
  }

  run(op: AgentOp): void {
    let answered = false;
    const answer = (result: OpResult): void => {
      if (answered) return;
      answered = true;
      clearTimeout(timer);
      this.#done(op.opId, result);
    };
    const timer = setTimeout(answer, Math.min(op.timeoutMs + this.#graceMs, timerMsMax), noAnswer(op));
    void (op.verb === 'stop' ? this.#stop(op) : this.#begin(op)).then(answer);
  }

  #begin(op: AgentOp): Promise<OpResult> {
    const { id } = op.service;
    const result = this.#perform(op);
    if (!isOvertaken(op.verb)) return result;
    this.#underWay.set(id, result);
    return result.finally(() => {
      if (this.#underWay.get(id) === result) this.#underWay.delete(id);
    });
  }

  /** A start that it overtakes may go on behind its back: what that has started is stopped too, in what is left of the time. */
  async #stop(op: AgentOp): Promise<OpResult> {
    const begunMs = performance.now();
    const overtaken = this.#underWay.get(op.service.id);
    const result = await this.#perform(op);
    if (overtaken === undefined) return result;
    await overtaken;
    return this.#perform({ ...op, timeoutMs: Math.max(1, op.timeoutMs - (performance.now() - begunMs)) });
  }

  /** Live facts of a service for `status`; null where the driver has none or does not answer soon. */
  async details(service: Service): Promise<unknown> {
    const ask = <R extends Resource>(driver: Driver<R>, resource: R) => driver.details?.(service, resource) ?? null;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, detailsTimeoutMs, null);
    });
    try {
      return await Promise.race([withDriver(this.#drivers, service.resource, ask), late]);
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets go of what the drivers hold; the services go on running. */
  async close(): Promise<void> {
    const drivers: Pick<Driver, 'close'>[] = Object.values(this.#drivers);
    await Promise.allSettled(drivers.map(async (driver) => driver.close?.()));
  }

  async #perform(op: AgentOp): Promise<OpResult> {
    try {
      const result = await withDriver(this.#drivers, op.service.resource, (driver, resource) =>
        driver.perform(op, resource),
      );
      return fits(op.verb, result)
        ? result
        : failed(`${naming(op)}: the driver answered ${JSON.stringify(result)}, a bug`);
    } catch (error) {
      return failed(
        `${naming(op)}: the driver broke, a bug: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

const naming = (op: AgentOp): string => `${op.verb} of ${op.service.id}`;

const noAnswer = (op: AgentOp): OpResult => failedUnknown(`${naming(op)} gave no answer within ${op.timeoutMs} ms`);

/** A driver that calls a service started where it was asked whether it runs would be believed. */
function fits(verb: Verb, result: OpResult): boolean {
  const asks = verb === 'probe' || verb === 'check';
  switch (result.outcome) {
    case 'ok':
      return !asks;
    case 'running':
    case 'stopped':
      return asks;
    case 'conflict':
      return verb === 'start';
    case 'failed':
      return true;
    default:
      return false;
  }
}

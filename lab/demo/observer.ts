/** Looks at a running lab through the daemons' own sockets, as `sempre status` does. */
import { assess } from '../../src/api/assess.ts';
import type { CommandBody } from '../../src/api/body.ts';
import { connect } from '../../src/api/client.ts';
import type { ClusterStatus, CommandAnswer, EventLine, EventsAnswer } from '../../src/api/status.ts';
import { failure, type Result, success } from '../../src/lib/errors.ts';
import { monotonicMs, sleep } from '../clock.ts';
import { labSocket } from '../commands.ts';

const pollMs = 100;

export class Observer {
  readonly #lab: string;
  readonly #nodes: readonly string[];
  #stallMsMax = 0;
  /** The node whose status was taken last. */
  #informed: string | null = null;

  constructor(lab: string, nodes: readonly string[]) {
    this.#lab = lab;
    this.#nodes = nodes;
  }

  /** The worst stall of any daemon's event loop that was seen so far, also of daemons that are dead now. */
  get stallMsMax(): number {
    return this.#stallMsMax;
  }

  /** What the first of these nodes that is in a cluster with quorum says; null: none is. */
  async status(from: readonly string[] = this.#nodes): Promise<ClusterStatus | null> {
    for (const node of from) {
      const status = await this.#ask<ClusterStatus>(node, '/v1/status');
      if (status?.quorum) return this.#note(status);
    }
    return null;
  }

  /** Waits until `wanted` holds, asking only `from`; null: it did not within the time. */
  async until(
    wanted: (status: ClusterStatus) => boolean,
    timeoutMs: number,
    from = this.#nodes,
  ): Promise<ClusterStatus | null> {
    for (const endMs = monotonicMs() + timeoutMs; monotonicMs() < endMs; await sleep(pollMs)) {
      const status = await this.status(from);
      if (status !== null && wanted(status)) return status;
    }
    return null;
  }

  async command(body: CommandBody): Promise<Result<CommandAnswer>> {
    for (const node of this.#nodes) {
      const socket = labSocket(this.#lab, node);
      if (socket === null) continue;
      const answer = await connect(socket).call<CommandAnswer>({ method: 'POST', path: '/v1/command', body });
      return answer.ok ? success(answer.value) : answer;
    }
    return failure('DAEMON_UNREACHABLE', 'No node is powered on');
  }

  /** As a node with quorum knows them: one that is cut off knows only its own. */
  async events(since: Date): Promise<readonly EventLine[]> {
    for (const node of this.#informed === null ? this.#nodes : [this.#informed, ...this.#nodes]) {
      const answer = await this.#ask<EventsAnswer>(node, `/v1/events?since=${since.toISOString()}`);
      if (answer !== null) return answer.events;
    }
    return [];
  }

  async #ask<T>(node: string, path: string): Promise<T | null> {
    const socket = labSocket(this.#lab, node);
    if (socket === null) return null;
    const answer = await connect(socket).call<T>({ method: 'GET', path, timeoutMs: 3000 });
    return answer.ok ? answer.value : null;
  }

  #note(status: ClusterStatus): ClusterStatus {
    this.#informed = status.answeredBy;
    this.#stallMsMax = Math.max(this.#stallMsMax, status.stallMsMax);
    return status;
  }
}

/** All nodes are there, everything runs, nothing is left to do. */
export const isWell = (status: ClusterStatus): boolean => status.settled && assess(status).level === 'ok';

/** Everything runs that can, on those who are there. */
export const isServing = (status: ClusterStatus): boolean =>
  status.settled &&
  status.services.every((service) => service.state === 'running' || service.state === 'partly running');

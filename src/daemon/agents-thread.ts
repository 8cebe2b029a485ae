/**
 * The agents port, with the drivers in a thread of their own.
 *
 * Starting a program holds the calling thread up until the child has executed it: some milliseconds on a quiet machine, a
 * hundred on a busy one. The thread that beats must not wait for that, so it only posts orders here and takes answers.
 */
import { Worker } from 'node:worker_threads';
import type { ClusterNode, Service, ServiceId } from '../core/model.ts';
import type { AgentOp, Agents, NodeEvent, OpResult } from '../core/ports.ts';

export interface AgentsThreadOptions {
  readonly node: string;
  readonly runDirectory: string;
  readonly clusterNodes: readonly ClusterNode[];
  readonly deliver: (event: NodeEvent) => void;
  readonly log: (serviceId: ServiceId, line: string) => void;
  /** The thread has loaded everything that it needs. */
  readonly ready: () => void;
  /** The thread broke: a bug. What was under way is answered as unknown, and a new thread takes over. */
  readonly complain: (because: string) => void;
}

/** What the loop's thread asks of the drivers' thread. */
export type ToDrivers =
  | { readonly kind: 'run'; readonly op: AgentOp }
  | { readonly kind: 'nodes'; readonly nodes: readonly ClusterNode[] }
  | { readonly kind: 'details'; readonly id: number; readonly service: Service }
  | { readonly kind: 'close' };

/** What the drivers' thread says. */
export type FromDrivers =
  | { readonly kind: 'done'; readonly opId: number; readonly result: OpResult }
  | { readonly kind: 'died'; readonly serviceId: ServiceId; readonly because: string }
  | { readonly kind: 'log'; readonly serviceId: ServiceId; readonly line: string }
  | { readonly kind: 'details'; readonly id: number; readonly facts: unknown }
  | { readonly kind: 'ready' }
  | { readonly kind: 'closed' };

export interface DriversData {
  readonly node: string;
  readonly runDirectory: string;
  readonly clusterNodes: readonly ClusterNode[];
}

/** Facts for people may be missing; nobody waits longer for them. */
const detailsTimeoutMs = 1500;

export class AgentsThread implements Agents {
  readonly #options: AgentsThreadOptions;
  readonly #underWay = new Set<number>();
  readonly #asked = new Map<number, (facts: unknown) => void>();
  #nodes: readonly ClusterNode[];
  #nextId = 1;
  #worker: Worker;
  #closing: (() => void) | null = null;

  constructor(options: AgentsThreadOptions) {
    this.#options = options;
    this.#nodes = options.clusterNodes;
    this.#worker = this.#launch();
  }

  run(op: AgentOp): void {
    this.#underWay.add(op.opId);
    this.#post({ kind: 'run', op });
  }

  /** The nodes of the cluster file have changed. */
  configure(nodes: readonly ClusterNode[]): void {
    if (nodes === this.#nodes) return;
    this.#nodes = nodes;
    this.#post({ kind: 'nodes', nodes });
  }

  /** Live facts of a service for `status`; null where the driver has none or does not answer soon. */
  details(service: Service): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(id, null), detailsTimeoutMs);
      this.#asked.set(id, (facts) => {
        clearTimeout(timer);
        resolve(facts);
      });
      this.#post({ kind: 'details', id, service });
    });
  }

  /** Lets go of what the drivers hold; the services go on running. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#closing = resolve;
      this.#post({ kind: 'close' });
    });
    await this.#worker.terminate();
  }

  #post(message: ToDrivers): void {
    this.#worker.postMessage(message);
  }

  #launch(): Worker {
    const { node, runDirectory } = this.#options;
    const workerData: DriversData = { node, runDirectory, clusterNodes: this.#nodes };
    const worker = new Worker(new URL('./agents-worker.ts', import.meta.url), { workerData });
    worker.on('message', (message: FromDrivers) => this.#hear(message));
    worker.on('error', (error) => this.#broke(error instanceof Error ? error.message : String(error)));
    return worker;
  }

  #hear(message: FromDrivers): void {
    switch (message.kind) {
      case 'done':
        this.#underWay.delete(message.opId);
        return this.#options.deliver({ kind: 'opDone', opId: message.opId, result: message.result });
      case 'died':
        return this.#options.deliver(message);
      case 'log':
        return this.#options.log(message.serviceId, message.line);
      case 'details':
        return this.#answer(message.id, message.facts);
      case 'ready':
        return this.#options.ready();
      case 'closed':
        return this.#closing?.();
    }
  }

  #answer(id: number, facts: unknown): void {
    const resolve = this.#asked.get(id);
    this.#asked.delete(id);
    resolve?.(facts);
  }

  #broke(because: string): void {
    this.#options.complain(`the drivers' thread broke and is started anew: ${because}`);
    this.#worker = this.#launch();
    const lost = [...this.#underWay];
    this.#underWay.clear();
    const result: OpResult = {
      outcome: 'failed',
      because: `the driver broke: ${because}`,
      scope: 'soft',
      unknown: true,
    };
    for (const opId of lost) this.#options.deliver({ kind: 'opDone', opId, result });
    this.#closing?.();
  }
}

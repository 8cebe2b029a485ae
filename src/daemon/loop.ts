/**
 * The loop of one node: an event in, one step of the core, its effects out through the ports, in order.
 *
 * Runs unchanged in the daemon and in the simulator. An event that arrives while a step is being carried out (a port that
 * answers at once) waits for its turn, so that steps never nest.
 */
import type { Cluster, Ms } from '../core/model.ts';
import { boot, planFor, step } from '../core/node.ts';
import { report } from '../core/observe.ts';
import type {
  Agents,
  Answer,
  Change,
  Fences,
  NodeEffect,
  NodeEvent,
  Pinger,
  Storage,
  Transport,
  WatchdogPort,
} from '../core/ports.ts';
import type { NodeReport } from '../core/report.ts';
import type { Plan } from '../core/schedule/plan.ts';
import type { NodeInit, NodeState } from '../core/state.ts';

export interface LoopPorts {
  readonly transport: Transport;
  readonly agents: Agents;
  readonly storage: Storage;
  readonly fences: Fences;
  readonly pinger: Pinger;
  readonly watchdog: WatchdogPort;
  /** The node's own monotonic clock; never steps, never runs backwards. */
  nowMs(): Ms;
  onChange(change: Change): void;
  onReply(requestId: string, answer: Answer): void;
}

/** Sees every step as it is made: the flight recorder, the history. Returns at once and never throws. */
export interface StepWatcher {
  /** Before the step, so that the event which a step does not survive is known too. */
  before(event: NodeEvent, nowMs: Ms): void;
  after(state: NodeState, effects: readonly NodeEffect[]): void;
}

export class NodeLoop {
  #state: NodeState;
  readonly #ports: LoopPorts;
  readonly #queue: NodeEvent[] = [];
  #busy = false;
  #watchers: readonly StepWatcher[] = [];

  constructor(init: NodeInit, ports: LoopPorts) {
    this.#ports = ports;
    this.#state = boot(init, ports.nowMs());
    ports.transport.configure(init.doc.cluster);
  }

  watch(watcher: StepWatcher): void {
    this.#watchers = [...this.#watchers, watcher];
  }

  get state(): NodeState {
    return this.#state;
  }

  /** Takes an event; its effects have been handed to the ports when this returns, unless a step was under way. */
  deliver(event: NodeEvent): void {
    if (this.#busy) {
      this.#queue.push(event);
      return;
    }
    this.#busy = true;
    try {
      for (let next: NodeEvent | undefined = event; next !== undefined; next = this.#queue.shift()) this.#run(next);
    } finally {
      this.#busy = false;
    }
  }

  report(): NodeReport {
    return report(this.#state, this.#ports.nowMs());
  }

  /** What this node would do with another cluster file; null while it is in no view. */
  planFor(cluster: Cluster): Plan | null {
    return planFor(this.#state, cluster, this.#ports.nowMs());
  }

  #run(event: NodeEvent): void {
    const before = this.#state;
    const nowMs = this.#ports.nowMs();
    for (const watcher of this.#watchers) watcher.before(event, nowMs);
    const { state, effects } = step(before, event, nowMs);
    this.#state = state;
    for (const watcher of this.#watchers) watcher.after(state, effects);
    if (state.doc.cluster !== before.doc.cluster) this.#ports.transport.configure(state.doc.cluster);
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: NodeEffect): void {
    const { transport, agents, storage, fences, pinger, watchdog } = this.#ports;
    switch (effect.kind) {
      case 'send':
        return transport.send(effect.to, effect.message);
      case 'run':
        return agents.run(effect.op);
      case 'saveDoc':
        return storage.saveDoc(effect.doc);
      case 'reserve':
        return storage.reserve(effect.upTo);
      case 'notePromise':
        return storage.notePromise(effect.note);
      case 'saveLedger':
        return storage.saveLedger(effect.services);
      case 'fence':
        return fences.call(effect.call);
      case 'ping':
        return pinger.ping(effect.addresses);
      case 'watch':
        return watchdog.watch(effect.watchdog);
      case 'feed':
        return watchdog.feed();
      case 'reply':
        return this.#ports.onReply(effect.requestId, effect.answer);
      case 'change':
        return this.#ports.onChange(effect.change);
    }
  }
}

/** The simulated world: hosts, network, faults, and the checks that watch the truth. Deterministic: one seed, one history. */
import type { Cluster, NodeId, ServiceId } from '../../src/core/model.ts';
import {
  type AgentOp,
  type Answer,
  type Change,
  type Command,
  type Doc,
  firstDoc,
  type Verb,
  type View,
} from '../../src/core/ports.ts';
import { Agenda } from './agenda.ts';
import type { AgentFault, Fault } from './faults.ts';
import { Host } from './host.ts';
import { Network } from './network.ts';
import { hash, prngFrom } from './prng.ts';

/** Watches the truth; throws `Violation` when something happened that never may. */
export interface Check {
  readonly name: string;
  serviceChanged?(world: World, host: Host, id: ServiceId): void;
  operationBegins?(world: World, host: Host, op: AgentOp): void;
  installed?(world: World, host: Host, view: View): void;
  /** Called every so often, for things that may last only so long. */
  passing?(world: World): void;
  asked?(world: World, command: Command): void;
  answered?(world: World, command: Command, answer: Answer): void;
  /** After everything was healed and had time to settle. */
  atEnd?(world: World): void;
}

export class Violation extends Error {
  readonly check: string;
  readonly atMs: number;
  constructor(check: string, atMs: number, message: string) {
    super(message);
    this.check = check;
    this.atMs = atMs;
  }
}

const traceLinesMax = 5000;

export class World {
  readonly agenda = new Agenda();
  readonly cluster: Cluster;
  readonly firstDoc: Doc;
  readonly hosts = new Map<NodeId, Host>();
  readonly network: Network;
  readonly links: readonly number[];
  readonly tickMs: number;
  readonly stopTimeMsMax: number;
  readonly trace: string[] = [];
  traceHash = 0;
  readonly #checks: readonly Check[];
  readonly #agentFaults = new Map<string, AgentFault>();
  readonly #commands = new Map<string, Command>();
  #nextRequest = 1;

  constructor(cluster: Cluster, seed: number, checks: readonly Check[]) {
    this.cluster = cluster;
    this.#checks = checks;
    const prng = prngFrom(seed);
    this.firstDoc = firstDoc('', cluster);
    this.links = (cluster.nodes[0]?.links ?? []).map((_, link) => link);
    this.tickMs = Math.max(5, Math.min(40, cluster.heartbeat.intervalMs / 5));
    this.stopTimeMsMax =
      Math.max(0, ...cluster.services.map((service) => service.stopTimeoutMs)) + 4 * this.tickMs + 100;
    this.network = new Network(this, prng.fork('network'));
    for (const node of cluster.nodes) this.hosts.set(node.id, new Host(this, node.id, prng.fork(`host ${node.id}`)));
    this.#watch();
  }

  host(id: NodeId): Host {
    const host = this.hosts.get(id);
    if (host === undefined) throw new RangeError(`no host ${id}`);
    return host;
  }

  bootAll(): void {
    for (const host of this.hosts.values()) host.powerOn();
  }

  run(forMs: number): void {
    this.agenda.runUntil(this.agenda.nowMs + forMs);
  }

  // ---------------------------------------------------------------- faults

  /** Puts a fault of the plan on the agenda: its beginning and its end. */
  plan(fault: Fault): void {
    this.agenda.at(fault.atMs, () => {
      const end = this.begin(fault);
      if (end !== null) this.agenda.after(fault.forMs, end);
    });
  }

  /** Begins a fault; returns how it ends, null for a thing of a moment. */
  begin(fault: Fault): (() => void) | null {
    switch (fault.kind) {
      case 'powerOff':
        this.host(fault.node).powerOff();
        return () => this.host(fault.node).powerOn();
      case 'crashDaemon':
        this.host(fault.node).killDaemon();
        return () => this.host(fault.node).launchDaemon();
      case 'pauseDaemon':
        this.host(fault.node).pause();
        return () => this.host(fault.node).resume();
      case 'cut':
        return this.#cut([[fault.from, fault.to]], fault.link);
      case 'isolate':
        return this.#cut(this.#pairsOf(fault.node), fault.link);
      case 'lossy':
        this.network.lossProbability = fault.probability;
        return () => {
          this.network.lossProbability = 0;
        };
      case 'slow':
        this.network.slowMs = fault.delayMs;
        return () => {
          this.network.slowMs = 0;
        };
      case 'killService':
        this.host(fault.node).endByItself(fault.service);
        return null;
      case 'agent': {
        const key = `${fault.node}/${fault.service}/${fault.verb}`;
        this.#agentFaults.set(key, fault.how);
        return () => this.#agentFaults.delete(key);
      }
      case 'diskFull':
        this.host(fault.node).diskFullDepth++;
        return () => {
          this.host(fault.node).diskFullDepth--;
        };
      case 'command':
        this.command(fault.node, fault.command);
        return null;
    }
  }

  command(at: NodeId, command: Command): string {
    const requestId = `r${this.#nextRequest++}`;
    this.#commands.set(requestId, command);
    for (const check of this.#checks) check.asked?.(this, command);
    this.host(at).deliver({ kind: 'request', requestId, command });
    return requestId;
  }

  agentFault(node: NodeId, service: ServiceId, verb: Verb): AgentFault | null {
    return this.#agentFaults.get(`${node}/${service}/${verb}`) ?? null;
  }

  #pairsOf(node: NodeId): [NodeId, NodeId][] {
    const others = [...this.hosts.keys()].filter((other) => other !== node);
    return others.flatMap((other): [NodeId, NodeId][] => [
      [node, other],
      [other, node],
    ]);
  }

  #cut(pairs: readonly (readonly [NodeId, NodeId])[], link: number | null): () => void {
    const links = link === null ? this.links : [link];
    for (const [from, to] of pairs) for (const each of links) this.network.cut(from, to, each);
    return () => {
      for (const [from, to] of pairs) for (const each of links) this.network.heal(from, to, each);
    };
  }

  // ---------------------------------------------------------------- what the checks see

  serviceChanged(host: Host, id: ServiceId): void {
    for (const check of this.#checks) check.serviceChanged?.(this, host, id);
  }

  operationBegins(host: Host, op: AgentOp): void {
    for (const check of this.#checks) check.operationBegins?.(this, host, op);
  }

  installed(host: Host, view: View): void {
    for (const check of this.#checks) check.installed?.(this, host, view);
  }

  answered(requestId: string, answer: Answer): void {
    const command = this.#commands.get(requestId);
    if (command === undefined) return;
    this.#commands.delete(requestId);
    for (const check of this.#checks) check.answered?.(this, command, answer);
  }

  told(node: NodeId, change: Change): void {
    const line = `${(this.agenda.nowMs / 1000).toFixed(3).padStart(9)} ${node} ${change.what}: ${change.from} => ${change.to} (${change.because})`;
    this.traceHash = hash(`${this.traceHash}${line}`);
    this.trace.push(line);
    if (this.trace.length > traceLinesMax) this.trace.splice(0, traceLinesMax / 2);
  }

  atEnd(): void {
    for (const check of this.#checks) check.atEnd?.(this);
  }

  #watch(): void {
    this.agenda.after(50, () => {
      for (const check of this.#checks) check.passing?.(this);
      this.#watch();
    });
  }
}

/** The simulated world: hosts, network, faults, and the checks that watch the truth. Deterministic: one plan, one history. */
import type { Cluster, NodeId, ServiceId } from '../../src/core/model.ts';
import {
  type AgentOp,
  type Answer,
  type Change,
  type Command,
  type Doc,
  type FenceCall,
  firstDoc,
  type Verb,
  type View,
} from '../../src/core/ports.ts';
import { Agenda } from './agenda.ts';
import { beginFault, type End } from './begin.ts';
import { type AgentFault, type Fault, noQuirks, type Quirks } from './faults.ts';
import { Host } from './host.ts';
import { Network } from './network.ts';
import { Panel } from './panel.ts';
import { prngFrom } from './prng.ts';
import { Trace } from './trace.ts';

export { Violation } from './violation.ts';

/** Watches the truth; throws `Violation` when something happened that never may. */
export interface Check {
  readonly name: string;
  begun?(world: World): void;
  serviceChanged?(world: World, host: Host, id: ServiceId): void;
  /** It was promoted or demoted; a copy that stops is no longer promoted, without a further word. */
  roleChanged?(world: World, host: Host, id: ServiceId): void;
  operationBegins?(world: World, host: Host, op: AgentOp): void;
  fenceBegins?(world: World, host: Host, call: FenceCall): void;
  powerChanged?(world: World, host: Host): void;
  installed?(world: World, host: Host, view: View): void;
  /** A daemon starts without the document that it once saved. */
  lostDoc?(world: World, host: Host): void;
  /** Called every so often, for things that may last only so long. */
  passing?(world: World): void;
  asked?(world: World, command: Command): void;
  answered?(world: World, command: Command, answer: Answer): void;
  /** All faults are over. */
  healed?(world: World): void;
  /** After everything was healed and had time to settle. */
  atEnd?(world: World): void;
}

const watchEveryMs = 50;

export class World {
  readonly agenda = new Agenda();
  readonly cluster: Cluster;
  readonly quirks: Quirks;
  readonly firstDoc: Doc;
  readonly hosts = new Map<NodeId, Host>();
  readonly network: Network;
  readonly panel: Panel;
  readonly links: readonly number[];
  readonly tickMs: number;
  readonly stopTimeMsMax: number;
  isHealed = false;
  readonly #trace = new Trace();
  readonly #checks: readonly Check[];
  readonly #agentFaults = new Map<string, AgentFault>();
  readonly #commands = new Map<string, Command>();
  #nextRequest = 1;

  constructor(cluster: Cluster, seed: number, checks: readonly Check[], quirks: Quirks = noQuirks) {
    this.cluster = cluster;
    this.quirks = quirks;
    this.#checks = checks;
    const prng = prngFrom(seed);
    this.firstDoc = firstDoc('', cluster);
    this.links = (cluster.nodes[0]?.links ?? []).map((_, link) => link);
    const { intervalMs } = cluster.heartbeat;
    this.tickMs = quirks.seldomTicks ? intervalMs / 2 : Math.max(5, Math.min(40, intervalMs / 5));
    this.stopTimeMsMax =
      Math.max(0, ...cluster.services.map((service) => service.stopTimeoutMs)) + 4 * this.tickMs + 100;
    for (const node of cluster.nodes) this.hosts.set(node.id, new Host(this, node.id, prng.fork(`host ${node.id}`)));
    this.network = new Network(this, [...this.hosts.values()], this.links, prng.fork('network'));
    this.panel = new Panel(this, prng.fork('fence devices'));
    const passing = checks.filter((check) => check.passing !== undefined);
    if (passing.length > 0) this.#watch(passing);
    for (const check of checks) check.begun?.(this);
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
  begin(fault: Fault): End {
    return beginFault(this, fault);
  }

  /** Operators put right what only they can. */
  heal(): void {
    this.isHealed = true;
    this.panel.operate();
    for (const check of this.#checks) check.healed?.(this);
  }

  command(at: NodeId, command: Command): string {
    const requestId = `r${this.#nextRequest++}`;
    this.#commands.set(requestId, command);
    for (const check of this.#checks) check.asked?.(this, command);
    this.host(at).deliver({ kind: 'request', requestId, command });
    return requestId;
  }

  disturbAgent({ node, service, verb, how }: Extract<Fault, { kind: 'agent' }>): End {
    const key = `${node}/${service}/${verb}`;
    this.#agentFaults.set(key, how);
    return () => this.#agentFaults.delete(key);
  }

  agentFault(node: NodeId, service: ServiceId, verb: Verb): AgentFault | null {
    return this.#agentFaults.size === 0 ? null : (this.#agentFaults.get(`${node}/${service}/${verb}`) ?? null);
  }

  // ---------------------------------------------------------------- what the checks see

  serviceChanged(host: Host, id: ServiceId): void {
    this.#trace.mix(this.agenda.nowMs, host.id, id);
    for (const check of this.#checks) check.serviceChanged?.(this, host, id);
    this.machineChanged(id);
  }

  /** Of a guest. */
  machineChanged(id: ServiceId): void {
    for (const host of this.hosts.values()) if (host.machine === id) host.followMachine();
  }

  roleChanged(host: Host, id: ServiceId): void {
    this.#trace.mix(this.agenda.nowMs, host.id, `role of ${id}`);
    for (const check of this.#checks) check.roleChanged?.(this, host, id);
  }

  operationBegins(host: Host, op: AgentOp): void {
    for (const check of this.#checks) check.operationBegins?.(this, host, op);
  }

  fenceBegins(host: Host, call: FenceCall): void {
    this.#trace.mix(this.agenda.nowMs, host.id, call.target);
    for (const check of this.#checks) check.fenceBegins?.(this, host, call);
  }

  powerChanged(host: Host): void {
    this.#trace.mix(this.agenda.nowMs, host.id, 'power');
    for (const check of this.#checks) check.powerChanged?.(this, host);
  }

  lostDoc(host: Host): void {
    for (const check of this.#checks) check.lostDoc?.(this, host);
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
    this.#trace.add(this.agenda.nowMs, node, change);
  }

  /** Something that happened to a machine. */
  note(node: NodeId, from: 'on' | 'off', because: string): void {
    this.#trace.add(this.agenda.nowMs, node, { what: 'machine', from, to: from === 'on' ? 'off' : 'on', because });
  }

  get trace(): readonly string[] {
    return this.#trace.lines();
  }

  /** Two runs with one fingerprint had the same history. */
  fingerprint(): number {
    return this.#trace.fingerprint(
      this.network.sent,
      this.agenda.nowMs,
      [...this.hosts.values()].map((h) => h.nowMs()),
    );
  }

  atEnd(): void {
    for (const check of this.#checks) check.atEnd?.(this);
  }

  #watch(passing: readonly Check[]): void {
    this.agenda.after(watchEveryMs, () => {
      for (const check of passing) check.passing?.(this);
      this.#watch(passing);
    });
  }
}

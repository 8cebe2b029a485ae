/**
 * Runs OCF resource agents (API 1.0 and 1.1) as they are, one program call for each verb.
 *
 * The agent knows its service; the driver only adds what agents cannot tell: which definition the running copy was
 * started with. Daemons that a start leaves behind live on, also when this daemon does not.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OcfResource, ServiceId } from '../../core/model.ts';
import { isOvertaken } from '../../core/operations.ts';
import type { AgentOp, OpResult } from '../../core/ports.ts';
import { type Driver, type DriverContext, type Failed, failed, failedInCluster, ok } from '../driver.ts';
import { type Action, type AskedOp, actionOf, agentEnvironment, agentTools } from '../ocf_api/environment.ts';
import { judge } from '../ocf_api/parse.ts';
import { withScore } from '../ocf_api/score.ts';
import { signalGroup } from '../process/group.ts';
import { endLeftCalls, noteCall } from '../process/left_calls.ts';
import { type Ended, runProgram } from '../process/run.ts';
import { fieldsOf, fileNameOf, readState, removeState, writeState } from '../process/state_file.ts';
import { linesOf } from '../process/tail.ts';
import { type FoundAgent, findAgent } from './find.ts';
import { AgentLibrary } from './library.ts';

export interface OcfOptions {
  /** Searched in this order for `resource.d/PROVIDER/TYPE`. */
  readonly roots?: readonly string[];
  readonly tempDirectory?: string;
}

/** A change of role or place that a stop may overtake. */
interface Call {
  group: number | null;
  isOvertaken: boolean;
  ended: Promise<unknown>;
}

export class OcfDriver implements Driver<OcfResource> {
  readonly #context: DriverContext;
  readonly #roots: readonly string[];
  readonly #tempDirectory: string;
  readonly #callFolder: string;
  readonly #library = new AgentLibrary();
  readonly #underWay = new Map<ServiceId, Call>();
  /** How often something else than a look was begun: what a look saw before that says nothing any more. */
  readonly #changes = new Map<ServiceId, number>();
  /** What a former life of the daemon left under way has ended. */
  readonly #ready: Promise<void>;

  constructor(context: DriverContext, options: OcfOptions = {}) {
    this.#context = context;
    this.#roots = options.roots ?? ['/usr/lib/ocf'];
    this.#tempDirectory = options.tempDirectory ?? '/run/resource-agents';
    this.#callFolder = join(context.runDirectory, 'ocf-calls');
    this.#ready = this.#endLeftCalls();
  }

  async perform(op: AgentOp, resource: OcfResource): Promise<OpResult> {
    await this.#ready;
    if (op.verb === 'tune') return ok;
    if (op.verb !== 'probe' && op.verb !== 'check')
      this.#changes.set(op.service.id, (this.#changes.get(op.service.id) ?? 0) + 1);
    const asked = op as AskedOp;
    const agent = findAgent(this.#roots, resource);
    if ('outcome' in agent) return this.#withoutAgent(op, agent);
    if (op.verb === 'stop') return this.#stop(asked, resource, agent);
    if (!isOvertaken(op.verb) || op.verb === 'probe') return this.#ask(asked, resource, agent, null);
    const call: Call = { group: null, isOvertaken: false, ended: Promise.resolve() };
    const result = this.#ask(asked, resource, agent, call);
    call.ended = result;
    this.#underWay.set(op.service.id, call);
    try {
      return await result;
    } finally {
      if (this.#underWay.get(op.service.id) === call) this.#underWay.delete(op.service.id);
    }
  }

  async #endLeftCalls(): Promise<void> {
    for (const name of await endLeftCalls(this.#callFolder))
      this.#context.log(name, 'a call that the former daemon left under way was ended');
  }

  #withoutAgent(op: AgentOp, missing: Failed): OpResult {
    // Nothing can have been started here, and a stop must not block the service.
    return op.verb === 'stop' && !this.#wasStarted(op.service.id) ? ok : this.#doubted(op, missing);
  }

  /** An agent that cannot work here has started nothing, unless it did: then a probe must not pass for «stopped». */
  #doubted(op: AgentOp, result: OpResult): OpResult {
    const doubtful = op.verb === 'probe' && result.outcome === 'failed' && this.#wasStarted(op.service.id);
    return doubtful ? { ...result, scope: 'soft' } : result;
  }

  /** Ends what it overtakes, and demotes first what may be promoted: many agents do not stop that. All in the time of the stop. */
  async #stop(op: AskedOp, resource: OcfResource, agent: FoundAgent): Promise<OpResult> {
    const begunMs = performance.now();
    const leftMs = (): number => Math.max(1, op.timeoutMs - (performance.now() - begunMs));
    await this.#overtake(op.service.id);
    if (op.service.promotable !== null && op.role !== 'unpromoted') {
      const demote = { ...op, verb: 'demote', timeoutMs: leftMs() / 2 } as const;
      const result = await this.#ask(demote, resource, agent, null);
      if (result.outcome === 'failed')
        this.#context.log(op.service.id, `demote before its stop failed: ${result.because}`);
    }
    return this.#ask({ ...op, timeoutMs: leftMs() }, resource, agent, null);
  }

  async #overtake(id: ServiceId): Promise<void> {
    const call = this.#underWay.get(id);
    if (call === undefined) return;
    call.isOvertaken = true;
    if (call.group !== null) signalGroup(call.group, 'SIGKILL');
    await call.ended;
  }

  async #ask(op: AskedOp, resource: OcfResource, agent: FoundAgent, call: Call | null): Promise<OpResult> {
    const refused = await this.#refusal(op, agent, resource);
    if (refused !== null) return refused;
    const changes = this.#changes.get(op.service.id);
    if (op.verb === 'start') removeState(this.#statePath(op.service.id));
    const ended = await this.#call(op, resource, agent, call);
    const result = judge(op.verb, ended, op.timeoutMs, this.#digest(op.service.id));
    if (result.outcome === 'ok') this.#note(op);
    // What is started the next time, by whomever, has nothing to do with it.
    if (op.verb === 'probe' && result.outcome === 'stopped' && this.#changes.get(op.service.id) === changes)
      removeState(this.#statePath(op.service.id));
    return this.#withScore(op, this.#doubted(op, result));
  }

  /** What every agent has to offer is asked for at once; of the rest, its meta-data say whether it is offered. */
  async #refusal(op: AskedOp, { root, path }: FoundAgent, resource: OcfResource): Promise<OpResult | null> {
    const action = actionOf(op.verb);
    if (action === 'monitor' || action === 'start' || action === 'stop') return null;
    const abilities = await this.#library.abilities(root, path);
    // Trying is no harm, but for a reload, which would be taken for done where nobody knows of it.
    if (abilities === null ? action !== 'reload-agent' : abilities.has(action)) return null;
    return unable[action](`ocf:${resource.provider}:${resource.type}`);
  }

  async #call(op: AskedOp, resource: OcfResource, agent: FoundAgent, call: Call | null): Promise<Ended> {
    if (call?.isOvertaken === true) return { kind: 'killed', signal: 'a stop', stdout: '', stderr: '' };
    this.#makeDirectories(op.service.id);
    const place = {
      root: agent.root,
      node: this.#context.node,
      tempDirectory: this.#tempDirectory,
      scorePath: op.service.promotable === null ? null : this.#scorePath(op.service.id),
      attributesDirectory: this.#folder('attributes'),
      tools: agentTools,
    };
    const ended = await runProgram({
      argv: [agent.path, actionOf(op.verb)],
      env: agentEnvironment(op, resource, place),
      directory: '/',
      timeoutMs: op.timeoutMs,
      started: (groupId) => {
        if (call !== null) call.group = groupId;
        return noteCall(this.#callFolder, `${fileNameOf(op.service.id)} ${op.verb}`, groupId);
      },
    });
    if (call !== null) call.group = null;
    if (ended.kind !== 'notStarted') {
      for (const line of linesOf(`${ended.stdout}\n${ended.stderr}`))
        this.#context.log(op.service.id, `${op.verb}: ${line}`);
    }
    return ended;
  }

  #makeDirectories(id: ServiceId): void {
    for (const [folder, mode] of [
      [this.#tempDirectory, 0o1755],
      [this.#folder('scores'), 0o755],
      [this.#folder('attributes'), 0o755],
    ] as const) {
      try {
        mkdirSync(folder, { recursive: true, mode });
      } catch (error) {
        // The agent may not need it; one that does says so itself.
        this.#context.log(id, `cannot make ${folder}: ${(error as Error).message}`);
      }
    }
  }

  #withScore(op: AgentOp, result: OpResult): OpResult {
    const { id, promotable } = op.service;
    if (promotable === null) return result;
    return withScore(result, this.#scorePath(id), (line) => this.#context.log(id, line));
  }

  #note(op: AgentOp): void {
    const path = this.#statePath(op.service.id);
    if (op.verb === 'stop') return removeState(path);
    if (op.verb !== 'start' && op.verb !== 'migrateFrom' && op.verb !== 'reload') return;
    const notWritten = writeState(path, { digest: op.service.digest });
    if (notWritten !== null) this.#context.log(op.service.id, notWritten);
  }

  #wasStarted = (id: ServiceId): boolean => readState(this.#statePath(id), () => null).kind !== 'none';

  #digest(id: ServiceId): string | null {
    const read = readState(this.#statePath(id), (value) => {
      const digest = fieldsOf(value)?.digest;
      return typeof digest === 'string' ? digest : null;
    });
    return read.kind === 'state' ? read.state : null;
  }

  #folder = (name: 'scores' | 'attributes'): string => join(this.#context.runDirectory, `ocf-${name}`);

  #scorePath = (id: ServiceId): string => join(this.#folder('scores'), fileNameOf(id));

  #statePath = (id: ServiceId): string => join(this.#context.runDirectory, 'ocf', `${fileNameOf(id)}.json`);
}

/** A demotion of what cannot be promoted, and news for an agent that takes none, are done when nothing is done. */
const unable: Readonly<Record<Exclude<Action, 'monitor' | 'start' | 'stop'>, (agent: string) => OpResult>> = {
  promote: (agent) => failedInCluster(`${agent} knows no promotion: its services cannot have roles`),
  demote: () => ok,
  notify: () => ok,
  migrate_to: (agent) => failed(`${agent} knows no migration: its services can only be stopped and started`),
  migrate_from: (agent) => failed(`${agent} knows no migration: its services can only be stopped and started`),
  'reload-agent': () => failedInCluster('an OCF agent is not reloaded: it is stopped and started'),
};

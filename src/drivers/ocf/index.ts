/**
 * Runs OCF resource agents (API 1.0 and 1.1) as they are, one program call for each verb.
 *
 * The agent knows its service; the driver only adds what agents cannot tell: which definition the running copy was
 * started with. Daemons that a start leaves behind live on, also when this daemon does not.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OcfResource, ServiceId } from '../../core/model.ts';
import type { AgentOp, OpResult } from '../../core/ports.ts';
import { type Driver, type DriverContext, type Failed, failedInCluster, ok } from '../driver.ts';
import { endLeftCalls, noteCall } from '../process/left_calls.ts';
import { type Ended, runProgram } from '../process/run.ts';
import { fieldsOf, fileNameOf, readState, removeState, writeState } from '../process/state_file.ts';
import { linesOf } from '../process/tail.ts';
import { actionOf, agentEnvironment } from './environment.ts';
import { type FoundAgent, findAgent } from './find.ts';
import { judge } from './parse.ts';

export interface OcfOptions {
  /** Searched in this order for `resource.d/PROVIDER/TYPE`. */
  readonly roots?: readonly string[];
  readonly tempDirectory?: string;
}

export class OcfDriver implements Driver<OcfResource> {
  readonly #context: DriverContext;
  readonly #roots: readonly string[];
  readonly #tempDirectory: string;
  readonly #callFolder: string;
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
    if (op.verb === 'reload') return failedInCluster('an OCF agent is not reloaded: it is stopped and started');
    const agent = findAgent(this.#roots, resource);
    if ('outcome' in agent) return this.#withoutAgent(op, agent);
    if (op.verb === 'start') removeState(this.#statePath(op.service.id));
    const ended = await this.#call(op, op.verb, resource, agent);
    const result = judge(op.verb, ended, op.timeoutMs, this.#digest(op.service.id));
    if (result.outcome === 'ok') this.#note(op);
    return this.#doubted(op, result);
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

  async #call(
    op: AgentOp,
    verb: Parameters<typeof actionOf>[0],
    resource: OcfResource,
    agent: FoundAgent,
  ): Promise<Ended> {
    this.#makeTempDirectory(op.service.id);
    const place = { root: agent.root, node: this.#context.node, tempDirectory: this.#tempDirectory };
    const env = agentEnvironment(op, resource, place);
    const ended = await runProgram({
      argv: [agent.path, actionOf(verb)],
      env,
      directory: '/',
      timeoutMs: op.timeoutMs,
      started: (groupId) => noteCall(this.#callFolder, `${fileNameOf(op.service.id)} ${verb}`, groupId),
    });
    if (ended.kind !== 'notStarted') {
      for (const line of linesOf(`${ended.stdout}\n${ended.stderr}`))
        this.#context.log(op.service.id, `${verb}: ${line}`);
    }
    return ended;
  }

  #makeTempDirectory(id: ServiceId): void {
    try {
      mkdirSync(this.#tempDirectory, { recursive: true, mode: 0o1755 });
    } catch (error) {
      // The agent may not need it; one that does says so itself.
      this.#context.log(id, `cannot make ${this.#tempDirectory}: ${(error as Error).message}`);
    }
  }

  #note(op: AgentOp): void {
    const path = this.#statePath(op.service.id);
    if (op.verb === 'stop') return removeState(path);
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

  #statePath = (id: ServiceId): string => join(this.#context.runDirectory, 'ocf', `${fileNameOf(id)}.json`);
}

/**
 * Runs a container as a service, by podman or docker: one container for each service of a node, by a name of its own.
 *
 * The container itself tells whose it is and with which definition it was started, so a daemon that comes back knows it again. An address
 * of its own is taken before it starts and given up after it has stopped; what an agent does inside is done by `exec`.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressResource, ContainerResource, Ms, Service, ServiceId } from '../../core/model.ts';
import type { AgentOp, OpResult } from '../../core/ports.ts';
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
import { endLeftCalls, noteCall } from '../process/left_calls.ts';
import { type Ended, graceMs, runProgram } from '../process/run.ts';
import { fieldsOf, fileNameOf, readState, removeState, writeState } from '../process/state_file.ts';
import { lastLine, linesOf } from '../process/tail.ts';
import * as commands from './commands.ts';
import { makeFolders } from './folders.ts';
import { type Inside, runCheck, toAgent } from './inside.ts';
import { digestOf, endedWords, isOf, parseInspect, type Seen } from './parse.ts';
import { UnderWay } from './under_way.ts';

export interface ContainerParts {
  /** Takes and gives up the address that goes with a container. */
  readonly address: Driver<AddressResource>;
}

export interface ContainerOptions {
  /** Where podman and docker are found. */
  readonly path?: string;
}

/** One order for one container, with the time that is left for it. */
interface Call {
  readonly op: AgentOp;
  readonly resource: ContainerResource;
  readonly name: string;
  readonly deadlineMs: number;
  /** Only a stop may overtake it, and of what it overtakes only a start changes anything. */
  readonly underWay: UnderWay;
}

type Look =
  | { readonly kind: 'none' }
  | { readonly kind: 'ours'; readonly seen: Seen }
  /** Somebody else's container has the name. */
  | { readonly kind: 'foreign' }
  /** The engine does not say; `isMissing`: it is not installed. */
  | { readonly kind: 'unsure'; readonly isMissing: boolean; readonly because: string };

/** A container that lives for so long after its start is taken to work, unless it has a check. */
const settleMs: Ms = 100;
const checkAgainMs: Ms = 500;
/** SIGKILL comes when this part of the time for the stop is over. */
const killAfterShare = 0.8;
/** What an engine needs for itself to end a container. */
const engineMs: Ms = 500;
/** Kept back of the time of an order, to say how it went. */
const reportMs: Ms = 100;

export class ContainerDriver implements Driver<ContainerResource> {
  readonly #context: DriverContext;
  readonly #parts: ContainerParts;
  readonly #env: Readonly<Record<string, string>>;
  readonly #starts = new Map<ServiceId, { readonly underWay: UnderWay; readonly ended: Promise<unknown> }>();
  readonly #callFolder: string;
  /** What a former life of the daemon left under way has ended. */
  readonly #ready: Promise<void>;

  constructor(context: DriverContext, parts: ContainerParts, options: ContainerOptions = {}) {
    this.#context = context;
    this.#parts = parts;
    const path = options.path ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    this.#env = { ...inherited(process.env), PATH: path, LC_ALL: 'C' };
    this.#callFolder = join(context.runDirectory, 'container-calls');
    this.#ready = this.#endLeftCalls();
  }

  async perform(op: AgentOp, resource: ContainerResource): Promise<OpResult> {
    const begunMs = performance.now();
    await this.#ready;
    const misfit = commands.misfit(resource);
    if (misfit !== null && op.verb !== 'stop') return op.verb === 'tune' ? ok : failedInCluster(misfit);
    const call: Call = {
      op,
      // What the other engine runs of it, this one does not know of.
      resource:
        op.verb === 'start' ? resource : { ...resource, engine: this.#startedBy(op.service.id) ?? resource.engine },
      name: commands.containerName(this.#context.node, op.service.id),
      deadlineMs: begunMs + op.timeoutMs - Math.min(reportMs, op.timeoutMs / 10),
      underWay: new UnderWay(),
    };
    switch (op.verb) {
      case 'probe':
      case 'check':
        return this.#check(call);
      case 'start':
        return this.#startUnlessOvertaken(call);
      case 'stop':
        return this.#stop(call);
      case 'reload':
        return failedInCluster('a container cannot take over a changed definition while it runs');
      case 'tune':
        return ok;
      default:
        return withoutRoles(op.verb);
    }
  }

  async details({ id }: Service, { engine }: ContainerResource): Promise<unknown> {
    return { container: commands.containerName(this.#context.node, id), engine };
  }

  // ---------------------------------------------------------------- probe and check

  async #check(call: Call): Promise<OpResult> {
    const look = await this.#look(call);
    if (look.kind === 'unsure') return this.#unsure(call, look);
    if (look.kind !== 'ours') return this.#notThere(call);
    switch (look.seen.phase) {
      case 'running':
        return (await this.#fault(call)) ?? running(digestOf(look.seen));
      case 'ended':
        return this.#ended(call, look.seen);
      case 'broken':
        return failed(`its container is ${look.seen.status}`);
      case 'unknown':
        return failedUnknown(`its container is in a state that nobody knows here: ${JSON.stringify(look.seen.status)}`);
    }
  }

  /** Nothing was started here since the machine booted, or it may run though nobody can say so. */
  #unsure({ op, resource: { engine } }: Call, look: Extract<Look, { kind: 'unsure' }>): OpResult {
    if (op.verb === 'check' || this.#wasStarted(op.service.id)) return failedUnknown(look.because);
    return look.isMissing ? failedOnNode(`${look.because}; apt-get install ${packages[engine]}?`) : stopped;
  }

  async #notThere(call: Call): Promise<OpResult> {
    return (await this.#addressLeft(call)) ?? stopped;
  }

  async #ended(call: Call, seen: Seen): Promise<OpResult> {
    if (call.op.verb === 'check') return failed(await this.#endedWords(call, seen));
    // Before the cluster has started it, how it once ended is nobody's concern.
    return (await this.#addressLeft(call)) ?? stopped;
  }

  /** An address without its container is something that has to be given up. */
  async #addressLeft(call: Call): Promise<Failed | null> {
    const held = await this.#onAddress(call, 'probe');
    if (held === null || held.outcome === 'stopped') return null;
    if (held.outcome === 'failed') return call.op.verb === 'probe' && held.scope !== 'soft' ? null : held;
    return failed(`its container does not run, but its address ${call.resource.address?.address} is held`);
  }

  /** Null: what runs here works. */
  async #fault(call: Call): Promise<Failed | null> {
    const held = await this.#onAddress(call, 'check');
    if (held?.outcome === 'failed') return held;
    if (held?.outcome === 'stopped') return failed(`its address ${call.resource.address?.address} is not held here`);
    return (await this.#checkCommand(call)) ?? (await this.#agentFault(call));
  }

  #checkCommand(call: Call): Promise<Failed | null> {
    const { checkArgv } = call.resource;
    return checkArgv === null ? Promise.resolve(null) : runCheck(this.#inside(call), checkArgv);
  }

  async #agentFault(call: Call): Promise<Failed | null> {
    const { agent } = call.resource;
    if (agent === null) return null;
    const said = await toAgent(this.#inside(call), agent, call.op.verb === 'check' ? 'check' : 'probe');
    if (said.outcome === 'running') return null;
    if (said.outcome === 'failed') return said;
    return failed(`its container runs, but ocf:${agent.provider}:${agent.type} does not run in it`);
  }

  // ---------------------------------------------------------------- start

  async #startUnlessOvertaken(call: Call): Promise<OpResult> {
    const { id } = call.op.service;
    const ended = this.#start(call);
    const start = { underWay: call.underWay, ended };
    this.#starts.set(id, start);
    try {
      return await ended;
    } finally {
      if (this.#starts.get(id) === start) this.#starts.delete(id);
    }
  }

  async #start(call: Call): Promise<OpResult> {
    const before = this.#startedBy(call.op.service.id) ?? call.resource.engine;
    if (before !== call.resource.engine) {
      const left = await this.#look({ ...call, resource: { ...call.resource, engine: before } });
      if (left.kind === 'ours' || left.kind === 'unsure')
        return failed(`its former container may still be there, run by ${before}; stop it first`);
    }
    const look = await this.#look(call);
    if (look.kind === 'unsure') return look.isMissing ? failedOnNode(look.because) : failed(look.because);
    if (look.kind === 'foreign')
      return failedOnNode(
        `a container ${call.name} is there that was not started for this service: ${call.resource.engine} rm ${call.name}`,
      );
    const phase = look.kind === 'ours' ? look.seen.phase : 'none';
    if (phase === 'broken' || phase === 'unknown') return failed('its container is there and broken; stop it first');
    if (phase === 'ended') {
      const left = await this.#remove(call);
      if (left !== null) return left;
    }
    // First, so that whoever comes after us knows that something may run.
    const notWritten = writeState(this.#notePath(call.op.service.id), { engine: call.resource.engine });
    if (notWritten !== null) return failedOnNode(notWritten);
    const taken = await this.#onAddress(call, 'start');
    if (taken !== null && taken.outcome !== 'ok') return taken;
    const made = phase === 'running' ? null : await this.#make(call);
    return made ?? this.#settle(call);
  }

  /** Null: it was started. */
  async #make(call: Call): Promise<Failed | null> {
    const { resource, op, name } = call;
    const missing = resource.pull ? null : await this.#imageMissing(call);
    if (missing !== null) return missing;
    const notMade = await makeFolders(resource);
    if (notMade !== null) return failedOnNode(notMade);
    const ended = await this.#engine(call, commands.run(name, op.service, resource, this.#context.node));
    if (succeeded(ended)) return null;
    if (ended.kind === 'timedOut')
      return failedUnknown(`${resource.engine} did not start it within ${op.timeoutMs} ms: ${why(ended)}`);
    return failed(`${resource.engine} did not start it: ${why(ended)}`);
  }

  async #imageMissing(call: Call): Promise<Failed | null> {
    const { engine, image } = call.resource;
    const ended = await this.#engine(call, commands.inspectImage(engine, image));
    if (succeeded(ended)) return null;
    const because = `the image ${image} is not on this node, and its start may not fetch it (pull: never)`;
    return failedOnNode(`${because}: ${engine} pull ${image} (${why(ended)})`);
  }

  async #settle(call: Call): Promise<OpResult> {
    await call.underWay.pause(settleMs);
    const early = await this.#endedEarly(call);
    if (early !== null) return early;
    const { agent } = call.resource;
    const started = agent === null ? ok : await toAgent(this.#inside(call), agent, 'start');
    if (started.outcome !== 'ok') return started;
    for (;;) {
      const fault = await this.#checkCommand(call);
      if (fault === null) return ok;
      const because = (await this.#endedEarly(call)) ?? (fault.scope === 'soft' ? null : fault);
      if (because !== null) return because;
      if (this.#leftMs(call) < 2 * checkAgainMs)
        return failedUnknown(`it runs, but does not work ${call.op.timeoutMs} ms after its start: ${fault.because}`);
      await call.underWay.pause(checkAgainMs);
    }
  }

  async #endedEarly(call: Call): Promise<Failed | null> {
    const look = await this.#look(call);
    if (look.kind === 'unsure') return failedUnknown(look.because);
    if (look.kind !== 'ours') return failed('its container is gone again right after its start');
    if (look.seen.phase === 'running') return null;
    return failed(`${await this.#endedWords(call, look.seen)} while it was started`);
  }

  // ---------------------------------------------------------------- stop

  async #stop(call: Call): Promise<OpResult> {
    const { id } = call.op.service;
    if (!(await this.#overtakeStart(call))) return failedUnknown('its start, which is under way, does not end');
    const look = await this.#look(call);
    if (look.kind === 'unsure' && this.#wasStarted(id)) return failedUnknown(look.because);
    if (look.kind === 'ours') {
      if (look.seen.phase !== 'ended') await this.#end(call);
      const left = await this.#remove(call);
      if (left !== null) return left;
    }
    const given = await this.#onAddress(call, 'stop');
    if (given !== null && given.outcome !== 'ok') return given;
    removeState(this.#notePath(id));
    return ok;
  }

  /** False: it has not ended in the time of the stop. Whatever it has made by then is found and removed like any other. */
  async #overtakeStart(call: Call): Promise<boolean> {
    const start = this.#starts.get(call.op.service.id);
    if (start === undefined) return true;
    start.underWay.overtake(graceMs(call.op.timeoutMs));
    const late = new AbortController();
    const timeUp = sleep(this.#leftMs(call), false, { signal: late.signal }).catch(() => false);
    const hasEnded = await Promise.race([start.ended.then(() => true), timeUp]);
    late.abort();
    return hasEnded;
  }

  /** In an orderly way, as far as that goes: whatever does not end, ends with its container. */
  async #end(call: Call): Promise<void> {
    const { agent, engine } = call.resource;
    const { id } = call.op.service;
    if (agent !== null) {
      const half = { ...call, deadlineMs: performance.now() + this.#leftMs(call) / 2 };
      const said = await toAgent(this.#inside(half), agent, 'stop');
      if (said.outcome === 'failed') this.#context.log(id, `stop in its container failed: ${said.because}`);
    }
    const seconds = Math.max(0, Math.floor((this.#leftMs(call) * killAfterShare - engineMs) / 1000));
    const ended = await this.#engine(call, commands.stop(engine, call.name, seconds));
    if (!succeeded(ended)) this.#context.log(id, `${engine} stop: ${why(ended)}`);
  }

  /** Null: it is gone, whoever did it. */
  async #remove(call: Call): Promise<Failed | null> {
    const ended = await this.#engine(call, commands.remove(call.resource.engine, call.name));
    const look = await this.#look(call);
    if (look.kind === 'unsure') return failedUnknown(look.because);
    return look.kind === 'ours' ? failed(`its container is still there: ${why(ended)}`) : null;
  }

  // ---------------------------------------------------------------- the engine

  async #look(call: Call): Promise<Look> {
    const { engine } = call.resource;
    const ended = await this.#engine(call, commands.inspect(engine, call.name));
    const seen = succeeded(ended) ? parseInspect(ended.stdout) : null;
    if (seen !== null)
      return isOf(seen, this.#context.node, call.op.service.id) ? { kind: 'ours', seen } : { kind: 'foreign' };
    if (ended.kind === 'notStarted') return { kind: 'unsure', isMissing: ended.missing, because: ended.because };
    // It fails for what is not there too, in words of its own in each version.
    const listed = await this.#engine(call, commands.list(engine, call.name));
    if (succeeded(listed) && listed.stdout.trim() === '') return { kind: 'none' };
    const because = `${engine} does not say how its container is: ${why(succeeded(listed) ? ended : listed)}`;
    return { kind: 'unsure', isMissing: false, because };
  }

  async #endedWords(call: Call, seen: Seen): Promise<string> {
    const ended = await this.#engine(call, commands.lastLogLine(call.resource.engine, call.name));
    const line = succeeded(ended) ? lastLine(ended.stderr) || lastLine(ended.stdout) : '';
    return line === '' ? endedWords(seen) : `${endedWords(seen)}; its last line was: ${line}`;
  }

  /** Null: it has none. */
  async #onAddress(call: Call, verb: AgentOp['verb']): Promise<OpResult | null> {
    const { address } = call.resource;
    if (address === null) return null;
    return this.#parts.address.perform({ ...call.op, verb, timeoutMs: this.#leftMs(call), handTo: null }, address);
  }

  #inside(call: Call): Inside {
    const { op, name, resource } = call;
    const exec = (names: readonly string[], argv: readonly string[], env: Readonly<Record<string, string>>) =>
      this.#engine(call, commands.execute(resource.engine, name, names, argv), env);
    return { op: { ...op, timeoutMs: this.#leftMs(call) }, node: this.#context.node, exec };
  }

  async #engine(call: Call, argv: commands.Argv, more: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const { underWay, op } = call;
    if (underWay.isOvertaken) return { kind: 'killed', signal: 'a stop', stdout: '', stderr: '' };
    const ended = await runProgram({
      argv,
      env: { ...more, ...this.#env },
      directory: '/',
      timeoutMs: this.#leftMs(call),
      started: (groupId) => {
        const leave = underWay.attend(groupId);
        const forget = op.verb === 'start' ? this.#noteCall(op, groupId) : () => {};
        return () => {
          leave();
          forget();
        };
      },
    });
    if (ended.kind !== 'notStarted')
      for (const line of linesOf(ended.stderr)) this.#context.log(op.service.id, `${argv[1]}: ${line}`);
    return ended;
  }

  #noteCall = ({ service, verb }: AgentOp, groupId: number): (() => void) =>
    noteCall(this.#callFolder, `${fileNameOf(service.id)} ${verb}`, groupId);

  /** An engine that goes on with a start would begin what was found stopped. */
  async #endLeftCalls(): Promise<void> {
    for (const name of await endLeftCalls(this.#callFolder))
      this.#context.log(name, 'a call that the former daemon left under way was ended');
  }

  #leftMs = ({ deadlineMs }: Call): Ms => Math.max(1, Math.floor(deadlineMs - performance.now()));

  #wasStarted = (id: ServiceId): boolean => readState(this.#notePath(id), () => null).kind !== 'none';

  /** Null: nothing was, or nobody knows by which engine. */
  #startedBy(id: ServiceId): ContainerResource['engine'] | null {
    const read = readState(this.#notePath(id), (value) => {
      const engine = fieldsOf(value)?.['engine'];
      return engine === 'podman' || engine === 'docker' ? engine : null;
    });
    return read.kind === 'state' ? read.state : null;
  }

  #notePath = (id: ServiceId): string => join(this.#context.runDirectory, 'container', `${fileNameOf(id)}.json`);
}

const packages = { podman: 'podman', docker: 'docker.io' } as const;

type Succeeded = Extract<Ended, { kind: 'exited' }>;

const succeeded = (ended: Ended): ended is Succeeded => ended.kind === 'exited' && ended.code === 0;

function why(ended: Ended): string {
  switch (ended.kind) {
    case 'exited':
      return lastLine(ended.stderr) || lastLine(ended.stdout) || `exit code ${ended.code}`;
    case 'killed':
      return `killed by ${ended.signal}`;
    case 'timedOut':
      return lastLine(ended.stderr) || 'no answer in time';
    case 'notStarted':
      return ended.because;
  }
}

/** What the engines' own programs look at, where the daemon was given it: who they belong to, and which engine they talk to. */
const looksAt = ['HOME', 'XDG_RUNTIME_DIR', 'CONTAINERS_CONF', 'CONTAINER_HOST', 'DOCKER_HOST', 'DOCKER_CONFIG'];

const inherited = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    looksAt.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );

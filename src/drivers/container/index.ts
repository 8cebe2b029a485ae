/**
 * Runs a container as a service, by podman or docker: one container for each service of a node, by a name of its own.
 *
 * The container itself tells whose it is and with which definition it was started, so a daemon that comes back knows it again. An address
 * of its own is taken before it starts and given up after it has stopped; what an agent does inside is done by `exec`.
 *
 * Nobody outside can end what runs inside but by ending the container: so a change of role that does not end in its time ends with that.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressResource, ContainerResource, Ms, OcfResource, Service, ServiceId } from '../../core/model.ts';
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
import { withScore } from '../ocf_api/score.ts';
import { endLeftCalls, namesOfLeftCalls, noteCall } from '../process/left_calls.ts';
import { type Ended, graceMs, runProgram } from '../process/run.ts';
import { fieldsOf, fileNameOf, readState, removeState, writeState } from '../process/state_file.ts';
import { lastLine, linesOf } from '../process/tail.ts';
import * as commands from './commands.ts';
import { makeFolders, makeRoleFolder, scoreFile } from './folders.ts';
import { type Inside, runCheck, toAgent } from './inside.ts';
import { digestOf, endedWords, isOf, parseInspect, type Seen, succeeded, why } from './parse.ts';
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
  /** Only a stop may overtake it. */
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
/** Kept back of the time of a change of role, to end the container. */
const endMs: Ms = 2000;
/** Kept back of the time of an order, to say how it went. */
const reportMs: Ms = 100;

export class ContainerDriver implements Driver<ContainerResource> {
  readonly #context: DriverContext;
  readonly #parts: ContainerParts;
  readonly #env: Readonly<Record<string, string>>;
  /** What a stop ends first. */
  readonly #underWay = new Map<ServiceId, { readonly underWay: UnderWay; readonly ended: Promise<unknown> }>();
  readonly #callFolder: string;
  /** What a former life of the daemon left under way has ended. */
  readonly #ready: Promise<void>;

  constructor(context: DriverContext, parts: ContainerParts, options: ContainerOptions = {}) {
    this.#context = context;
    this.#parts = parts;
    const path = options.path ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    this.#env = { ...commands.inherited(process.env), PATH: path, LC_ALL: 'C' };
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
    return this.#withScore(call, await this.#perform(call));
  }

  #perform(call: Call): Promise<OpResult> | OpResult {
    const { verb } = call.op;
    switch (verb) {
      case 'probe':
      case 'check':
        return this.#check(call);
      case 'start':
        return this.#unlessOvertaken(call, this.#start(call));
      case 'stop':
        return this.#stop(call);
      case 'promote':
      case 'demote':
      case 'notify': {
        const { agent } = call.resource;
        return agent === null ? withoutRoles(verb) : this.#unlessOvertaken(call, this.#tell(call, agent, verb));
      }
      case 'reload':
        return failedInCluster('a container cannot take over a changed definition while it runs');
      case 'tune':
        return ok;
      case 'migrateTo':
      case 'migrateFrom':
        return withoutRoles(verb);
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
        return this.#working(call, digestOf(look.seen));
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

  /** Of a container that runs: are its address, its check and the agent inside well, and what role does that say it has? */
  async #working(call: Call, digest: string | null): Promise<OpResult> {
    const fault = (await this.#addressFault(call)) ?? (await this.#checkCommand(call));
    const { agent } = call.resource;
    if (fault !== null || agent === null) return fault ?? running(digest);
    const said = await toAgent(this.#inside(call), agent, call.op.verb === 'check' ? 'check' : 'probe', digest);
    if (said.outcome === 'running' || said.outcome === 'failed') return said;
    return failed(`its container runs, but ${nameOf(agent)} does not run in it`);
  }

  async #addressFault(call: Call): Promise<Failed | null> {
    const held = await this.#onAddress(call, 'check');
    if (held?.outcome === 'failed') return held;
    return held?.outcome === 'stopped'
      ? failed(`its address ${call.resource.address?.address} is not held here`)
      : null;
  }

  #checkCommand(call: Call): Promise<Failed | null> {
    const { checkArgv } = call.resource;
    return checkArgv === null ? Promise.resolve(null) : runCheck(this.#inside(call), checkArgv);
  }

  // ---------------------------------------------------------------- start

  async #unlessOvertaken({ op: { service }, underWay }: Call, ended: Promise<OpResult>): Promise<OpResult> {
    const call = { underWay, ended };
    this.#underWay.set(service.id, call);
    try {
      return await ended;
    } finally {
      if (this.#underWay.get(service.id) === call) this.#underWay.delete(service.id);
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
    const roles = hasRoles(call) ? this.#roleFolder(op.service.id) : null;
    const notMade = (await makeFolders(resource)) ?? (roles === null ? null : makeRoleFolder(roles));
    if (notMade !== null) return failedOnNode(notMade);
    const ended = await this.#engine(call, commands.run(name, op.service, resource, this.#context.node, roles));
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
    const started = agent === null ? ok : await toAgent(this.#inside(call), agent, 'start', null);
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

  // ---------------------------------------------------------------- roles

  async #tell(call: Call, agent: OcfResource, verb: ChangeOfRole | 'notify'): Promise<OpResult> {
    const look = await this.#look(call);
    if (look.kind === 'unsure') return failedUnknown(look.because);
    if (look.kind !== 'ours' || look.seen.phase !== 'running') return failed('its container does not run');
    const leftMs = this.#leftMs(call);
    const timeoutMs = Math.max(leftMs / 2, leftMs - endMs);
    const said = await toAgent(this.#inside({ ...call, deadlineMs: performance.now() + timeoutMs }), agent, verb, null);
    if (said.outcome !== 'failed' || !said.unknown || call.underWay.isOvertaken || verb === 'notify') return said;
    // It may go on inside, and be done when another copy has the role.
    const ended = await this.#engine(call, commands.kill(call.resource.engine, call.name));
    return succeeded(ended) ? failed(`${said.because}; its container was ended`) : said;
  }

  #withScore({ op, resource }: Call, result: OpResult): OpResult {
    const { id } = op.service;
    if (!hasRoles({ op, resource })) return result;
    return withScore(result, join(this.#roleFolder(id), scoreFile), (line) => this.#context.log(id, line));
  }

  // ---------------------------------------------------------------- stop

  async #stop(call: Call): Promise<OpResult> {
    const { id } = call.op.service;
    if (!(await this.#overtake(call))) return failedUnknown('what is under way does not end');
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
    rmSync(this.#roleFolder(id), { recursive: true, force: true });
    return ok;
  }

  /** False: it has not ended in the time of the stop. Whatever it has made by then is found and removed like any other. */
  async #overtake(call: Call): Promise<boolean> {
    const other = this.#underWay.get(call.op.service.id);
    if (other === undefined) return true;
    other.underWay.overtake(graceMs(call.op.timeoutMs));
    const late = new AbortController();
    const timeUp = sleep(this.#leftMs(call), false, { signal: late.signal }).catch(() => false);
    const hasEnded = await Promise.race([other.ended.then(() => true), timeUp]);
    late.abort();
    return hasEnded;
  }

  /** In an orderly way, as far as that goes: whatever does not end, ends with its container. */
  async #end(call: Call): Promise<void> {
    const { agent, engine } = call.resource;
    const { id } = call.op.service;
    const mayBePromoted = hasRoles(call) && call.op.role !== 'unpromoted';
    for (const verb of mayBePromoted ? (['demote', 'stop'] as const) : (['stop'] as const)) {
      if (agent === null) break;
      const half = { ...call, deadlineMs: performance.now() + this.#leftMs(call) / 2 };
      const said = await toAgent(this.#inside(half), agent, verb, null);
      if (said.outcome === 'failed') this.#context.log(id, `${verb} in its container failed: ${said.because}`);
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
    if (underWay.isOvertaken) return overtaken;
    const ended = await runProgram({
      argv,
      env: { ...more, ...this.#env },
      directory: '/',
      timeoutMs: this.#leftMs(call),
      started: (groupId) => {
        const leave = underWay.attend(groupId);
        const forget = isNoted(op.verb) ? this.#noteCall(op, groupId) : () => {};
        return () => {
          leave();
          forget();
        };
      },
    });
    if (ended.kind !== 'notStarted')
      for (const line of linesOf(ended.stderr)) this.#context.log(op.service.id, `${argv[1]}: ${line}`);
    // An engine that is asked to end may do so with exit code 0.
    return underWay.isOvertaken ? overtaken : ended;
  }

  #noteCall = ({ service, verb }: AgentOp, groupId: number): (() => void) =>
    noteCall(this.#callFolder, `${fileNameOf(service.id)} ${verb}`, groupId);

  /** An engine that goes on with a start would begin what was found stopped; an agent inside, promote what was found unpromoted. */
  async #endLeftCalls(): Promise<void> {
    const left = namesOfLeftCalls(this.#callFolder).map((name) => name.split(' '));
    for (const name of await endLeftCalls(this.#callFolder))
      this.#context.log(name, 'a call that the former daemon left under way was ended');
    for (const [file = '', verb] of left) {
      if (verb !== 'promote' && verb !== 'demote') continue;
      const id = decodeURIComponent(file);
      const engine = this.#startedBy(id);
      if (engine === null) continue;
      this.#context.log(id, `its container is ended: the former daemon left a ${verb} under way in it`);
      const argv = commands.kill(engine, commands.containerName(this.#context.node, id));
      const ended = await runProgram({ argv, env: this.#env, directory: '/', timeoutMs: endMs });
      if (!succeeded(ended)) this.#context.log(id, `${engine} kill: ${why(ended)}`);
    }
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

  #roleFolder = (id: ServiceId): string => join(this.#context.runDirectory, 'container-roles', fileNameOf(id));
}

const overtaken: Ended = { kind: 'killed', signal: 'a stop', stdout: '', stderr: '' };

type ChangeOfRole = 'promote' | 'demote';

const isNoted = (verb: AgentOp['verb']): boolean => verb === 'start' || verb === 'promote' || verb === 'demote';

const hasRoles = ({ op, resource }: Pick<Call, 'op' | 'resource'>): boolean =>
  op.service.promotable !== null && resource.agent !== null;

const nameOf = ({ provider, type }: OcfResource): string => `ocf:${provider}:${type}`;

const packages = { podman: 'podman', docker: 'docker.io' } as const;

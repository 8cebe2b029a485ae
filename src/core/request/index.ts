/**
 * What an operator asks for: taken at any node, carried out by the coordinator as a change of the document, answered when
 * a majority has that change on disk.
 *
 * A request is repeated until it is answered, so the coordinator remembers what it answered; both lists are bounded.
 */
import { holders, isCurrent, proposeDoc } from '../document/index.ts';
import { deliver, isSettled } from '../execute/coordinate.ts';
import { hasQuorum } from '../membership/lease.ts';
import { type NodeId, stickinessMax } from '../model.ts';
import type { Admin, Answer, AnswerCode, Command, Doc, Order, Version } from '../ports.ts';
import { isMajority } from '../quorum/majority.ts';
import { compareVersions, emit, heartbeat, type NodeState, nodeIds, put, showVersion, type Turn } from '../state.ts';

const requestTimeoutMs = 8000;
const answeredMax = 64;
const requestsMax = 64;

const refuse = (code: AnswerCode, because: string): Answer => ({ ok: false, code, because });

export function onRequest(turn: Turn, requestId: string, command: Command): void {
  if (turn.state.requests.size >= requestsMax)
    return reply(
      turn,
      requestId,
      refuse('TIMED_OUT', `${requestsMax} requests are waiting for an answer already; try again later`),
    );
  const requests = new Map(turn.state.requests);
  requests.set(requestId, { command, askedAtMs: turn.nowMs, sentAtMs: Number.NEGATIVE_INFINITY });
  put(turn, { requests });
}

/** Hands requests to the coordinator, again each interval, and gives up in time. */
export function pursueRequests(turn: Turn): void {
  for (const [requestId, request] of turn.state.requests) {
    const { state, nowMs } = turn;
    if (nowMs - request.askedAtMs > requestTimeoutMs) {
      const because = state.installed === null ? 'no majority was reached' : 'the coordinator gave no answer';
      reply(
        turn,
        requestId,
        refuse(state.installed === null ? 'NO_QUORUM' : 'TIMED_OUT', `${because} in ${requestTimeoutMs / 1000} s`),
      );
      continue;
    }
    if (nowMs - request.sentAtMs < heartbeat(state).intervalMs * 2) continue;
    const coordinator = state.installed?.coordinator;
    if (coordinator === undefined) continue;
    put(turn, { requests: new Map(state.requests).set(requestId, { ...request, sentAtMs: nowMs }) });
    if (coordinator === state.self) decide(turn, requestId, null, request.command);
    else {
      const message = {
        kind: 'request',
        from: state.self,
        boot: state.boot,
        requestId,
        command: request.command,
      } as const;
      emit(turn, { kind: 'send', to: coordinator, message });
    }
  }
}

function reply(turn: Turn, requestId: string, answer: Answer): void {
  const requests = new Map(turn.state.requests);
  requests.delete(requestId);
  put(turn, { requests });
  emit(turn, { kind: 'reply', requestId, answer });
}

export function onAnswer(turn: Turn, requestId: string, answer: Answer): void {
  if (turn.state.requests.has(requestId)) reply(turn, requestId, answer);
}

/** As coordinator: a request, perhaps not for the first time. */
export function decide(turn: Turn, requestId: string, from: NodeId | null, command: Command): void {
  const { state, nowMs } = turn;
  const known = state.answered.find((entry) => entry.requestId === requestId);
  if (known !== undefined) return answerTo(turn, requestId, from, known.answer);
  if (state.waitingAnswers.some((entry) => entry.requestId === requestId)) return;
  // Not (yet) able to decide: the asker repeats it.
  if (!isCurrent(state) || !hasQuorum(state, nowMs) || state.pending !== null) return;
  const outcome = carryOut(turn, command);
  if ('ok' in outcome) return settle(turn, requestId, from, outcome);
  const waiting = { requestId, from, version: outcome.version, withdrawn: false };
  put(turn, { waitingAnswers: [...turn.state.waitingAnswers, waiting] });
}

function settle(turn: Turn, requestId: string, from: NodeId | null, answer: Answer): void {
  put(turn, { answered: [...turn.state.answered, { requestId, answer }].slice(-answeredMax) });
  answerTo(turn, requestId, from, answer);
}

function answerTo(turn: Turn, requestId: string, from: NodeId | null, answer: Answer): void {
  if (from === null) return onAnswer(turn, requestId, answer);
  const { self, boot } = turn.state;
  emit(turn, { kind: 'send', to: from, message: { kind: 'answer', from: self, boot, requestId, answer } });
}

/** Answers what waited for a majority's disks. */
export function answerDecided(turn: Turn): void {
  const { waitingAnswers } = turn.state;
  if (waitingAnswers.length === 0) return;
  if (!isCurrent(turn.state)) {
    // The next coordinator may or may not have it; the asker asks that one.
    return put(turn, { waitingAnswers: [] });
  }
  for (const waiting of waitingAnswers) {
    const { state } = turn;
    if (waiting.withdrawn) {
      put(turn, { waitingAnswers: state.waitingAnswers.filter((entry) => entry !== waiting) });
      settle(
        turn,
        waiting.requestId,
        waiting.from,
        refuse('NO_QUORUM', 'no majority of nodes could save the change; it was taken back'),
      );
      continue;
    }
    if (state.pending !== null && compareVersions(state.pending.version, waiting.version) <= 0) continue;
    if (!isMajority(holders(state, waiting.version), nodeIds(state))) continue;
    put(turn, { waitingAnswers: turn.state.waitingAnswers.filter((entry) => entry !== waiting) });
    settle(turn, waiting.requestId, waiting.from, { ok: true, version: waiting.version, changed: true });
  }
}

function carryOut(turn: Turn, command: Command): Answer | { readonly version: Version } {
  const { doc } = turn.state;
  switch (command.kind) {
    case 'apply':
      return apply(turn, doc, command);
    case 'standby':
      return standby(turn, doc, command);
    case 'move':
      return move(turn, doc, command);
    case 'clear':
      return clear(turn, doc, command.service);
    case 'run':
      return run(turn, doc, command);
    case 'cleanup':
      return cleanup(turn, command);
    case 'confirmOff':
    case 'fence':
    case 'disarm':
    case 'arm':
    case 'maintain':
      return refuse('UNSAFE', 'this version cannot do that yet');
  }
}

type Outcome = Answer | { readonly version: Version };

const unchanged = (doc: Doc): Answer => ({ ok: true, version: doc.content, changed: false });

function apply(turn: Turn, doc: Doc, command: Extract<Command, { kind: 'apply' }>): Outcome {
  if (command.ifVersion !== null && compareVersions(command.ifVersion, doc.content) !== 0)
    return refuse(
      'CONFLICT',
      `the cluster file is at version ${showVersion(doc.content)}, not ${showVersion(command.ifVersion)}`,
    );
  if (command.cluster.name !== doc.cluster.name)
    return refuse('UNSAFE', `this cluster is ${doc.cluster.name}; the file is for ${command.cluster.name}`);
  if (command.source === doc.source) return unchanged(doc);
  const before = nodeIds(turn.state);
  const after = command.cluster.nodes.map((node) => node.id);
  const differ = [...before.filter((id) => !after.includes(id)), ...after.filter((id) => !before.includes(id))];
  if (differ.length > 1)
    return refuse(
      'UNSAFE',
      `nodes are added or removed one at a time, so that majorities overlap; this file changes ${differ.join(', ')}`,
    );
  if (command.cluster.heartbeat.port !== doc.cluster.heartbeat.port)
    return refuse('UNSAFE', 'the port cannot change while the cluster runs: nodes would no longer hear each other');
  return {
    version: proposeDoc(turn, { source: command.source, cluster: command.cluster, admin: trimmed(doc.admin, command) }),
  };
}

/** Wishes about nodes and services that the new file no longer has go with them. */
function trimmed(admin: Admin, command: Extract<Command, { kind: 'apply' }>): Admin {
  const nodes = new Set(command.cluster.nodes.map((node) => node.id));
  const services = new Set(command.cluster.services.map((service) => service.id));
  return {
    standby: keep(admin.standby, nodes),
    stopped: keep(admin.stopped, services),
    moves: keep(admin.moves, services),
    off: keep(admin.off, nodes),
    disarmed: admin.disarmed,
    maintenance: { nodes: keep(admin.maintenance.nodes, nodes), services: keep(admin.maintenance.services, services) },
    stray: keep(admin.stray, nodes),
  };
}

function keep<T>(table: Readonly<Record<string, T>>, keys: ReadonlySet<string>): Record<string, T> {
  return Object.fromEntries(Object.entries(table).filter(([key]) => keys.has(key)));
}

function without<T>(table: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(table).filter(([other]) => other !== key));
}

function change(turn: Turn, doc: Doc, patch: Partial<Admin>): Outcome {
  return { version: proposeDoc(turn, { source: doc.source, cluster: doc.cluster, admin: { ...doc.admin, ...patch } }) };
}

function standby(turn: Turn, doc: Doc, command: Extract<Command, { kind: 'standby' }>): Outcome {
  const { node, on, because } = command;
  if (!nodeIds(turn.state).includes(node)) return refuse('NO_SUCH_OBJECT', `there is no node ${node}`);
  if (on === (doc.admin.standby[node] !== undefined)) return unchanged(doc);
  const table = on ? { ...doc.admin.standby, [node]: { because } } : without(doc.admin.standby, node);
  return change(turn, doc, { standby: table });
}

function run(turn: Turn, doc: Doc, command: Extract<Command, { kind: 'run' }>): Outcome {
  const { service, wanted, because } = command;
  if (!doc.cluster.services.some((other) => other.id === service))
    return refuse('NO_SUCH_OBJECT', `there is no service ${service}`);
  const stop = wanted === 'stopped';
  if (stop === (doc.admin.stopped[service] !== undefined)) return unchanged(doc);
  const table = stop ? { ...doc.admin.stopped, [service]: { because } } : without(doc.admin.stopped, service);
  return change(turn, doc, { stopped: table });
}

function move(turn: Turn, doc: Doc, command: Extract<Command, { kind: 'move' }>): Outcome {
  const service = doc.cluster.services.find((other) => other.id === command.service);
  if (service === undefined) return refuse('NO_SUCH_OBJECT', `there is no service ${command.service}`);
  if (service.clone)
    return refuse('UNSAFE', `${service.id} runs on several nodes; put a node on standby instead of moving it`);
  if (command.to !== null && !service.on.includes(command.to))
    return refuse('NO_SUCH_OBJECT', `${service.id} may run on ${service.on.join(', ')}, not on ${command.to}`);
  const from = whereRuns(turn.state, service.id);
  if (command.to !== null && from === command.to) return unchanged(doc);
  if (command.to === null && from === null)
    return refuse('CONFLICT', `${service.id} runs nowhere; there is nothing to move`);
  const moves = { ...doc.admin.moves, [service.id]: { to: command.to, from, because: command.because } };
  return change(turn, doc, { moves });
}

function clear(turn: Turn, doc: Doc, service: string): Outcome {
  if (!doc.cluster.services.some((other) => other.id === service))
    return refuse('NO_SUCH_OBJECT', `there is no service ${service}`);
  if (doc.admin.moves[service] === undefined) return unchanged(doc);
  return change(turn, doc, { moves: without(doc.admin.moves, service) });
}

function whereRuns(state: NodeState, service: string): NodeId | null {
  for (const member of state.installed?.members ?? []) {
    const at = state.records.get(member)?.services[service]?.state;
    if (at === 'running' || at === 'starting' || at === 'reloading') return member;
  }
  return null;
}

/** Failures belong to each node's record, so this is an order and no change of the document. */
function cleanup(turn: Turn, command: Extract<Command, { kind: 'cleanup' }>): Outcome {
  const { state } = turn;
  const members = state.installed?.members ?? [];
  if (command.node !== null && !members.includes(command.node))
    return refuse('NO_SUCH_OBJECT', `${command.node} is not a member of the view`);
  const nodes = members.filter((member) => command.node === null || member === command.node);
  const has = nodes.filter((node) => state.records.get(node)?.services[command.service] !== undefined);
  if (has.length === 0) return refuse('NO_SUCH_OBJECT', `no node knows a service ${command.service}`);
  put(turn, { planNumber: state.planNumber + 1 });
  for (const [action, node] of has.entries()) forgetOn(turn, node, command.service, action);
  return { ok: true, version: state.doc.content, changed: true };
}

function forgetOn(turn: Turn, to: NodeId, serviceId: string, action: number): void {
  const { state } = turn;
  const id = { view: state.installed?.number ?? 0, plan: state.planNumber, action };
  const order: Order = {
    id,
    verb: 'forget',
    serviceId,
    handFrom: null,
    handTo: null,
    drained: [],
    because: 'cleaned up by an operator',
  };
  deliver(turn, order, to);
}

/** A move that is done leaves nothing behind, where the service stays by itself. */
export function dropFinishedMoves(turn: Turn): void {
  const { state } = turn;
  const { moves } = state.doc.admin;
  const wishes = Object.entries(moves);
  if (wishes.length === 0 || state.pending !== null || !isCurrent(state) || !isSettled(state)) return;
  for (const [id, wish] of wishes) {
    const service = state.doc.cluster.services.find((other) => other.id === id);
    const at = whereRuns(state, id);
    const arrived = at !== null && (wish.to === null ? at !== wish.from : at === wish.to);
    if (service === undefined || (arrived && service.stickiness >= stickinessMax)) {
      change(turn, state.doc, { moves: without(moves, id) });
      return;
    }
  }
}

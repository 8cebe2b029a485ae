/** What each command of an operator changes. */
import { isCurrent } from '../document/index.ts';
import { deliver, isSettled } from '../execute/coordinate.ts';
import { plainOrder } from '../execute/plainOrder.ts';
import { type NodeId, servicesNamed, stickinessMax } from '../model.ts';
import type { Command, Doc, Order } from '../ports.ts';
import { isFresh, type NodeState, nodeIds, put, type Turn } from '../state.ts';
import { apply } from './apply.ts';
import { change, entered, type Outcome, refuse, unchanged, without } from './outcome.ts';
import { protect } from './protect.ts';
import { keptFor } from './shutdown.ts';

export function carryOut(turn: Turn, command: Command): Outcome {
  const { doc } = turn.state;
  switch (command.kind) {
    case 'apply':
      return apply(turn, doc, command);
    case 'standby':
      return standby(turn, doc, command);
    case 'shutdown':
      return shutdown(turn, doc, command);
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
      return protect(turn, command);
  }
}

function standby(turn: Turn, doc: Doc, command: Extract<Command, { kind: 'standby' }>): Outcome {
  const { node, on, because } = command;
  if (!nodeIds(turn.state).includes(node)) return refuse('NO_SUCH_OBJECT', `there is no node ${node}`);
  const before = doc.admin.standby[node];
  // A standby that an operator asks for does not end by itself.
  if (on ? before !== undefined && before.shutdown === undefined : before === undefined) return unchanged(doc);
  const table = on ? { ...doc.admin.standby, [node]: { because } } : without(doc.admin.standby, node);
  return change(turn, doc, { standby: table });
}

/** It is empty, or what runs there is kept for it; either way that is over by itself once it is back. */
function shutdown(turn: Turn, doc: Doc, command: Extract<Command, { kind: 'shutdown' }>): Outcome {
  const { state } = turn;
  const { node, because } = command;
  if (!nodeIds(state).includes(node)) return refuse('NO_SUCH_OBJECT', `there is no node ${node}`);
  const record = state.records.get(node);
  // Of one that has just been started anew, only its new life can be told from the next.
  if (record === undefined || !state.installed?.members.includes(node) || !isFresh(state, node))
    return refuse('CONFLICT', `${node} is not there, or has just come: nothing of it can be shut down`);
  const { standby: before } = doc.admin;
  if (before[node] !== undefined) return unchanged(doc);
  const id = `${doc.version.view}.${doc.version.counter}`;
  const kept = keptFor(command, doc.cluster, (service) => whereRuns(state, service));
  return change(turn, doc, {
    standby: { ...before, [node]: { because, shutdown: { id, boot: record.boot, ...kept } } },
  });
}

function run(turn: Turn, doc: Doc, command: Extract<Command, { kind: 'run' }>): Outcome {
  const { service, wanted, because } = command;
  const ids = servicesNamed(doc.cluster, service).map(({ id }) => id);
  if (ids.length === 0) return refuse('NO_SUCH_OBJECT', `there is no service ${service}`);
  const stopped = entered(doc.admin.stopped, ids, wanted === 'stopped' ? { because } : null);
  return stopped === null ? unchanged(doc) : change(turn, doc, { stopped });
}

function move(turn: Turn, doc: Doc, command: Extract<Command, { kind: 'move' }>): Outcome {
  const [service, ...others] = servicesNamed(doc.cluster, command.service);
  if (service === undefined) return refuse('NO_SUCH_OBJECT', `there is no service ${command.service}`);
  if (service.id !== command.service)
    return refuse('UNSAFE', `say which copy: ${[service, ...others].map(({ id }) => id).join(', ')}`);
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
  const copies = servicesNamed(state.doc.cluster, command.service).map(({ id }) => id);
  // What has left the file may still have failures.
  const ids = copies.length === 0 ? [command.service] : copies;
  const has = nodes.flatMap((node) =>
    ids.filter((id) => state.records.get(node)?.services[id] !== undefined).map((id) => [node, id] as const),
  );
  if (has.length === 0) return refuse('NO_SUCH_OBJECT', `no node knows a service ${command.service}`);
  put(turn, { planNumber: state.planNumber + 1 });
  for (const [action, [node, id]] of has.entries()) forgetOn(turn, node, id, action);
  return { ok: true, version: state.doc.content, changed: true };
}

function forgetOn(turn: Turn, to: NodeId, serviceId: string, action: number): void {
  const { state } = turn;
  const id = { view: state.installed?.number ?? 0, plan: state.planNumber, action };
  const order: Order = {
    ...plainOrder,
    id,
    verb: 'forget',
    serviceId,
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

/** Commands about what keeps two owners apart: fencing, its disarming, and maintenance. */

import { knowOff } from '../fencing/off.ts';
import { canFence } from '../fencing/run.ts';
import { isAlive } from '../membership/hearing.ts';
import { type NodeId, servicesNamed } from '../model.ts';
import type { Command, Doc } from '../ports.ts';
import { isDisarmed } from '../quorum/standing.ts';
import { partnerOf } from '../quorum/votes.ts';
import { changed, type NodeState, nodeIds, put, type Turn } from '../state.ts';
import { withRulesChanged } from '../upkeep/rules.ts';
import { change, entered, type Outcome, refuse, unchanged } from './outcome.ts';

export type Protective = Extract<Command, { kind: 'confirmOff' | 'fence' | 'disarm' | 'arm' | 'maintain' }>;

const forMsMax = 7 * 24 * 3_600_000;

export function protect(turn: Turn, command: Protective): Outcome {
  const { doc } = turn.state;
  switch (command.kind) {
    case 'confirmOff':
      return confirmOff(turn, doc, command.node, command.because);
    case 'fence':
      return fence(turn, command.node, command.because);
    case 'disarm':
      return disarm(turn, doc, command.forMs, command.because);
    case 'arm':
      return arm(turn, doc);
    case 'maintain':
      return maintain(turn, doc, command);
  }
}

// ---------------------------------------------------------------- confirmed off

function confirmOff(turn: Turn, doc: Doc, node: NodeId, because: string): Outcome {
  const wrong = whyNotOff(turn, node, because);
  if (wrong !== null) return wrong;
  const isBack = turn.state.outside.has(node);
  if (Object.hasOwn(doc.admin.off, node) && !isBack) return unchanged(doc);
  const off = { because: `confirmed by an operator: ${because}` };
  changed(turn, `node ${node}`, 'lost', 'off', off.because);
  // The document may say already that a former life of it is.
  if (isBack) knowOff(turn, node, { ...off, boot: turn.state.peers.get(node)?.boot ?? null, atMs: turn.nowMs });
  return change(turn, doc, { off: { ...doc.admin.off, [node]: off } });
}

function whyNotOff({ state, nowMs }: Turn, node: NodeId, because: string): ReturnType<typeof refuse> | null {
  if (!nodeIds(state).includes(node)) return refuse('NO_SUCH_OBJECT', `there is no node ${node}`);
  if (because.trim() === '') return refuse('UNSAFE', 'a reason is needed: who has seen that the node is off, and how');
  const isHere = node === state.self || isAlive(state, state.peers.get(node), nowMs);
  return isHere ? refuse('UNSAFE', `${node} is heard at this moment: it is not off`) : null;
}

/**
 * In a pair the survivor may not change the document before it knows that the other one is off, so it takes the operator's word
 * by itself. Null: the coordinator decides.
 */
export function confirmHere(turn: Turn, command: Command): Outcome | null {
  const { state, nowMs } = turn;
  if (command.kind !== 'confirmOff' || partnerOf(state.self, state.doc.voters) !== command.node) return null;
  const wrong = whyNotOff(turn, command.node, command.because);
  if (wrong !== null) return wrong;
  const because = `confirmed by an operator: ${command.because}`;
  const boot = state.peers.get(command.node)?.boot ?? null;
  changed(turn, `node ${command.node}`, 'lost', 'off', because);
  knowOff(turn, command.node, { because, boot, atMs: nowMs });
  return { ok: true, version: state.doc.content, changed: true };
}

// ---------------------------------------------------------------- fencing

function fence(turn: Turn, node: NodeId, because: string): Outcome {
  const { state, nowMs } = turn;
  if (!nodeIds(state).includes(node)) return refuse('NO_SUCH_OBJECT', `there is no node ${node}`);
  if (isDisarmed(state, nowMs)) return refuse('UNSAFE', 'the cluster is disarmed: nothing is fenced; sempre arm');
  if (!canFence(state, node) && node !== state.self)
    return refuse('UNSAFE', `the cluster file names no fence device for ${node}`);
  if (node === state.self && state.watchdog.state !== 'armed')
    return refuse(
      'UNSAFE',
      `${node} coordinates and cannot switch itself off; put it on standby, and ask another node`,
    );
  put(turn, { fenceAsked: new Map(state.fenceAsked).set(node, `an operator asked for it: ${because}`) });
  return { ok: true, version: state.doc.content, changed: true };
}

// ---------------------------------------------------------------- disarming

function disarm(turn: Turn, doc: Doc, forMs: number, because: string): Outcome {
  const { state } = turn;
  if (forMs <= 0 || forMs > forMsMax) return refuse('UNSAFE', 'the time must be more than nothing and at most 7 days');
  const [busy] = state.fencing.keys();
  if (busy !== undefined || state.resetting !== null)
    return refuse('UNSAFE', `${busy ?? state.self} is being fenced at this moment; wait until that is over`);
  const id = `${doc.version.view}.${doc.version.counter}`;
  return change(turn, doc, { disarmed: { id, forMs, because } });
}

function arm(turn: Turn, doc: Doc): Outcome {
  if (doc.admin.disarmed === null) return unchanged(doc);
  const admin = { ...doc.admin, disarmed: null };
  return change(turn, doc, withRulesChanged(admin, doc.cluster, 'it may not know that the cluster was armed again'));
}

// ---------------------------------------------------------------- maintenance

function maintain(turn: Turn, doc: Doc, command: Extract<Command, { kind: 'maintain' }>): Outcome {
  const { node, service, on, because } = command;
  const table = node === null ? 'services' : 'nodes';
  const name = node ?? service;
  if (name === null || (node === null) === (service === null))
    return refuse('UNSAFE', 'maintenance is of one node or of one service');
  const known =
    node === null
      ? servicesNamed(doc.cluster, name).map(({ id }) => id)
      : nodeIds(turn.state).filter((each) => each === name);
  if (known.length === 0) return refuse('NO_SUCH_OBJECT', `there is no ${node === null ? 'service' : 'node'} ${name}`);
  const after = entered(doc.admin.maintenance[table], known, on ? { because } : null);
  if (after === null) return unchanged(doc);
  const busy = on ? fencingInTheWay(turn.state, node) : null;
  if (busy !== null) return refuse('UNSAFE', busy);
  const admin = { ...doc.admin, maintenance: { ...doc.admin.maintenance, [table]: after } };
  return change(
    turn,
    doc,
    on ? admin : withRulesChanged(admin, doc.cluster, `it may not know that the maintenance of ${name} ended`),
  );
}

const fencingInTheWay = (state: NodeState, node: NodeId | null): string | null =>
  node !== null && state.fencing.has(node) ? `${node} is being fenced at this moment; wait until that is over` : null;

/**
 * What an operator asks for: taken at any node, carried out by the coordinator as a change of the document, answered when
 * a majority has that change on disk.
 *
 * A request is repeated until it is answered, so the coordinator remembers what it answered; both lists are bounded.
 */
import { holders, isAlone, isCurrent, isDecidedBy } from '../document/index.ts';
import { hasQuorum } from '../membership/lease.ts';
import type { NodeId } from '../model.ts';
import type { Answer, Command } from '../ports.ts';
import { compareVersions, emit, heartbeat, put, type Turn } from '../state.ts';
import { carryOut } from './commands.ts';
import { refuse } from './outcome.ts';
import { confirmHere } from './protect.ts';

export function onRequest(turn: Turn, requestId: string, command: Command): void {
  const { requestsMax } = turn.state.limits;
  if (turn.state.requests.size >= requestsMax)
    return reply(
      turn,
      requestId,
      refuse('TIMED_OUT', `${requestsMax} requests are waiting for an answer already; try again later`),
    );
  const here = confirmHere(turn, command);
  if (here !== null && 'ok' in here) return reply(turn, requestId, here);
  const requests = new Map(turn.state.requests);
  requests.set(requestId, { command, askedAtMs: turn.nowMs, sentAtMs: Number.NEGATIVE_INFINITY });
  put(turn, { requests });
}

/** Hands requests to the coordinator, again each interval, and gives up in time. */
export function pursueRequests(turn: Turn): void {
  for (const [requestId, request] of turn.state.requests) {
    const { state, nowMs } = turn;
    const { requestTimeoutMs } = state.limits;
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
  if (state.installed !== null && isAlone(state, state.installed))
    return settle(
      turn,
      requestId,
      from,
      refuse('NO_QUORUM', 'this side acts without a majority: nothing can be changed'),
    );
  // Nothing is answered by what may still be lost: «it is so already» is a promise too.
  if (state.doc !== state.decided) return;
  const outcome = carryOut(turn, command);
  if ('ok' in outcome) return settle(turn, requestId, from, outcome);
  const waiting = { requestId, from, version: outcome.version, withdrawn: false };
  put(turn, { waitingAnswers: [...turn.state.waitingAnswers, waiting] });
}

function settle(turn: Turn, requestId: string, from: NodeId | null, answer: Answer): void {
  put(turn, { answered: [...turn.state.answered, { requestId, answer }].slice(-turn.state.limits.answeredMax) });
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
    if (!isDecidedBy(turn, holders(state, waiting.version), state.doc.voters)) continue;
    put(turn, { waitingAnswers: turn.state.waitingAnswers.filter((entry) => entry !== waiting) });
    settle(turn, waiting.requestId, waiting.from, { ok: true, version: waiting.version, changed: true });
  }
}

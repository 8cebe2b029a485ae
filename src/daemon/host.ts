/** The daemon as its API sees it. */
import { randomUUID } from 'node:crypto';
import type { ApiHost, PeerQuestion } from '../api/host.ts';
import type { NodeId } from '../core/model.ts';
import { planFor } from '../core/node.ts';
import type { Answer, Command } from '../core/ports.ts';
import { balancersOn, type Details } from './balancers.ts';
import type { History } from './history.ts';
import type { Journal } from './journal.ts';
import type { NodeLoop } from './loop.ts';
import { Parser } from './parser.ts';
import type { StallMeter } from './stall.ts';

/** The core answers earlier than this; it is for the day that it does not. */
const replyTimeoutMs = 12_000;

export interface HostParts {
  readonly self: NodeId;
  readonly software: string;
  readonly loop: NodeLoop;
  readonly journal: Journal;
  readonly history: History;
  readonly stall: StallMeter;
  readonly agents: Details;
  readonly replies: Replies;
  nowMs(): number;
  ask(node: NodeId, question: PeerQuestion, timeoutMs: number): Promise<unknown>;
  packets(): unknown;
}

export function createHost(parts: HostParts): ApiHost {
  const { self, software, loop, journal, history, stall, agents, replies } = parts;
  const parser = new Parser();
  return {
    self,
    software,
    startedAt: new Date().toISOString(),
    journal,
    history,
    cluster: () => loop.state.doc.cluster,
    content: () => ({ version: loop.state.doc.content, source: loop.state.doc.source, admin: loop.state.doc.admin }),
    report: () => loop.report(),
    nowMs: () => parts.nowMs(),
    planFor: (cluster, admin, atMs) => {
      const nowMs = parts.nowMs();
      const { state } = loop;
      const dateAheadMs = atMs === null ? state.dateAheadMs : atMs - nowMs;
      return planFor({ ...state, dateAheadMs, doc: { ...state.doc, admin } }, cluster, nowMs);
    },
    balancers: () => balancersOn(self, loop.state.doc.cluster.services, loop.state.records.get(self), agents),
    stall: () => stall.report(),
    packets: () => parts.packets(),
    parse: (source) => parser.parse(source),
    ask: (node, question, timeoutMs) => parts.ask(node, question, timeoutMs),
    command: (command) => replies.ask(loop, command),
  };
}

/** Users' requests that wait for the core's answer. */
export class Replies {
  private readonly waiting = new Map<string, (answer: Answer) => void>();

  ask(loop: Pick<NodeLoop, 'deliver'>, command: Command): Promise<Answer> {
    const requestId = randomUUID();
    return new Promise((resolve) => {
      const late = setTimeout(() => this.answer(requestId, lateAnswer), replyTimeoutMs);
      this.waiting.set(requestId, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      loop.deliver({ kind: 'request', requestId, command });
    });
  }

  answer(requestId: string, answer: Answer): void {
    this.waiting.get(requestId)?.(answer);
    this.waiting.delete(requestId);
  }
}

const lateAnswer: Answer = {
  ok: false,
  code: 'TIMED_OUT',
  because: `no answer came within ${replyTimeoutMs / 1000} s; it may still happen`,
};

/** Answers what peers ask: each node's own part of a question about the whole cluster. */
import { byText } from '../lib/compare.ts';
import type { PeerHistory } from './history.ts';
import { type ApiHost, eventsMax, type PeerQuestion } from './host.ts';
import type { EventLine, NodeAnswer } from './status.ts';

/** The answer to a question of a peer, null when this version does not know the question. */
export async function answerPeer(host: ApiHost, question: unknown): Promise<unknown> {
  const known = parseQuestion(question);
  if (known === null) return null;
  if (known.kind === 'status') return nodeAnswer(host);
  if (known.kind === 'history') return { lines: host.history.lines() } satisfies PeerHistory;
  if (known.kind === 'historyEntry') return { entry: host.history.entry(known.version) };
  return {
    events: host.journal.read(known.after, known.since, known.limit),
    lastSeq: host.journal.lastSeq,
  } satisfies PeerEvents;
}

export interface PeerEvents {
  readonly events: readonly EventLine[];
  readonly lastSeq: number;
}

export async function nodeAnswer(host: ApiHost): Promise<NodeAnswer> {
  const balancers = await host.balancers();
  const report = host.report();
  const leads = report.view?.coordinator === host.self;
  const againAtMs = leads ? (report.plan?.againAtMs ?? null) : null;
  return {
    node: host.self,
    software: host.software,
    startedAt: host.startedAt,
    boot: report.boot,
    view: report.view,
    quorum: report.quorum,
    noQuorumBecause: report.noQuorumBecause,
    version: host.content().version,
    peers: report.peers,
    record: report.records.find((record) => record.node === host.self) ?? null,
    plan: leads ? report.plan : null,
    planAgainInMs: againAtMs === null ? null : Math.max(0, Math.round(againAtMs - host.nowMs())),
    stall: host.stall(),
    fencing: report.fencing,
    balancers: [...balancers].sort((a, b) => byText(a.service, b.service)),
  };
}

function parseQuestion(question: unknown): PeerQuestion | null {
  if (typeof question !== 'object' || question === null || !('kind' in question)) return null;
  if (question.kind === 'status') return { kind: 'status' };
  if (question.kind === 'history') return { kind: 'history' };
  if (question.kind === 'historyEntry') return parseEntryQuestion(question);
  if (question.kind !== 'events') return null;
  const { after, since, limit } = question as Record<string, unknown>;
  if (!isCount(after) || typeof since !== 'string' || !isCount(limit)) return null;
  return { kind: 'events', after, since, limit: Math.min(limit, eventsMax) };
}

function parseEntryQuestion(question: object): PeerQuestion | null {
  const { version } = question as { readonly version?: unknown };
  const { view, counter } = (version ?? {}) as Record<string, unknown>;
  return isCount(view) && isCount(counter) ? { kind: 'historyEntry', version: { view, counter } } : null;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** The events of all nodes in one list, from a time or from where a reader stopped, and a stream of what comes after. */
import type { NodeId } from '../core/model.ts';
import { byText } from '../lib/compare.ts';
import { gather } from './gather.ts';
import { type ApiHost, eventsMax, type PeerQuestion } from './host.ts';
import type { PeerEvents } from './question.ts';
import { type EventLine, type EventsAnswer, schemaVersion } from './status.ts';

const pollMs = 250;
const cursorLengthMax = 4096;

export interface EventsAsked {
  /** RFC 3339 in UTC; empty: from the beginning. */
  readonly since: string;
  /** Null: everything since that time. */
  readonly after: Cursor | null;
  readonly limit: number;
}

/** How far a reader has read, node by node: every node numbers its own events. */
export type Cursor = ReadonlyMap<NodeId, number>;

export async function eventsAnswer(host: ApiHost, asked: EventsAsked): Promise<EventsAnswer> {
  const { since, after, limit } = asked;
  const question = (node: NodeId): PeerQuestion => {
    const from = after?.get(node);
    // A node that the reader has not met yet only tells its number, so that its whole past is not taken for news.
    return { kind: 'events', after: from ?? 0, since, limit: after !== null && from === undefined ? 0 : limit };
  };
  const { answers, silent } = await gather(host, question, isPeerEvents);
  const own: PeerEvents = {
    events: host.journal.read(after?.get(host.self) ?? 0, since, limit),
    lastSeq: host.journal.lastSeq,
  };
  const all = new Map([...answers, [host.self, own]]);
  const events = [...all.values()].flatMap((answer) => answer.events).sort(byTime);
  // What a silent node does now is news when it answers again.
  const cursor = new Map([...(after ?? []), ...[...all].map(([node, { lastSeq }]) => [node, lastSeq] as const)]);
  return { schemaVersion, events: events.slice(-limit), silent, cursor: showCursor(cursor) };
}

export const showCursor = (cursor: Cursor): string => [...cursor].map(([node, seq]) => `${node}:${seq}`).join(',');

/** Null when it is none. */
export function parseCursor(text: string): Cursor | null {
  if (text.length > cursorLengthMax) return null;
  const cursor = new Map<NodeId, number>();
  for (const part of text.split(',').filter((each) => each !== '')) {
    const [, node, seq] = /^([^:]{1,255}):(\d{1,15})$/.exec(part) ?? [];
    if (node === undefined) return null;
    cursor.set(node, Number(seq));
  }
  return cursor;
}

/**
 * Calls `emit` with each event that happens from now on, on any node, until the returned function is called.
 *
 * All nodes are asked a few times a second, this one like the others, so that a batch can be put in the order of time;
 * a peer that was away is caught up with when it answers again.
 */
export function followEvents(host: ApiHost, emit: (line: EventLine) => void): () => void {
  let cursor: Cursor = new Map([[host.self, host.journal.lastSeq]]);
  let ended = false;
  const poll = async (): Promise<void> => {
    const answer = await eventsAnswer(host, { since: '', after: cursor, limit: eventsMax });
    cursor = parseCursor(answer.cursor) ?? cursor;
    if (ended) return;
    for (const line of answer.events) emit(line);
    setTimeout(() => void poll(), pollMs).unref();
  };
  void poll();
  return () => {
    ended = true;
  };
}

const isPeerEvents = (answer: unknown): answer is PeerEvents =>
  typeof answer === 'object' &&
  answer !== null &&
  'lastSeq' in answer &&
  Number.isSafeInteger(answer.lastSeq) &&
  'events' in answer &&
  Array.isArray(answer.events) &&
  answer.events.every(
    (line: Partial<EventLine> | null) => typeof line?.at === 'string' && typeof line.node === 'string',
  );

const byTime = (a: EventLine, b: EventLine): number => byText(a.at, b.at) || byText(a.node, b.node) || a.seq - b.seq;

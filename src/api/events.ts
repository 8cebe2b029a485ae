/** The events of all nodes in one list, and a stream of what comes after. */
import type { NodeId } from '../core/model.ts';
import { byText } from '../lib/compare.ts';
import { gather } from './gather.ts';
import { type ApiHost, eventsMax, type PeerQuestion } from './host.ts';
import type { PeerEvents } from './question.ts';
import { type EventLine, type EventsAnswer, schemaVersion } from './status.ts';

const pollMs = 500;

export async function eventsAnswer(host: ApiHost, since: string, limit: number): Promise<EventsAnswer> {
  const { answers, silent } = await gather(host, () => ({ kind: 'events', after: 0, since, limit }), isPeerEvents);
  const own = host.journal.read(0, since, limit);
  const events = [own, ...[...answers.values()].map((answer) => answer.events)].flat().sort(byTime);
  return { schemaVersion, events: events.slice(-limit), silent };
}

/**
 * Calls `emit` with each event that happens from now on, on any node, until the returned function is called.
 * Peers are asked twice a second; a peer that was away is caught up with when it answers again.
 */
export function followEvents(host: ApiHost, emit: (line: EventLine) => void): () => void {
  const endOwn = host.journal.follow(emit);
  const seen = new Map<NodeId, number>();
  let ended = false;
  const poll = async (): Promise<void> => {
    if (ended) return;
    for (const line of await newFromPeers(host, seen)) if (!ended) emit(line);
    if (!ended) setTimeout(() => void poll(), pollMs).unref();
  };
  void poll();
  return () => {
    ended = true;
    endOwn();
  };
}

/** Events of peers after the numbers in `seen`, which it moves on. A peer that is asked for the first time tells only its number. */
async function newFromPeers(host: ApiHost, seen: Map<NodeId, number>): Promise<EventLine[]> {
  const question = (node: NodeId): PeerQuestion => {
    const after = seen.get(node);
    return { kind: 'events', after: after ?? 0, since: '', limit: after === undefined ? 0 : eventsMax };
  };
  const { answers } = await gather(host, question, isPeerEvents);
  const lines: EventLine[] = [];
  for (const [node, answer] of answers) {
    if (seen.has(node)) lines.push(...answer.events);
    // It may be lower than before: the node lost its state directory and counts anew.
    seen.set(node, answer.lastSeq);
  }
  return lines.sort(byTime);
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

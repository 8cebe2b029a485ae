/** Asks every other node at once and goes on with those that answer in time: a dead node must not make `status` hang. */
import type { Ms, NodeId } from '../core/model.ts';
import type { ApiHost, PeerQuestion } from './host.ts';

const answerWithinMs: Ms = 400;

export interface Gathered<T> {
  readonly answers: ReadonlyMap<NodeId, T>;
  /** Sorted as in the file. */
  readonly silent: readonly NodeId[];
}

/** `accepts` refuses what another version of the software answers in another shape. */
export async function gather<T>(
  host: ApiHost,
  question: (node: NodeId) => PeerQuestion,
  accepts: (answer: unknown) => answer is T,
): Promise<Gathered<T>> {
  const states = new Map(host.report().peers.map((peer) => [peer.node, peer.state]));
  const peers = host
    .cluster()
    .nodes.map((node) => node.id)
    .filter((node) => node !== host.self);
  const asked = await Promise.all(
    peers.map(async (node) => {
      // A node that nobody hears would only use up the time limit.
      if (states.get(node) === 'lost') return { node, answer: null };
      return { node, answer: await askOne(host, node, question(node)) };
    }),
  );
  const answers = new Map<NodeId, T>();
  const silent: NodeId[] = [];
  for (const { node, answer } of asked) {
    if (accepts(answer)) answers.set(node, answer);
    else silent.push(node);
  }
  return { answers, silent };
}

async function askOne(host: ApiHost, node: NodeId, question: PeerQuestion): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), answerWithinMs);
  });
  try {
    return await Promise.race([host.ask(node, question, answerWithinMs), tooLate]);
  } catch {
    // Silence and refusal are the same to the reader: the node is shown as one that did not answer.
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What speaks for and against each node on behalf of the services that run `with` this one?
 *
 * They go wherever it goes, so their preferences count for it too, and a node where one of them may not run is taken only
 * when nothing else is left: a failover of the dependent takes along what it runs with.
 */
import { must } from '../../lib/assert.ts';
import type { ServiceId } from '../model.ts';
import { scoreMax } from '../model.ts';
import { type Graph, joinedBy } from './graph.ts';
import type { NodeScore } from './plan.ts';
import { points, type Term, whyForbidden } from './score.ts';
import type { Listed, Seen } from './seen.ts';
import type { Unrunnable } from './wanted.ts';
import { namesText } from './words.ts';

/**
 * More than stickiness and wishes can weigh together: `stickinessMax` means «never go back», not «stay where the service
 * that you are there for has failed three times».
 */
const penaltyOfExclusion = -10 * scoreMax;

/** Less than an operator's wish, however many dependents there are. */
const leaningMax = scoreMax / 2;
const excludedMax = 100;

/** By place of the node in the file. */
export interface Leaning {
  readonly points: readonly number[];
  /** How many may not run there, and the first one's reason. */
  readonly excluded: readonly number[];
  readonly because: readonly (string | null)[];
  /** Those that lean, by name. */
  readonly who: string;
}

export type Leanings = ReadonlyMap<ServiceId, Leaning>;

/**
 * Dependents first, so that each hands on what it gathered. A service that is with two others which are with a third is
 * counted twice for the third: it leans twice as much, in the same direction.
 */
export function leaningsOf(
  graph: Graph,
  seen: Seen,
  own: ReadonlyMap<ServiceId, readonly NodeScore[]>,
  unwanted: Unrunnable,
): Leanings {
  const leanings = new Map<ServiceId, Leaning>();
  for (let i = graph.withFirst.length - 1; i >= 0; i--) {
    const { id } = must(graph.withFirst[i], 'service by its place');
    const dependents = joinedBy(graph, id).filter((dependent) => !unwanted.has(dependent.id));
    if (dependents.length === 0) continue;
    const voices = dependents.map((dependent) => ({
      id: dependent.id,
      scores: must(own.get(dependent.id), `scores of ${dependent.id}`),
      leaning: leanings.get(dependent.id),
    }));
    const { listed } = must(seen.services.get(id), `seen state of ${id}`);
    leanings.set(id, gather(graph.cluster.nodes.length, listed, voices));
  }
  return leanings;
}

interface Voice {
  readonly id: ServiceId;
  readonly scores: readonly NodeScore[];
  readonly leaning: Leaning | undefined;
}

/** Only for the nodes that the service lists itself. */
function gather(nodeCount: number, listed: readonly Listed[], voices: readonly Voice[]): Leaning {
  const sums = new Array<number>(nodeCount).fill(0);
  const excluded = new Array<number>(nodeCount).fill(0);
  const because = new Array<string | null>(nodeCount).fill(null);
  for (const { id, scores, leaning } of voices) {
    for (const { index } of listed) {
      const node = must(scores[index], 'score of a node');
      sums[index] = (sums[index] ?? 0) + (node.score ?? 0) + (leaning?.points[index] ?? 0);
      excluded[index] = (excluded[index] ?? 0) + (node.score === null ? 1 : 0) + (leaning?.excluded[index] ?? 0);
      because[index] ??= node.score === null ? cannot(id, node) : (leaning?.because[index] ?? null);
    }
  }
  return {
    points: sums.map(bounded),
    excluded: excluded.map((count) => Math.min(count, excludedMax)),
    because,
    who: namesText(voices.map((voice) => voice.id)),
  };
}

const cannot = (id: ServiceId, node: NodeScore): string => `${id} cannot run on ${node.node}: ${whyForbidden(node)}`;

const bounded = (sum: number): number => Math.max(-leaningMax, Math.min(leaningMax, sum));

export function leaningTerms(leaning: Leaning | undefined, index: number): Term[] {
  const terms: Term[] = [];
  if (leaning === undefined) return terms;
  const sum = leaning.points[index] ?? 0;
  const excluded = leaning.excluded[index] ?? 0;
  const because = leaning.because[index] ?? null;
  if (sum !== 0) terms.push(points(sum, `what ${leaning.who} would score here`));
  if (excluded > 0 && because !== null) terms.push(points(penaltyOfExclusion * excluded, because));
  return terms;
}

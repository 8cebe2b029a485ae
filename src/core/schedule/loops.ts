/** Which of some edges can be added to a graph without closing a loop? In time that grows with the graph, but for each that is left out. */
import { assert, must } from '../../lib/assert.ts';

/** `later` waits for `sooner`. */
export interface Edge<V> {
  readonly later: V;
  readonly sooner: V;
}

/**
 * All of `more` but some that are part of loops: of several edges that close one together, the last. `before`: what a vertex waits for
 * already, without any loop. Every vertex is one of `all`.
 */
export function withoutLoops<V>(
  all: readonly V[],
  before: (vertex: V) => Iterable<V>,
  more: readonly Edge<V>[],
): readonly Edge<V>[] {
  const work: Work<V> = { before, into: new Map(), waits: new Map(), done: new Set(), dropped: new Set() };
  for (const edge of more) push(work.into, edge.later, edge);
  const after = new Map<V, V[]>();
  for (const later of all) {
    const soonerOnes = [...before(later), ...(work.into.get(later) ?? []).map(({ sooner }) => sooner)];
    work.waits.set(later, soonerOnes.length);
    for (const sooner of soonerOnes) push(after, sooner, later);
  }
  const queue = all.filter((vertex) => work.waits.get(vertex) === 0);
  let first = 0;
  while (work.done.size < all.length) {
    for (const vertex of queue.splice(0)) {
      work.done.add(vertex);
      for (const later of after.get(vertex) ?? []) if (isFree(work, later)) queue.push(later);
    }
    if (queue.length > 0 || work.done.size === all.length) continue;
    while (work.done.has(must(all[first], 'a vertex that waits'))) first++;
    const edge = lastOf(loopBehind(work, must(all[first], 'a vertex that waits')), more);
    work.dropped.add(edge);
    // What it came from will be done one day, and must not count a second time.
    const others = must(after.get(edge.sooner), 'what waits');
    others.splice(others.indexOf(edge.later), 1);
    if (isFree(work, edge.later)) queue.push(edge.later);
  }
  return more.filter((edge) => !work.dropped.has(edge));
}

interface Work<V> {
  readonly before: (vertex: V) => Iterable<V>;
  readonly into: Map<V, Edge<V>[]>;
  /** For how many others a vertex waits. */
  readonly waits: Map<V, number>;
  readonly done: Set<V>;
  readonly dropped: Set<Edge<V>>;
}

function push<K, T>(map: Map<K, T[]>, key: K, item: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [item]);
  else known.push(item);
}

/** One of those that it waited for is gone; whether that was the last. */
function isFree<V>({ waits }: Work<V>, vertex: V): boolean {
  const left = must(waits.get(vertex), 'count of a vertex') - 1;
  waits.set(vertex, left);
  return left === 0;
}

/** Everything that is left waits for something that is left: the way back ends in a loop. Its new edges. */
function loopBehind<V>(work: Work<V>, start: V): readonly Edge<V>[] {
  const place = new Map<V, number>();
  const steps: (Edge<V> | null)[] = [];
  for (let vertex = start; ; ) {
    const met = place.get(vertex);
    if (met !== undefined) return steps.slice(met).filter((edge) => edge !== null);
    place.set(vertex, steps.length);
    const edge = (work.into.get(vertex) ?? []).find((each) => !work.dropped.has(each) && !work.done.has(each.sooner));
    steps.push(edge ?? null);
    vertex = edge?.sooner ?? leftBefore(work, vertex);
  }
}

function leftBefore<V>({ before, done }: Work<V>, vertex: V): V {
  for (const sooner of before(vertex)) if (!done.has(sooner)) return sooner;
  throw new RangeError('what waits for nothing is no part of a loop');
}

function lastOf<V>(loop: readonly Edge<V>[], more: readonly Edge<V>[]): Edge<V> {
  const [first, ...rest] = loop;
  assert(first !== undefined, 'a loop has a new edge');
  return rest.reduce((last, edge) => (more.indexOf(edge) > more.indexOf(last) ? edge : last), first);
}

/**
 * What a stretch of a probe's record says: how many requests failed, how long nothing was answered, who answered. Pure.
 *
 * Outage: the time between the ends of two consecutive successes (in the order in which they ended) while some request
 * failed, that is, a failed one was under way at some moment of it; the longest of these. A service that was slow but
 * answered everything in time has an outage of 0 and a large `slowestMs`. One dead server among several costs failed
 * requests and hardly any outage.
 */
export interface Answer {
  /** When it was due, on the clock of `monotonicMs`. */
  readonly atMs: number;
  /** How late the probe itself was in sending it. */
  readonly lateMs: number;
  /** From sending to the end of the answer, or to giving up. */
  readonly tookMs: number;
  readonly ok: boolean;
  /** Who served it, as the page says; null: it does not say. */
  readonly by: string | null;
  /** Why it failed, in a word. */
  readonly error: string | null;
}

export interface Outcome {
  readonly requests: number;
  readonly failed: number;
  readonly outageMs: number;
  /** The slowest success. */
  readonly slowestMs: number;
  /** The probe's own worst lateness: times below this are not to be believed. */
  readonly lateMsMax: number;
  /** The last request of the window was answered. */
  readonly answering: boolean;
  /** Who answered how many, the busiest first. */
  readonly servedBy: readonly Share[];
  /** Failures by kind, the most frequent first. */
  readonly errors: readonly Share[];
}

export interface Share {
  readonly name: string;
  readonly count: number;
}

const sentMs = (answer: Answer): number => answer.atMs + answer.lateMs;
const endMs = (answer: Answer): number => sentMs(answer) + answer.tookMs;

/** The requests that were due from `fromMs` on and before `toMs`. */
export function measure(answers: readonly Answer[], fromMs: number, toMs: number): Outcome {
  const due = answers.filter((answer) => answer.atMs >= fromMs && answer.atMs < toMs).sort((a, b) => a.atMs - b.atMs);
  const good = due.filter((answer) => answer.ok);
  const failed = due.filter((answer) => !answer.ok);
  return {
    requests: due.length,
    failed: failed.length,
    outageMs: outage(good, failed, fromMs, toMs),
    slowestMs: largest(good.map((answer) => answer.tookMs)),
    lateMsMax: largest(due.map((answer) => answer.lateMs)),
    answering: due.at(-1)?.ok ?? false,
    servedBy: shares(good.map((answer) => answer.by ?? 'unknown')),
    errors: shares(failed.map((answer) => answer.error ?? 'unknown')),
  };
}

/** A gap that reaches over an edge of the window ends there: what lies outside belongs to another fault. */
function outage(good: readonly Answer[], failed: readonly Answer[], fromMs: number, toMs: number): number {
  const ends = good.map(endMs).sort((a, b) => a - b);
  const inOrder = [...failed].sort((a, b) => sentMs(a) - sentMs(b));
  let [longestMs, beginMs, hurtUntilMs, next] = [0, fromMs, -Infinity, 0];
  for (const finishMs of [...ends, Math.max(toMs, ends.at(-1) ?? toMs)]) {
    for (let one = inOrder[next]; one !== undefined && sentMs(one) < finishMs; one = inOrder[++next]) {
      hurtUntilMs = Math.max(hurtUntilMs, endMs(one));
    }
    if (hurtUntilMs > beginMs) longestMs = Math.max(longestMs, finishMs - beginMs);
    beginMs = finishMs;
  }
  return longestMs;
}

const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

function shares(names: readonly string[]): Share[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

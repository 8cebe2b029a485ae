/**
 * The watchdog resets this node when it is no longer fed. It is fed while the node may run what it runs, or has stopped it, or
 * still has time to: so a node whose lease is over and whose services do not stop in their time, and one whose daemon is dead or
 * held up, is reset by the end of the bound in `schedule/takeover.ts`.
 */
import { must } from '../../lib/assert.ts';
import { publish } from '../execute/services.ts';
import { hasQuorum, leaseEndMs } from '../membership/lease.ts';
import { type Cluster, guardsPromotion, isGuarded, type Ms, type Watchdog } from '../model.ts';
import type { WatchdogState } from '../ports.ts';
import { isDisarmed, isTimed, judgedBy } from '../quorum/standing.ts';
import { mayBePromoted } from '../roles.ts';
import { stopBudgetMs } from '../schedule/takeover.ts';
import { changed, emit, type NodeState, put, type Turn } from '../state.ts';

export const watchdogOf = ({ nodes }: Cluster, self: string): Watchdog | null =>
  nodes.find(({ id }) => id === self)?.watchdog ?? null;

/** Arms what the file names, and feeds it. Called with every tick. */
export function tendWatchdog(turn: Turn): void {
  const { state, nowMs } = turn;
  const wanted = watchdogOf(state.doc.cluster, state.self);
  // Others may know nothing yet of a file that takes it away, or lets it wait longer. What a former life armed goes on.
  const isHarmless = !runsGuarded(state) || !isTimed(state, nowMs);
  const isSure = state.doc === state.decided || (state.watchdog.wanted === undefined && isHarmless);
  // To arm it feeds it: a daemon that comes back too late leaves to what it armed before what that will do.
  if (!isSameWatchdog(wanted, state.watchdog.wanted) && isSure && mayFeed(state, nowMs)) {
    put(turn, { watchdog: { ...state.watchdog, wanted } });
    emit(turn, { kind: 'watch', watchdog: wanted });
  }
  const endMs = leaseEndMs(state, nowMs);
  if (endMs !== null && endMs > turn.state.leaseUntilMs) put(turn, { leaseUntilMs: endMs });
  if (turn.state.watchdog.state === 'armed' && mayFeed(turn.state, nowMs)) emit(turn, { kind: 'feed' });
}

export const isSameWatchdog = (a: Watchdog | null, b: Watchdog | null | undefined): boolean =>
  a === b || (a !== null && b != null && a.device === b.device && a.timeoutMs === b.timeoutMs);

/**
 * With another watchdog in the document: whoever hears that this node has the document hears with it that nothing is armed by it
 * yet, whatever the former one still does.
 */
export function retireWatchdog(turn: Turn): void {
  const { doc, self, watchdog, records } = turn.state;
  if (!isSameWatchdog(watchdogOf(doc.cluster, self), watchdog.wanted)) tellWatchdog(turn, 'none');
  // That document was taken back: what is armed is asked for again.
  else if (records.get(self)?.watchdog !== watchdog.state) put(turn, { watchdog: { ...watchdog, wanted: undefined } });
}

function mayFeed(state: NodeState, nowMs: Ms): boolean {
  if (state.resetting !== null) return isDisarmed(state, nowMs);
  // Where nothing is concluded from silence, it only guards against a daemon that hangs.
  if (!isTimed(state, nowMs) || hasQuorum(state, nowMs)) return true;
  const budgetMs = Math.min(...judgedBy(state).map(({ cluster }) => stopBudgetMs(cluster)));
  return !runsGuarded(state) || nowMs < state.leaseUntilMs + budgetMs;
}

/** Something runs here, or may, that is started elsewhere once this node must have stopped it. */
const runsGuarded = (state: NodeState): boolean =>
  [...state.local.values()].some(
    ({ running, record }) =>
      running !== null &&
      record.state !== 'stopped' &&
      (isGuarded(running) || (guardsPromotion(running) && mayBePromoted(record))),
  );

export function onWatchdog(turn: Turn, now: WatchdogState, because: string): void {
  const { state } = turn;
  const before = state.watchdog.state;
  put(turn, { watchdog: { ...state.watchdog, state: now } });
  if (before !== now) changed(turn, 'watchdog', before, now, because);
  tellWatchdog(turn, now);
}

function tellWatchdog(turn: Turn, now: WatchdogState): void {
  const { state } = turn;
  const own = must(state.records.get(state.self), 'our own record');
  if (own.watchdog === now) return;
  put(turn, { records: new Map(state.records).set(state.self, { ...own, watchdog: now }) });
  publish(turn);
}

/**
 * A node without quorum stops what it runs, by itself, dependents first: peers count on that after the lease. Once begun, it
 * goes on to the end, also when quorum returns: what was not stopped yet may have been started elsewhere meanwhile.
 *
 * A daemon that has just started leaves what it finds running alone for a short grace: joining takes a few beats. But what may be
 * started elsewhere after a lease (`takeover: lease`) only has the time that is left of its former life's lease.
 */
import type { Ms, Service, ServiceId } from '../model.ts';
import { isOvertaken } from '../operations.ts';
import { inMaintenance } from '../ports.ts';
import { isTimed, judgedBy, stopsAlone } from '../quorum/standing.ts';
import { noQuorumBecause } from '../quorum/words.ts';
import { type LocalService, type NodeState, put, type Turn } from '../state.ts';
import { watchdogOf } from '../watchdog/feed.ts';
import { beginStop } from './local.ts';
import { serviceOf } from './services.ts';

export function stopWithoutQuorum(turn: Turn, quorum: boolean): void {
  const { state, nowMs } = turn;
  if (quorum && !state.hadQuorum) put(turn, { hadQuorum: true });
  const isGrace = !state.hadQuorum && nowMs < state.graceUntilMs;
  if (!quorum && !state.purging && !isGrace && stopsAlone(state, nowMs)) put(turn, { purging: true });
  if (!quorum && !state.hadQuorum) distrust(turn);
  const { purging, distrusted } = turn.state;
  if (!purging && distrusted.size === 0) return;
  for (const [id, local] of state.local) {
    if (!purging && !distrusted.has(id)) continue;
    // What hangs must not use up the time to stop.
    if ((local.op !== null && !isOvertaken(local.op.verb)) || !mustStop(local) || isNeeded(turn.state, id)) continue;
    if (isLeft(turn.state, id)) continue;
    if (nowMs < local.retryStopMs) continue;
    beginStop(turn, id, purging ? whyPurged(turn.state, nowMs) : 'its lease ran out while the daemon was away');
  }
  if (quorum && hasStopped(turn.state)) put(turn, { purging: false });
  forgive(turn, quorum);
}

function whyPurged(state: NodeState, nowMs: Ms): string {
  return `no quorum: ${noQuorumBecause(state, nowMs) ?? 'it was thought to be off'}`;
}

/** Once the former life's lease is over, what it started under a lease may be running elsewhere. What needs it has to stop before it. */
function distrust(turn: Turn): void {
  const { state, nowMs } = turn;
  if (nowMs < state.leaseNotedMs || !isTimed(state, nowMs)) return;
  const found = [...state.local].filter(([, { running }]) => endsWithLease(state, running)).map(([id]) => id);
  const all = withDependents(state, found);
  if ([...all].some((id) => !state.distrusted.has(id)))
    put(turn, { distrusted: new Set([...state.distrusted, ...all]) });
}

function withDependents(state: NodeState, ids: readonly ServiceId[]): ReadonlySet<ServiceId> {
  const all = new Set(ids);
  // A set is walked to what was added meanwhile.
  for (const id of all)
    for (const [other, { running }] of state.local) if (running?.needs.includes(id) === true) all.add(other);
  return all;
}

/** Others may start it once enough time has passed. */
function endsWithLease(state: NodeState, service: Service | null): boolean {
  if (service?.takeover === 'lease') return true;
  return service?.takeover === 'fencing' && watchdogOf(state.doc.cluster, state.self) !== null;
}

/** What has stopped can be trusted again, and what may arrive is the coordinator's matter where there is one. */
function forgive(turn: Turn, quorum: boolean): void {
  const { distrusted, local } = turn.state;
  const isLeftToOthers = (known: LocalService): boolean => quorum && mayArrive(known);
  const left = [...distrusted].filter((id) => {
    const known = local.get(id);
    return known?.running != null && known.record.state !== 'blocked' && !isLeftToOthers(known);
  });
  if (left.length < distrusted.size) put(turn, { distrusted: new Set(left) });
}

/** It was stopped here, and may come again. A stop under way is not over: what this node stops by itself ends as `arriving`. */
const mayArrive = ({ record, retryStopMs }: LocalService): boolean => retryStopMs > 0 && record.state === 'arriving';

/** An operator works on it, and the others know. */
const isLeft = (state: NodeState, id: ServiceId): boolean =>
  judgedBy(state).every(({ admin }) => inMaintenance(admin, state.self, id));

/** Nothing is left that could be stopped: what is blocked waits for an operator, what may arrive for the coordinator, or for a look. */
function hasStopped(state: NodeState): boolean {
  return [...state.local].every(
    ([id, local]) =>
      local.record.state === 'stopped' ||
      local.record.state === 'blocked' ||
      (local.record.state === 'probing' && local.op === null) ||
      mayArrive(local) ||
      isLeft(state, id),
  );
}

/** What a former life started and nobody has seen stopped counts as running. */
function mustStop({ record, running }: LocalService): boolean {
  const { state } = record;
  if (state === 'stopped' || state === 'blocked' || state === 'stopping') return false;
  return (state !== 'probing' && state !== 'unknown') || running !== null;
}

/** Something on this node that needs it has not stopped yet. One whose stop failed, or that nobody may touch, is not waited for. */
function isNeeded(state: NodeState, id: ServiceId): boolean {
  for (const [other, local] of state.local) {
    if (isLeft(state, other)) continue;
    if (local.record.state === 'stopped' || local.record.state === 'blocked' || local.retryStopMs > 0) continue;
    const service = local.running ?? serviceOf(state, other);
    if (local.running !== null && service?.needs.includes(id) === true) return true;
  }
  return false;
}

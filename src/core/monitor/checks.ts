/** When is a service on this node looked at again, and when are its failures forgotten? */
import { forgetMsOf, secondsOf } from '../ask/index.ts';
import { hasFailed } from '../execute/failures.ts';
import { beginProbe, lookForArrival } from '../execute/local.ts';
import { launch, pardon, runningAs, serviceOf, setLocal, setRecord } from '../execute/services.ts';
import type { ServiceId } from '../model.ts';
import { failedCheck, leadsTo } from '../onFail.ts';
import { inMaintenance } from '../ports.ts';
import { dateMsOf, type LocalService, type Turn } from '../state.ts';
import { dueCheck, firstToSee, isDue } from './recurring.ts';

export function watchServices(turn: Turn): void {
  for (const [id, local] of turn.state.local) {
    if (local.op !== null) continue;
    if (inMaintenance(turn.state.doc.admin, turn.state.self, id)) {
      if (local.record.state === 'probing') setRecord(turn, id, { state: 'unknown' }, 'in maintenance nobody looks');
      continue;
    }
    if (local.record.state === 'unknown') probeAgain(turn, id, local);
    else if (local.record.state === 'probing') lookForArrival(turn, id);
    else if (local.record.state === 'running') checkIfDue(turn, id, local);
    forgetIfOld(turn, id, local);
  }
}

function probeAgain(turn: Turn, id: ServiceId, local: LocalService): void {
  if (turn.nowMs < local.nextCheckMs) return;
  beginProbe(turn, id, 'to see whether it runs already');
}

function checkIfDue(turn: Turn, id: ServiceId, local: LocalService): void {
  const { record } = local;
  const running = runningAs(turn.state, local);
  if (running === null || local.checkOpId !== null) return;
  const isPlain = running.checks.length === 0;
  const check = isPlain ? null : dueCheck(running, local, record.role, turn.nowMs);
  if (isPlain ? !isDue(local.nextCheckMs, running.check.everyMs, turn.nowMs) : check === null) return;
  setLocal(turn, id, { checkOpId: launch(turn, 'check', running, { check }).opId, checking: check });
}

function forgetIfOld(turn: Turn, id: ServiceId, local: LocalService): void {
  const { state, nowMs } = turn;
  if (local.record.failures === 0 || local.record.banned !== 'no') return;
  const service = serviceOf(state, id) ?? local.running;
  // What blocks it does so until somebody has looked.
  if (service === null || leadsTo(service, local.record) === 'block') return;
  const forgetMs = forgetMsOf(service, secondsOf(dateMsOf(state, nowMs)));
  if (forgetMs !== null && nowMs - local.lastFailureMs >= forgetMs) pardon(turn, id);
}

/** A driver saw a service end between two checks. */
export function onDied(turn: Turn, id: ServiceId, because: string): void {
  const local = turn.state.local.get(id);
  if (local === undefined || inMaintenance(turn.state.doc.admin, turn.state.self, id)) return;
  if (local.record.state === 'running' && local.op === null)
    hasFailed(
      turn,
      id,
      failedCheck(firstToSee(runningAs(turn.state, local), local.record.role)),
      because,
      local.record.role,
    );
}

/**
 * Both ends of a live migration. The target is told to expect it before the source begins, so that at no moment a copy may run
 * where no record says so. See docs/internals/roles.md.
 */
import { note } from '../membership/view.ts';
import type { Ms, NodeId, ServiceId } from '../model.ts';
import type { MigrationNote, NodeRecord, OpResult, Order, ServiceState } from '../ports.ts';
import { isKnownOff } from '../quorum/standing.ts';
import { isFresh, type NodeState, put, type Turn } from '../state.ts';
import { counted, failureOf } from './failures.ts';
import { isExpected, launch, localOf, publish, serviceOf, setLocal, setRecord, stamped, unlooked } from './services.ts';

/** Target: from now on it may run here, whatever becomes of the source. It counts as started, also for the next life of the daemon. */
export function expectArrival(turn: Turn, { serviceId, peer, because, dateS }: Order): void {
  if (peer !== null) expect(turn, serviceId, peer, because, dateS);
}

function expect(turn: Turn, id: ServiceId, peer: NodeId, because: string, dateS?: number): void {
  const service = serviceOf(turn.state, id, dateS);
  if (service === undefined) return;
  setLocal(turn, id, { running: service, retryStopMs: 0 });
  setRecord(turn, id, { state: 'arriving', digest: service.digest, role: 'unknown', peer, notice: null }, because);
}

/** Before anybody hears of it: a next life of the daemon sees only what runs here. */
export function noteMigrations(turn: Turn): void {
  const { local, migrations } = turn.state;
  const now: MigrationNote[] = [];
  for (const [service, known] of local) {
    const { peer } = known.record;
    if (peer !== null) now.push({ service, peer, isExpected: isExpected(known) });
  }
  if (now.length === migrations.length && now.every((each, i) => isSame(each, migrations[i]))) return;
  put(turn, { migrations: now });
  note(turn);
}

const isSame = (a: MigrationNote, b: MigrationNote | undefined): boolean =>
  a.service === b?.service && a.peer === b.peer && a.isExpected === b.isExpected;

/** The daemon begins: what a former life expected may still come, and what came or went may run at the other end too. */
export function rememberMigrations(turn: Turn): void {
  for (const { service: id, peer, isExpected: mayCome } of turn.state.migrations) {
    const service = serviceOf(turn.state, id) ?? null;
    const known = turn.state.local.get(id) ?? unlooked(mayCome ? service : null);
    if (service === null && known.running === null) continue;
    const expecting = { ...known.record, peer, ...(mayCome ? { state: 'arriving' as const } : {}) };
    const record = stamped(turn.state, known.record, expecting);
    put(turn, { local: new Map(turn.state.local).set(id, { ...known, record }) });
    publish(turn);
  }
}

/** Source. */
export function beginMigrateTo(turn: Turn, { serviceId, peer, because }: Order): void {
  const { running } = localOf(turn.state, serviceId);
  if (running === null || peer === null || peer === turn.state.self) return;
  setLocal(turn, serviceId, { op: launch(turn, 'migrateTo', running, { peer }), checkOpId: null });
  setRecord(turn, serviceId, { state: 'migrating', peer }, because);
}

/** Source: whatever came of it, what is left here has to be stopped; `peer` says where it may run too. */
export function migrateToDone(turn: Turn, id: ServiceId, result: OpResult): void {
  const failed = failureOf(result);
  const { peer } = localOf(turn.state, id).record;
  if (failed === null) return setRecord(turn, id, { state: 'moved' }, `${peer} has it`);
  const patch = { state: 'failed', role: 'unknown', ...counted(turn, id, null, failed) } as const;
  setRecord(turn, id, patch, `migration to ${peer} failed: ${failed.because}`);
}

/** Target. */
export function beginMigrateFrom(turn: Turn, { serviceId, peer, because, dateS }: Order): void {
  const service = serviceOf(turn.state, serviceId, dateS);
  if (service === undefined || peer === null || peer === turn.state.self) return;
  setLocal(turn, serviceId, { op: launch(turn, 'migrateFrom', service, { peer }), running: service, retryStopMs: 0 });
  setRecord(turn, serviceId, { state: 'migrating', digest: service.digest, peer, notice: null }, because);
}

/** It runs here; `peer` stays until the source is heard to have stopped: lost before that, it may run there too. */
export function migrateFromDone(turn: Turn, id: ServiceId, result: OpResult): void {
  const failed = failureOf(result);
  const { peer } = localOf(turn.state, id).record;
  if (failed === null) {
    const patch = { state: 'running', role: 'unpromoted', conflicts: 0 } as const;
    return setRecord(turn, id, patch, `taken over from ${peer}`);
  }
  const patch = { state: 'failed', role: 'unknown', peer: null, ...counted(turn, id, null, failed) } as const;
  setRecord(turn, id, patch, `migration from ${peer} failed: ${failed.because}`);
}

/**
 * Target, when it hears of the source: a daemon that was restarted meanwhile has looked, seen nothing, and would not know that
 * something is on its way, or has arrived after it looked.
 */
export function heardOfMigration(turn: Turn, before: NodeRecord | undefined, record: NodeRecord): void {
  heardOfSources(turn, before, record);
  const { self } = turn.state;
  for (const [id, { state, peer }] of Object.entries(record.services)) {
    if (peer !== self || !mayGive(state)) continue;
    const former = before?.boot === record.boot ? before.services[id] : undefined;
    if (former?.peer === peer && former.state === state) continue;
    const own = turn.state.local.get(id);
    // What is being looked for at this moment is looked for once more.
    if (own?.record.state === 'probing' && state !== 'migrating') setLocal(turn, id, { before: 'arriving' });
    if (own === undefined || own.op !== null || (own.record.state !== 'stopped' && own.record.state !== 'probing'))
      continue;
    if (state === 'migrating') expect(turn, id, record.node, `${record.node} gives it away to this node`);
    else setRecord(turn, id, { state: 'unknown' }, `${record.node} may have given it away to this node`);
  }
}

/**
 * A daemon that has no note of a former life does not know what that one expected. For as long as a live migration may take that began
 * before, it may come from whoever has not said yet that it gives nothing to this node, and is not off.
 */
export function mayComeUnknown(state: NodeState, id: ServiceId, nowMs: Ms): boolean {
  const { beganCold, startedAtMs, installed, self } = state;
  if (!beganCold) return false;
  const service = serviceOf(state, id);
  if (service === undefined || !service.migrates || nowMs - startedAtMs > service.startTimeoutMs + 1000) return false;
  const hasSaid = (node: NodeId): boolean => installed?.members.includes(node) === true && isFresh(state, node);
  return service.on.some((node) => node !== self && !hasSaid(node) && !isKnownOff(state, node));
}

const mayGive = (state: ServiceState): boolean =>
  state === 'migrating' || state === 'moved' || state === 'failed' || state === 'stopping' || state === 'stopped';

/** Nothing is left of it there. A record that skips what came between may be an old one that was late. */
function heardOfSources(turn: Turn, before: NodeRecord | undefined, { node, services }: NodeRecord): void {
  for (const [id, { record }] of turn.state.local) {
    if (record.peer !== node || record.state !== 'running' || services[id]?.state !== 'stopped') continue;
    const former = before?.services[id]?.state;
    if (former !== 'starting' && former !== 'running') setRecord(turn, id, { peer: null }, `${node} has stopped it`);
  }
}

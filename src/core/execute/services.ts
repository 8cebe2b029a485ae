/** The services of this node: their table, and the record of it that all nodes get a copy of. */
import { must } from '../../lib/assert.ts';
import { inForce } from '../ask/index.ts';
import { asOn, digestOn } from '../definition.ts';
import { type RecurringCheck, type Service, type ServiceId, timeLimitOf } from '../model.ts';
import {
  type Admin,
  type AgentOp,
  inMaintenance,
  type NodeRecord,
  type Noted,
  type ServiceRecord,
  type Verb,
} from '../ports.ts';
import {
  changed,
  compareVersions,
  emit,
  type LocalService,
  type NodeState,
  noVersion,
  put,
  type Turn,
} from '../state.ts';

/** Of a service that nobody has looked at yet. */
export const blankRecord: ServiceRecord = {
  state: 'unknown',
  digest: null,
  failures: 0,
  lastFailure: null,
  failed: null,
  banned: 'no',
  conflicts: 0,
  drained: [],
  role: 'unknown',
  promotion: null,
  peer: null,
  changed: 0,
  notice: null,
  order: null,
};

/** A service that nobody has looked at yet; `running` if a former life of the daemon started it. */
export const unlooked = (running: Service | null): LocalService => ({
  record: { ...blankRecord, digest: running?.digest ?? null },
  running,
  isFound: false,
  hasPromoted: false,
  op: null,
  checkOpId: null,
  nextCheckMs: 0,
  dueMs: [],
  checking: null,
  before: 'unknown',
  lastFailureMs: 0,
  retryStopMs: 0,
  lookAgainMs: 0,
});

/** With what rules say of it now, or on a date that somebody else went by; with its definition on this node. */
export function serviceOf(state: NodeState, id: ServiceId, dateS = state.dateS): Service | undefined {
  const service = inForce(state.doc.cluster, dateS).services.find((each) => each.id === id);
  return service === undefined ? undefined : asOn(service, state.self);
}

/** What runs here, with what the file says of it by now where it is still the same definition: null, nothing runs. */
export function runningAs(state: NodeState, { running }: Pick<LocalService, 'running'>): Service | null {
  const now = running === null ? undefined : serviceOf(state, running.id);
  return now !== undefined && now.digest === running?.digest ? now : running;
}

export const localOf = (state: NodeState, id: ServiceId): LocalService =>
  must(state.local.get(id), `service ${id} on ${state.self}`);

/** Brings the table in line with the cluster file: new services are unknown, gone ones stay until they have stopped. */
export function syncServices(turn: Turn): void {
  const { state } = turn;
  const local = new Map<ServiceId, LocalService>();
  // Where it was named before, others wait for a look, also after this daemon's own notes are lost.
  const mayRun = state.doc.admin.stray[state.self]?.mayRun ?? [];
  for (const service of state.doc.cluster.services) {
    const known = state.local.get(service.id);
    if (known !== undefined) local.set(service.id, known);
    else if (service.on.includes(state.self) || mayRun.includes(service.id)) local.set(service.id, unlooked(null));
  }
  for (const [id, known] of state.local) if (!local.has(id) && isActive(known)) local.set(id, known);
  const same = local.size === state.local.size && [...local.keys()].every((id) => state.local.has(id));
  if (same) return;
  put(turn, { local });
  publish(turn);
}

/** Another node may give it away to this one, also while it is being stopped in vain. */
export const isExpected = ({ record, before }: Pick<LocalService, 'record' | 'before'>): boolean =>
  record.state === 'arriving' || (record.state === 'stopping' && before === 'arriving');

export const isActive = (local: Pick<LocalService, 'record' | 'op'>): boolean =>
  local.record.state !== 'stopped' || local.op !== null;

/** A new definition gets a new chance: what failed with the old one says nothing about it. */
export function pardonChanged(turn: Turn, before: NodeState): void {
  const { self, doc, dateS, local } = turn.state;
  const former = new Map(inForce(before.doc.cluster, before.dateS).services.map((each) => [each.id, each]));
  for (const service of inForce(doc.cluster, dateS).services) {
    const was = former.get(service.id);
    if (was !== undefined && digestOn(was, self) !== digestOn(service, self) && local.has(service.id))
      pardon(turn, service.id);
  }
}

/** After a maintenance nobody knows what was done by hand: look again at what it was about. */
export function lookAgain(turn: Turn, before: Admin): void {
  const { self, doc, local } = turn.state;
  if (doc.admin.maintenance === before.maintenance) return;
  for (const [id, { op, record }] of local) {
    if (op !== null || record.state === 'unknown') continue;
    if (inMaintenance(before, self, id) && !inMaintenance(doc.admin, self, id))
      setRecord(turn, id, { state: 'unknown' }, 'its maintenance is over');
  }
}

/** What a cleanup makes a node look at again. */
export const isInDoubt = (state: ServiceRecord['state']): boolean =>
  state === 'blocked' || state === 'failed' || state === 'stopped';

export function pardon(turn: Turn, id: ServiceId): void {
  const { record } = localOf(turn.state, id);
  if (record.failures === 0 && record.banned === 'no' && record.lastFailure === null) return;
  setRecord(turn, id, { failures: 0, lastFailure: null, failed: null, banned: 'no' }, 'failures forgotten');
}

/** Changes the record; a changed state or role is told with its reason. Of what nobody knows the state, nobody knows the role. */
export function setRecord(turn: Turn, id: ServiceId, patch: Partial<ServiceRecord>, because: string): void {
  const before = localOf(turn.state, id);
  const role = patch.role ?? (patch.state === 'unknown' ? 'unknown' : before.record.role);
  const hasPromoted = before.hasPromoted && role !== 'unpromoted';
  const notice = patch.notice === undefined ? noticeIn(patch.state, before.record) : patch.notice;
  const patched = foundOrNot({ ...before.record, ...patch, role, notice }, hasPromoted);
  const record = stamped(turn.state, before.record, patched);
  put(turn, { local: new Map(turn.state.local).set(id, { ...before, record, hasPromoted }) });
  if (hasPromoted !== before.hasPromoted) saveLedger(turn);
  const [from, to] = [standing(before.record), standing(record)];
  if (from !== to) changed(turn, `service ${id} on ${turn.state.self}`, from, to, because);
  publish(turn);
}

/** What nobody here has promoted is found promoted, if it is. */
function foundOrNot(record: ServiceRecord, hasPromoted: boolean): ServiceRecord {
  const isFound = record.role === 'promoted' && !hasPromoted;
  return isFound === (record.foundPromoted ?? false) ? record : { ...record, foundPromoted: isFound };
}

/** What cannot hear the end of a round any more counts as told: when it serves again it is in none. */
function noticeIn(state: ServiceRecord['state'] | undefined, { notice }: ServiceRecord): ServiceRecord['notice'] {
  const isDeaf = state === 'failed' || state === 'unknown' || state === 'blocked';
  return isDeaf && notice?.type === 'pre' ? { ...notice, type: 'post' } : notice;
}

/** With the version that the next `publish` gives to it, if it says something else of where the service may run. */
export const stamped = (state: NodeState, before: ServiceRecord, record: ServiceRecord): ServiceRecord =>
  before.state === record.state && before.peer === record.peer
    ? record
    : { ...record, changed: state.recordVersion + 1 };

const standing = ({ state, role }: ServiceRecord): string =>
  state === 'running' && role === 'promoted' ? 'promoted' : state;

/** Changes what only this node knows. Another definition that runs is one that was started, unless it is said to be found. */
export function setLocal(turn: Turn, id: ServiceId, patch: Partial<Omit<LocalService, 'record'>>): void {
  const before = localOf(turn.state, id);
  const isFound = patch.isFound ?? (patch.running === undefined && before.isFound);
  put(turn, { local: new Map(turn.state.local).set(id, { ...before, ...patch, isFound }) });
  const isOther = patch.running !== undefined && patch.running !== before.running;
  const isPromotedNow = patch.hasPromoted === true && !before.hasPromoted;
  if (isOther || isFound !== before.isFound || isPromotedNow) saveLedger(turn);
}

function saveLedger(turn: Turn): void {
  const services = [...turn.state.local.values()].flatMap(({ running, isFound, hasPromoted }): readonly Noted[] => {
    if (running === null) return [];
    return [{ ...running, ...(isFound ? { found: true } : {}), ...(hasPromoted ? { promoted: true } : {}) }];
  });
  emit(turn, { kind: 'saveLedger', services });
}

export function publish(turn: Turn): void {
  const { state } = turn;
  const services: Record<ServiceId, ServiceRecord> = {};
  for (const [id, local] of state.local) services[id] = local.record;
  const version = state.recordVersion + 1;
  const { watchdog, fencings } = must(state.records.get(state.self), 'our own record');
  const record: NodeRecord = { node: state.self, boot: state.boot, version, services, watchdog, fencings };
  put(turn, { recordVersion: version, records: new Map(state.records).set(state.self, record) });
}

interface Launch {
  readonly handFrom?: AgentOp['handFrom'];
  readonly handTo?: AgentOp['handTo'];
  readonly drained?: AgentOp['drained'];
  readonly peer?: AgentOp['peer'];
  readonly notice?: AgentOp['notice'];
  readonly check?: RecurringCheck | null;
}

/** Hands an operation to the driver. Its result comes back as an `opDone` event. */
export function launch(turn: Turn, verb: Verb, service: Service, with_: Launch = {}): AgentOp {
  const op: AgentOp = {
    opId: turn.state.nextOpId,
    verb,
    service,
    timeoutMs: with_.check?.timeoutMs ?? timeLimitHere(turn.state, verb, service),
    handFrom: with_.handFrom ?? null,
    handTo: with_.handTo ?? null,
    drained: with_.drained ?? [],
    role: turn.state.local.get(service.id)?.record.role ?? 'unknown',
    peer: with_.peer ?? null,
    notice: with_.notice ?? null,
    ...(with_.check == null ? {} : { check: with_.check }),
  };
  put(turn, { nextOpId: op.opId + 1 });
  emit(turn, { kind: 'run', op });
  return op;
}

/**
 * Others count on the times of the file, also of what was started by a former one. Of a newer file they may know nothing, and a
 * daemon that has just started does not know the former one: then what it started says how long a stop may take.
 */
function timeLimitHere(state: NodeState, verb: Verb, service: Service): number {
  const inFile = serviceOf(state, service.id) ?? service;
  if (verb !== 'stop') return timeLimit(verb, inFile);
  const { decided } = state;
  const isUnknown = decided !== state.doc && compareVersions(decided.version, noVersion) === 0;
  const before = isUnknown ? service : (decided.cluster.services.find(({ id }) => id === service.id) ?? inFile);
  return Math.min(inFile.stopTimeoutMs, before.stopTimeoutMs);
}

function timeLimit(verb: Verb, service: Service): number {
  switch (verb) {
    case 'stop':
      return service.stopTimeoutMs;
    case 'start':
    case 'reload':
      return service.startTimeoutMs;
    case 'promote':
    case 'demote':
    case 'migrateTo':
    case 'migrateFrom':
    case 'notify':
      return timeLimitOf(service, verb);
    case 'probe':
    case 'check':
    case 'tune':
      return service.check.timeoutMs;
  }
}

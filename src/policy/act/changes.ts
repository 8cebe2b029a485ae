/** What the history says against today's configuration: restarts, reloads, cancels and clean-ups because of what has changed. */
import { Implies } from '../actions.ts';
import { changeOf, followsContainer } from '../digest/index.ts';
import { operationOf } from '../digest/operations.ts';
import type { AgentName, HistoryOperation, ResourceHistory } from '../input.ts';
import { inCallOrder } from '../situate/callOrder.ts';
import type { NodeIndex, Resource } from '../situation.ts';
import {
  currentNode,
  type Draft,
  demandKey,
  failuresOn,
  isFailed,
  isManaged,
  isRemote,
  isStartPending,
  type NodeNow,
  nodeAt,
  recurringKey,
  resourceAt,
  targetOf,
  topOf,
} from './draft.ts';
import { unfence } from './fence.ts';
import { make } from './make.ts';
import { isInMaintenance, makeCancel } from './recurring.ts';

/** What runs again and again now, as far as the node still tells. */
export function noteRecurring(draft: Draft, resource: Resource): void {
  for (const [node, history] of resource.history)
    if (nodeAt(draft, node).online && history.some(({ intervalMs }) => intervalMs > 0))
      for (const record of entriesOf(draft, resource, node).flatMap(sinceStart))
        if (record.intervalMs > 0 && record.status !== -1) noteOne(draft, resource, node, record);
}

/** Behind a connection it counts as an action: it is begun anew with the connection, wherever the resource goes (as in Pacemaker). */
function noteOne(draft: Draft, resource: Resource, node: NodeIndex, { operation, intervalMs }: HistoryOperation): void {
  draft.recurring.set(recurringKey(resource.index, operation, intervalMs, node), false);
  if (operation === 'monitor' && isRemote(nodeAt(draft, node)))
    make(draft, resource, { task: 'monitor', node, intervalMs, isOptional: true });
}

/** Several names of one anonymous instance have histories of their own. */
function entriesOf(draft: Draft, resource: Resource, node: NodeIndex): readonly (readonly HistoryOperation[])[] {
  const history = resource.history.get(node) ?? [];
  if (resource.historyIds.length === 0) return [history];
  const entries = draft.histories.get(nodeAt(draft, node).is.name) ?? [];
  return entries.map((entry) => partOf(history, entry)).filter((part) => part.length > 0);
}

function partOf(history: readonly HistoryOperation[], { operations }: ResourceHistory): readonly HistoryOperation[] {
  const ids = new Set(operations.map(({ id }) => id));
  return history.filter(({ id }) => ids.has(id));
}

/** All of an entry, also if it was another instance's: what is not in the history of this one is taken as it is written. */
function asRead(history: readonly HistoryOperation[], { operations }: ResourceHistory): readonly HistoryOperation[] {
  const read = new Map(history.map((operation) => [`${operation.id} ${operation.callId}`, operation]));
  return inCallOrder(operations).map((operation) => read.get(`${operation.id} ${operation.callId}`) ?? operation);
}

interface Span {
  readonly start: number;
  readonly stop: number;
}

/** Indices of the last start (or of what amounts to one) and of the last stop; -1: none. */
function spanOf(history: readonly HistoryOperation[]): Span {
  let start = -1;
  let stop = -1;
  let impliedByMonitor = -1;
  let impliedByRole = -1;
  for (const [at, { operation, status, rc }] of history.entries()) {
    if (operation === 'stop' && status === 0) stop = at;
    else if (operation === 'start' || operation === 'migrate_from') start = at;
    else if (operation === 'monitor' && impliedByMonitor <= stop && (rc === 0 || rc === 8)) impliedByMonitor = at;
    else if (operation === 'promote' || operation === 'demote') impliedByRole = at;
  }
  if (start < 0) start = impliedByRole >= 0 ? impliedByRole : impliedByMonitor;
  return { start, stop };
}

/** What has been done since the last start; what stands behind a later stop was left running there. */
function sinceStart(history: readonly HistoryOperation[]): readonly HistoryOperation[] {
  const { start, stop } = spanOf(history);
  return history.slice(start < stop ? stop + 1 : Math.max(start, 0));
}

/** Of nodes that can act; in maintenance, only to end what recurs. */
export function checkHistories(draft: Draft): void {
  const byHistoryId = primitivesByHistoryId(draft);
  for (const { name, index } of draft.situation.nodes) {
    const node = nodeAt(draft, index);
    if (!node.is.maintenance && !isAvailable(node)) continue;
    for (const history of draft.histories.get(name) ?? [])
      if (history.operations.length > 0)
        for (const resource of byHistoryId.get(history.id) ?? []) checkHistory(draft, resource, node, history);
  }
}

const isAvailable = ({ is, online, unclean, shuttingDown }: NodeNow): boolean =>
  online && !unclean && !shuttingDown && !is.standby && !is.standbyOnFail && !is.maintenance;

function primitivesByHistoryId({ situation }: Draft): ReadonlyMap<string, readonly Resource[]> {
  const found = new Map<string, Resource[]>();
  for (const resource of situation.resources) {
    if (resource.kind !== 'primitive') continue;
    for (const id of new Set([resource.id, resource.historyId, ...resource.historyIds])) {
      const list = found.get(id);
      if (list === undefined) found.set(id, [resource]);
      else list.push(resource);
    }
  }
  return found;
}

function checkHistory(draft: Draft, resource: Resource, node: NodeNow, history: ResourceHistory): void {
  const { index } = node.is;
  if (resource.orphan) {
    if (!isAnonymousClone(topOf(draft, resource))) scheduleCleanUp(draft, resource, index, false);
    return;
  }
  const isActive = resource.runningOn.includes(index);
  if (resource.agent !== null && !isSameAgent(resource.agent, history.agent)) {
    unfence(draft, resource, index, 'device definition changed');
    if (isActive) {
      make(draft, resource, { task: 'stop', node: index, because: 'agent changed' });
      draft.startPending.add(resource.index);
    }
    scheduleCleanUp(draft, resource, index, false);
  }
  if (isActive) checkOperations(draft, resource, node, history);
}

const isAnonymousClone = ({ kind, meta }: Resource): boolean => kind === 'clone' && !meta.isUnique;

const isSameAgent = (a: AgentName, b: AgentName): boolean =>
  a.standard === b.standard && a.provider === b.provider && a.type === b.type;

const checked = new Set(['monitor', 'start', 'promote', 'migrate_from']);

function checkOperations(draft: Draft, resource: Resource, node: NodeNow, entry: ResourceHistory): void {
  const all = resource.history.get(node.is.index) ?? [];
  const history = resource.historyIds.length === 0 ? all : asRead(all, entry);
  const { start, stop } = spanOf(history);
  if (start < stop) return;
  for (const record of history.slice(Math.max(start, 0))) {
    const isRecurring = record.intervalMs > 0;
    if (isRecurring && (isInMaintenance(draft, resource) || node.is.maintenance))
      cancelAfterStop(draft, resource, record, node.is.index);
    else if ((isRecurring || checked.has(record.operation)) && checkOperation(draft, resource, node, record))
      if (failuresOn(resource, node.is.index) > 0)
        clearFailures(draft, resource, node.is.index, 'action definition changed');
  }
}

/** True: the definition of the operation has changed since. */
function checkOperation(draft: Draft, resource: Resource, node: NodeNow, record: HistoryOperation): boolean {
  const { operation, intervalMs } = record;
  if (intervalMs > 0 && operationOf(resource, operation, intervalMs) === null) {
    if (draft.situation.options.stopOrphanActions) cancelAfterStop(draft, resource, record, node.is.index);
    return true;
  }
  const change = changeOf(draft.situation, resource, node.is, record, addressOf(draft, resource));
  if (change === 'none') return false;
  if (change === 'restart') demandRestart(draft, resource, record, node.is.index);
  else if (intervalMs > 0) reschedule(draft, resource, record, node.is.index);
  else if (record.restartDigest !== null) {
    unfence(draft, resource, node.is.index, 'device parameters changed (reload)');
    scheduleReload(draft, resource, node.is.index);
  } else demandRestart(draft, resource, record, node.is.index);
  return true;
}

/** Where the container will be, or is if it is to be nowhere; null: the connection has an address of its own. */
export function addressOf(draft: Draft, connection: Resource): string | null {
  if (connection.container === null || !followsContainer(draft.situation, connection)) return null;
  const container = resourceAt(draft, connection.container);
  const host = targetOf(draft, container) ?? currentNode(draft, container);
  return host === null ? null : nodeAt(draft, host).is.name;
}

/** What it was once started, probed or promoted with is what a start would be given. */
function demandRestart(draft: Draft, resource: Resource, record: HistoryOperation, node: NodeIndex): void {
  const task = record.intervalMs === 0 && checked.has(record.operation) ? 'start' : record.operation;
  draft.demanded.set(demandKey(resource.index, task, record.intervalMs), 'resource definition change');
  unfence(draft, resource, node, 'device parameters changed');
}

function reschedule(draft: Draft, resource: Resource, record: HistoryOperation, node: NodeIndex): void {
  unfence(draft, resource, node, 'device parameters changed (reschedule)');
  draft.recurring.set(recurringKey(resource.index, record.operation, record.intervalMs, node), true);
}

/** Where the start is still under way, a restart is surer. */
function scheduleReload(draft: Draft, resource: Resource, node: NodeIndex): void {
  if (!isManaged(draft, resource) || isFailed(draft, resource)) return;
  if (isStartPending(draft, resource)) {
    make(draft, resource, { task: 'stop', node });
    return;
  }
  const reload = make(draft, resource, { task: 'reload-agent', node, because: 'resource definition change' });
  for (const task of ['stop', 'demote'] as const)
    draft.orderings.push({
      first: { action: reload },
      second: { resource: resource.index, task },
      implies: Implies.order | Implies.secondCancelsFirst,
    });
}

function cancelAfterStop(draft: Draft, resource: Resource, record: HistoryOperation, node: NodeIndex): void {
  const cancel = makeCancel(draft, resource, record.operation, record.intervalMs, node);
  draft.orderings.push({
    first: { resource: resource.index, task: 'stop' },
    second: { action: cancel },
    implies: Implies.order,
  });
}

export function clearFailures(draft: Draft, resource: Resource, node: NodeIndex, because: string) {
  return make(draft, resource, { task: 'clear_failcount', node, because });
}

/** Deletes the record of the resource on the node, after a stop and before a start. */
export function scheduleCleanUp(draft: Draft, resource: Resource, node: NodeIndex, isOptional: boolean): void {
  const { online, unclean } = nodeAt(draft, node);
  if (isFailed(draft, resource) || unclean || !online) return;
  make(draft, resource, { task: 'delete', node, isOptional });
  const implies = isOptional ? Implies.second : Implies.order;
  const { index } = resource;
  draft.orderings.push(
    { first: { resource: index, task: 'stop' }, second: { resource: index, task: 'delete' }, implies },
    { first: { resource: index, task: 'delete' }, second: { resource: index, task: 'start' }, implies },
  );
}

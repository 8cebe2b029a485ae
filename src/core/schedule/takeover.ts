/**
 * May a service be started while a node that is listed in its `on` is lost, and may still run it?
 *
 * Being lost proves nothing: the node may be cut off and healthy. Only time (it stops by itself when its lease has run
 * out) or power (fencing) does.
 */
import { assert } from '../../lib/assert.ts';
import {
  type Cluster,
  guardsPromotion,
  isGuarded,
  type Ms,
  type NodeId,
  type Service,
  type ServiceId,
} from '../model.ts';
import { isLeftBehind, mayRunBy, type ServiceRecord, type ServiceState } from '../ports.ts';
import { mayBePromoted } from '../roles.ts';
import { type Graph, graphOf, neededBy } from './graph.ts';
import type { Held, Plan, PlannedAction, ScheduleInput } from './plan.ts';
import { isMember } from './seen.ts';
import { durationText } from './words.ts';

export interface Wait {
  readonly because: string;
  /** Null: until something else happens. */
  readonly untilMs: Ms | null;
  /** Nodes whose fencing would end it. */
  readonly fence: readonly NodeId[];
}

/** How often a node without quorum stops anew what may arrive (see local.ts). */
const restopMs = 1000;

/** A service that is not in it has nothing to wait for. */
export type Waits = ReadonlyMap<ServiceId, Wait>;

export function takeoverWaits(graph: Graph, input: ScheduleInput, held: Held): Waits {
  const waits = new Map<ServiceId, Wait>();
  for (const service of graph.cluster.services) {
    const wait = isGuarded(service) ? startWait(graph, input, service, held) : null;
    if (wait !== null) waits.set(service.id, wait);
  }
  return waits;
}

/** The same for promotions: with one promoted copy at most, whoever saw one on a member knows that no lost node has another. */
export function promotionWaits(graph: Graph, input: ScheduleInput, held: Held): Waits {
  const waits = new Map<ServiceId, Wait>();
  for (const service of graph.cluster.services) {
    const wait = guardsPromotion(service) ? promotionWait(graph, input, service, held) : null;
    if (wait !== null) waits.set(service.id, wait);
  }
  return waits;
}

function startWait(graph: Graph, input: ScheduleInput, service: Service, held: Held): Wait | null {
  const lost = held.get(service.id)?.ran === true ? [] : lostWaits(graph, input, service, held);
  return longestOf([...claims(graph, input, service, held, saysItRuns), ...lost], input.nowMs);
}

function promotionWait(graph: Graph, input: ScheduleInput, service: Service, held: Held): Wait | null {
  const lost = isHeldPromoted(service, held) ? [] : lostWaits(graph, input, service, held);
  return longestOf([...claims(graph, input, service, held, saysItIsPromoted), ...lost], input.nowMs);
}

const isHeldPromoted = ({ id, promotable }: Service, held: Held): boolean =>
  promotable?.max === 1 && held.get(id)?.promoted === true;

/**
 * Said once more of the finished plan, whatever the passes between made of the waits: nothing that must not run twice starts while a
 * lost node may still run it, and no second copy of it is promoted.
 */
export function assertNoSecondOwner(graph: Graph, input: ScheduleInput, held: Held, actions: Plan['actions']): void {
  for (const action of actions) {
    const { verb, service: id, on, blocked } = action;
    const service = blocked === null ? graph.services.get(id) : undefined;
    if (service === undefined) continue;
    if (verb === 'promote') assertNoSecondPromoted(graph, input, held, service, action);
    if (!isGuarded(service)) continue;
    assertNoThirdParty(input, service, action);
    if (verb !== 'start' && verb !== 'migrateTo') continue;
    const wait = startWait(graph, input, service, held);
    assert(wait === null, `${verb} of ${id} on ${on} although ${wait?.because ?? ''}`);
  }
}

/** Of what begins to run now, no copy may run but the other end of its own migration. */
function assertNoThirdParty({ view, records }: ScheduleInput, { id }: Service, action: PlannedAction): void {
  const { verb, on, after, peer = null } = action;
  if ((verb !== 'start' && verb !== 'migrateTo' && verb !== 'migrateFrom') || after.length > 0) return;
  const stateOn = (node: NodeId): ServiceState => records.get(node)?.services[id]?.state ?? 'unknown';
  const others = view.members.filter((node) => node !== on && node !== peer && isOrMayCome(stateOn(node)));
  assert(others.length === 0, `${verb} of ${id} on ${on} although it may run on ${others.join(' and ')}`);
  if (verb === 'migrateTo')
    assert(peer !== null && stateOn(peer) === 'arriving', `${id} goes to ${peer} only where it is expected`);
  if (verb === 'migrateFrom')
    assert(peer !== null && stateOn(peer) === 'moved', `${id} comes from ${peer} only when that has given it away`);
}

/** What nobody has looked at is looked at first, by other edges. */
const isOrMayCome = (state: ServiceState): boolean =>
  state !== 'stopped' && state !== 'unknown' && state !== 'probing' && state !== 'stopping' && state !== 'blocked';

function assertNoSecondPromoted(
  graph: Graph,
  input: ScheduleInput,
  held: Held,
  service: Service,
  { on, after }: PlannedAction,
): void {
  if (!guardsPromotion(service)) return;
  const { id } = service;
  const wait = promotionWait(graph, input, service, held);
  assert(wait === null, `${id} is promoted on ${on} although ${wait?.because ?? ''}`);
  if (after.length > 0) return;
  const others = input.view.members.filter((node) => node !== on && mayBePromotedOn(input, service, node));
  assert(
    others.length < (service.promotable?.max ?? 1),
    `${id} is promoted on ${on} although it may be on ${others.join(' and ')}`,
  );
}

function mayBePromotedOn({ records }: ScheduleInput, { id, on }: Service, node: NodeId): boolean {
  const record = records.get(node)?.services[id];
  if (!on.includes(node) && !mayRunBy(record)) return false;
  return record === undefined || mayBePromoted(record);
}

/** For each node that may still run it: those of its list, and those that a migration went to or came from. */
function lostWaits(graph: Graph, input: ScheduleInput, service: Service, held: Held): readonly Wait[] {
  const { view, admin } = input;
  const mayRun = new Set([...service.on, ...peersOf(input, service), ...leftBehind(input, service)]);
  return [...mayRun]
    .filter((node) => graph.nodeIndex.has(node) && !isMember(view, node) && !Object.hasOwn(admin.off, node))
    .map((node) => nodeWait(graph, input, service, node, held, input.lost.get(node) ?? input.nowMs));
}

function longestOf(waits: readonly Wait[], nowMs: Ms): Wait | null {
  const endless = waits.find(({ untilMs }) => untilMs === null);
  const longest = endless ?? waits.toSorted((a, b) => (b.untilMs ?? 0) - (a.untilMs ?? 0))[0];
  if (longest === undefined || (longest.untilMs !== null && longest.untilMs <= nowMs)) return null;
  return { ...longest, fence: waits.flatMap((wait) => wait.fence) };
}

/**
 * No time and no power proves anything of a node that is heard and says that it runs it: a machine that was off may have begun a new
 * life in which an operator, or its own start-up, has started it. When it is not heard any more it is lost like others, whatever
 * the document says of its former life.
 */
function claims(
  graph: Graph,
  input: ScheduleInput,
  service: Service,
  held: Held,
  says: (record: ServiceRecord) => boolean,
): readonly Wait[] {
  const waits: Wait[] = [];
  for (const [node, { record, silentSinceMs }] of input.outsiders ?? []) {
    const its = record.services[service.id];
    if (its === undefined || !says(its)) continue;
    waits.push(
      silentSinceMs === null
        ? heardWait(graph, input, service, node, its.state)
        : nodeWait(graph, input, service, node, held, silentSinceMs),
    );
  }
  return waits;
}

function heardWait(graph: Graph, { admin }: ScheduleInput, { id }: Service, node: NodeId, state: ServiceState): Wait {
  const isLeft = Object.hasOwn(admin.maintenance.nodes, node);
  // Nobody is switched off for a look, which is over in a moment.
  const canFence = !isLeft && state !== 'probing' && canBeFenced(graph, node);
  const may = `${node} is heard, is not in the view, and may run ${id}: its daemon calls it ${state}`;
  if (canFence || state === 'probing') return { because: may, untilMs: null, fence: canFence ? [node] : [] };
  const then = `stop it there, or switch ${node} off and say so: sempre node confirm-off ${node} --reason ...`;
  return { because: `${may}; ${then}`, untilMs: null, fence: [] };
}

/** What has been given away, and what may arrive, is counted from the other end of the migration. */
const saysItRuns = (record: ServiceRecord): boolean =>
  mayRunBy(record) && record.state !== 'moved' && record.state !== 'arriving';

const saysItIsPromoted = (record: ServiceRecord): boolean => saysItRuns(record) && mayBePromoted(record);

const canBeFenced = ({ cluster }: Graph, node: NodeId): boolean =>
  (cluster.nodes.find(({ id }) => id === node)?.fence.length ?? 0) > 0;

function peersOf({ view, records }: ScheduleInput, { id }: Service): readonly NodeId[] {
  return view.members.flatMap((node) => records.get(node)?.services[id]?.peer ?? []);
}

/** Nodes that a former file named. */
const leftBehind = ({ admin }: ScheduleInput, { id }: Service): readonly NodeId[] =>
  Object.keys(admin.stray).filter((node) => isLeftBehind(admin, node, id));

/**
 * A target that is cut off stops what may arrive again and again, since it does not hear when the source has ended: its stop time
 * counts from the source's end on.
 */
function givenUntilMs(held: Held, { id, stopTimeoutMs }: Service, node: NodeId): Ms {
  const given = held.get(id)?.given;
  return given?.to === node ? given.atMs + restopMs + stopTimeoutMs : 0;
}

function nodeWait(graph: Graph, input: ScheduleInput, service: Service, node: NodeId, held: Held, sinceMs: Ms): Wait {
  const { admin } = input;
  const lostAtMs = Math.max(sinceMs, givenUntilMs(held, service, node));
  const file = graph.cluster.nodes.find(({ id }) => id === node);
  const canFence = canBeFenced(graph, node);
  const stray = Object.hasOwn(admin.stray, node) ? admin.stray[node] : undefined;
  const work = Object.hasOwn(admin.maintenance.nodes, node) ? admin.maintenance.nodes[node] : undefined;
  // Nothing is stopped there, nor is it switched off under whoever works on it.
  if (work !== undefined)
    return { because: needsOff(service, node, false, `in maintenance: ${work.because}`), untilMs: null, fence: [] };
  const isTimed = input.provable && stray === undefined;
  if (isTimed && service.takeover === 'lease') {
    const waitMs = leaseWaitMs(graph, service);
    const because = `${node} is lost and may still run ${service.id} until its lease and stop time are over, ${durationText(waitMs)} after it was lost`;
    return { because, untilMs: lostAtMs + waitMs, fence: [] };
  }
  const fence = canFence ? [node] : [];
  if (isTimed && file?.watchdog != null && input.watched.has(node)) {
    const waitMs = watchdogWaitMs(graph, file.watchdog.timeoutMs);
    const because = `${node} is lost and may still run ${service.id} until it has stopped or its watchdog has reset it, ${durationText(waitMs)} after it was lost`;
    return { because, untilMs: lostAtMs + waitMs, fence };
  }
  return { because: needsOff(service, node, canFence, stray?.because), untilMs: null, fence };
}

function needsOff(service: Service, node: NodeId, canFence: boolean, stray: string | undefined): string {
  const may = `${node} is lost and may still run ${service.id}${stray === undefined ? '' : ` (${stray})`}`;
  const how = canFence ? 'it has to be fenced, or confirmed off' : 'it has to be confirmed off';
  return `${may}; ${how}: sempre node confirm-off ${node} --reason ...`;
}

/**
 * From when on a node that is lost since `lostAtMs` (our clock) has stopped `service` by itself.
 *
 * - Its last lease was granted before it was lost, so it ends within `deadMs` of its own clock.
 * - Then it stops what it runs, dependents first: the service's own stop begins when the slowest chain of those that need
 *   it has had its time.
 * - Its clock may run up to 1 % slower than ours, for all of this.
 * - Its loop looks at the lease once an interval, and orders the first stop in the next turn: two intervals.
 *
 * A stop that does not end in its time breaks this bound; only fencing or a watchdog can help then.
 */
export function leaseTakeoverAt(cluster: Cluster, service: Service, lostAtMs: Ms): Ms {
  return lostAtMs + leaseWaitMs(graphOf(cluster), service);
}

/** How long after its node was lost a service with `takeover: lease` is started elsewhere, at the earliest. */
export const leaseTakeoverMs = (cluster: Cluster, service: Service): Ms => leaseWaitMs(graphOf(cluster), service);

/**
 * How long after it was lost a node with an armed watchdog has stopped, or was reset.
 *
 * - Its lease ends within `deadMs` of its own clock;
 * - it feeds the watchdog for as long as it may still be stopping: `stopBudgetMs` (watchdog/feed.ts counts the same);
 * - the watchdog fires `timeoutMs` after it was fed last;
 * - all of that on a clock that is up to 1 % slow; and two intervals, as for a lease.
 *
 * A daemon that is dead or held up feeds nothing, which only makes it sooner.
 */
export const watchdogTakeoverMs = (cluster: Cluster, watchdogTimeoutMs: Ms): Ms =>
  watchdogWaitMs(graphOf(cluster), watchdogTimeoutMs);

function watchdogWaitMs(graph: Graph, timeoutMs: Ms): Ms {
  const { deadMs, intervalMs } = graph.cluster.heartbeat;
  return Math.ceil(((deadMs + budgetMs(graph) + timeoutMs) * 101) / 100) + 2 * intervalMs;
}

/** The time that a node has to stop everything that must not run twice. */
export const stopBudgetMs = (cluster: Cluster): Ms => budgetMs(graphOf(cluster));

function budgetMs(graph: Graph): Ms {
  const known = new Map<ServiceId, Ms>();
  const times = graph.cluster.services
    .filter((each) => isGuarded(each) || guardsPromotion(each))
    .map((service) => stopChainMs(graph, service, known));
  return Math.max(0, ...times);
}

function leaseWaitMs(graph: Graph, service: Service): Ms {
  const { deadMs, intervalMs } = graph.cluster.heartbeat;
  const ownClockMs = deadMs + stopChainMs(graph, service, new Map());
  return Math.ceil((ownClockMs * 101) / 100) + 2 * intervalMs;
}

/** The time to stop what needs it, one after the other, and then the service itself. */
function stopChainMs(graph: Graph, service: Service, known: Map<ServiceId, Ms>): Ms {
  const before = known.get(service.id);
  if (before !== undefined) return before;
  let dependentsMs = 0;
  for (const dependent of neededBy(graph, service.id))
    dependentsMs = Math.max(dependentsMs, stopChainMs(graph, dependent, known));
  known.set(service.id, dependentsMs + service.stopTimeoutMs);
  return dependentsMs + service.stopTimeoutMs;
}

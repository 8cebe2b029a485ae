/**
 * What the agents of a clone with `notify` are told, before and after what happens to its copies. See docs/internals/roles.md.
 *
 * Operations of one kind that can be ordered at once are a round: every copy that runs is told `pre`, they are carried out, and every
 * copy is told `post`. Nothing is remembered but what the records say that each copy was told last: a copy that was told `pre`
 * keeps the round and its lists; one that was told nothing is told that it was started. What belongs to no round waits for the end of the one that is open.
 *
 * What ended without an order (its node was fenced, or had lost its quorum) has no `pre`: who was told last that it runs is told
 * `post stop`, once nobody can doubt that it has ended.
 *
 * An agent that fails at it or does not answer in its time counts as told, so that no round lasts for ever.
 */
import { must } from '../../lib/assert.ts';
import type { NodeId, Service } from '../model.ts';
import type { Admin, ServiceState } from '../ports.ts';
import { isSameNotice, type Notice } from '../roles.ts';
import type { IsLeft } from './change.ts';
import type { Graph } from './graph.ts';
import type { PlannedAction } from './plan.ts';
import { type Copy, isActive, type Seen, underWay } from './seen.ts';

type Operation = Notice['operation'];
type Actions = readonly PlannedAction[];

/** As they follow each other. */
const operations: readonly Operation[] = ['demote', 'stop', 'start', 'promote'];

const under: Readonly<Record<Operation, ServiceState>> = {
  demote: 'demoting',
  stop: 'stopping',
  start: 'starting',
  promote: 'promoting',
};

type Off = Admin['off'];
/** That nothing of it runs there is certain. */
type HasEnded = (node: NodeId) => boolean;

/** The plan with what has to be told, and what waits for that. `isLeft`: nothing is done to this service on this node. */
export function withNotices(graph: Graph, seen: Seen, actions: Actions, isLeft: IsLeft, off: Off): Actions {
  let all = actions;
  for (const service of graph.cluster.services) {
    if (!service.notify || !service.clone) continue;
    const copies = must(seen.services.get(service.id), `seen state of ${service.id}`).copies;
    const own = all.filter((action) => action.service === service.id && isOperation(action.verb));
    // Also where nobody is told anything.
    const hasEnded: HasEnded = (node) => {
      const copy = copies.find((each) => each.node === node);
      return copy === undefined ? Object.hasOwn(off, node) : copy.state === 'stopped';
    };
    const hearing = copies.filter(({ node }) => !isLeft(service.id, node));
    const isDue = (copy: Copy): boolean => keepsRound(copy) || isFresh(copy) || endedBehind(copy, hasEnded).length > 0;
    if (own.length === 0 && !hearing.some(isDue)) continue;
    all = told(service, hearing, all, own, hasEnded);
  }
  return all;
}

const isOperation = (verb: PlannedAction['verb']): verb is Operation => operations.some((each) => each === verb);

/** It was told nothing since it was started. */
const isFresh = ({ state, record }: Copy): boolean => state === 'running' && record !== null && record.notice === null;

/** It will be told the end of it, or is what it is about. */
function keepsRound({ node, state, record }: Copy): boolean {
  const notice = record?.notice;
  if (notice?.type !== 'pre') return false;
  return state !== 'stopping' || (notice.operation === 'stop' && notice.stop.includes(node));
}

const isUntold = ({ state, record }: Copy, notice: Notice): boolean =>
  state === 'running' && !isSameNotice(record?.notice ?? null, notice);

const isReady = ({ blocked, after }: PlannedAction): boolean => blocked === null && after.length === 0;

function told(service: Service, copies: readonly Copy[], all: Actions, own: Actions, hasEnded: HasEnded): Actions {
  // Its answer decides what comes next; what is to happen to it cannot be planned until then.
  if (copies.some(({ state }) => state === 'notifying'))
    return blocked(all, own.filter(isReady), `${service.id} is being told what happens to its copies`);
  const open = openRound(copies);
  const astray = open === null ? [] : copies.flatMap((copy) => tellOfItsOwn(service, copy, open));
  if (astray.length > 0) return waiting(all, own.filter(isReady), astray);
  const fresh = copies.some(({ state }) => underWay(state) !== null) ? [] : copies.filter(isFresh);
  if (open === null && fresh.length > 0) return started(service, copies, all, own, fresh);
  const behind = open === null ? copies.filter((copy) => endedBehind(copy, hasEnded).length > 0) : [];
  if (behind.length > 0) {
    const tellings = behind.map((copy) => tellOfEnded(service, copy, copies, endedBehind(copy, hasEnded)));
    return waiting(all, own.filter(isReady), tellings);
  }
  const notice = open ?? noticeOf(service, copies, own);
  if (notice === null) return all;
  const left = remaining(notice, copies, own);
  if (open !== null && left.length === 0) return ended(service, copies, all, own, open);
  const ready = own.filter(isReady);
  // What this round has started hears of it when it is over.
  const isNew = ({ node }: Copy): boolean => notice.operation === 'start' && notice.start.includes(node);
  const due = copies.filter((copy) => isUntold(copy, notice) && !isNew(copy));
  const isInRound = ({ verb, on }: PlannedAction): boolean => verb === notice.operation && left.includes(on);
  const others = ready.filter((action) => !isInRound(action));
  const held = blocked(all, others, `after the ${notice.operation} of ${service.id} on ${left.join(' and ')}`);
  return waiting(
    held,
    ready.filter(isInRound),
    due.map(({ node }) => tell(service, node, notice)),
  );
}

/** Of several, the one that most copies keep. */
function openRound(copies: readonly Copy[]): Notice | null {
  const kept = copies.filter(keepsRound).flatMap(({ record }) => record?.notice ?? []);
  const keepersOf = (notice: Notice): number => kept.filter((each) => isSameNotice(each, notice)).length;
  let open: Notice | null = null;
  for (const notice of kept) if (open === null || keepersOf(notice) > keepersOf(open)) open = notice;
  return open;
}

/** Who was out of the view when the others were told the end of a round still keeps that one. */
function tellOfItsOwn(service: Service, copy: Copy, open: Notice): readonly Telling[] {
  const notice = copy.record?.notice ?? null;
  if (notice === null || copy.state !== 'running' || !keepsRound(copy) || isSameNotice(notice, open)) return [];
  return [tell(service, copy.node, { ...notice, type: 'post' })];
}

function started(
  service: Service,
  copies: readonly Copy[],
  all: Actions,
  own: Actions,
  fresh: readonly Copy[],
): Actions {
  const nodes = fresh.map(({ node }) => node);
  const notice: Notice = { ...listsOf(service, copies), type: 'post', operation: 'start', ...nothing, start: nodes };
  return waiting(
    all,
    own.filter(isReady),
    nodes.map((node) => tell(service, node, notice)),
  );
}

const nothing: Pick<Notice, Operation> = { start: [], stop: [], promote: [], demote: [] };

/** Nodes of which this copy was told last that they run one, and that certainly run none. */
function endedBehind({ state, record }: Copy, hasEnded: HasEnded): readonly NodeId[] {
  const notice = record?.notice ?? null;
  if (state !== 'running' || notice?.type !== 'post') return [];
  return [...new Set([...notice.active, ...notice.start])].filter(
    (node) => !notice.stop.includes(node) && hasEnded(node),
  );
}

function tellOfEnded(service: Service, copy: Copy, copies: readonly Copy[], stop: readonly NodeId[]): Telling {
  const lists = listsOf(service, copies);
  const before = copy.record?.notice;
  const wasPromoted = (node: NodeId): boolean =>
    [...(before?.promoted ?? []), ...(before?.promote ?? [])].includes(node) && before?.demote.includes(node) !== true;
  return tell(service, copy.node, {
    ...lists,
    ...nothing,
    type: 'post',
    operation: 'stop',
    stop,
    active: [...lists.active, ...stop],
    promoted: [...lists.promoted, ...stop.filter(wasPromoted)],
    unpromoted: [...lists.unpromoted, ...stop.filter((node) => !wasPromoted(node))],
    inactive: lists.inactive.filter((node) => !stop.includes(node)),
  });
}

/** What is about to happen: the first kind of which something can be ordered now. Null: nothing. */
function noticeOf(service: Service, copies: readonly Copy[], own: Actions): Notice | null {
  const operation = operations.find((each) => own.some((action) => action.verb === each && isReady(action)));
  if (operation === undefined) return null;
  const planned = (verb: Operation): readonly NodeId[] =>
    own
      .filter((each) => each.verb === verb && (verb === operation ? isReady(each) : each.blocked === null))
      .map((each) => each.on);
  const plan = {
    start: planned('start'),
    stop: planned('stop'),
    promote: planned('promote'),
    demote: planned('demote'),
  };
  return { ...listsOf(service, copies), type: 'pre', operation, ...plan };
}

/** What is the case, whatever is about to happen. */
function listsOf({ on }: Service, copies: readonly Copy[]): Omit<Notice, Operation | 'type' | 'operation'> {
  const active = copies.filter(({ state }) => isActive(state));
  const names = (list: readonly Copy[]): readonly NodeId[] => list.map(({ node }) => node);
  const isPromoted = ({ record }: Copy): boolean => record?.role === 'promoted';
  const available = names(copies).filter((node) => on.includes(node));
  return {
    active: names(active),
    promoted: names(active.filter(isPromoted)),
    unpromoted: names(active.filter((copy) => !isPromoted(copy))),
    inactive: available.filter((node) => !names(active).includes(node)),
    available,
  };
}

/**
 * Of a round: the nodes on which its operation can be ordered, or is under way. Where it is being looked at it may be too: an order
 * that was given there may be late.
 */
function remaining(notice: Notice, copies: readonly Copy[], own: Actions): readonly NodeId[] {
  const { operation } = notice;
  return notice[operation].filter(
    (node) =>
      own.some((action) => action.verb === operation && action.on === node && isReady(action)) ||
      copies.some((copy) => copy.node === node && (copy.state === under[operation] || copy.state === 'probing')),
  );
}

/** Those that were told `pre` come last: they keep the round until all others have been told. */
function ended(service: Service, copies: readonly Copy[], all: Actions, own: Actions, open: Notice): Actions {
  const notice: Notice = { ...open, type: 'post' };
  const due = copies.filter((copy) => isUntold(copy, notice));
  const isKeeper = ({ record }: Copy): boolean => record?.notice?.type === 'pre';
  const others = due.filter((copy) => !isKeeper(copy));
  const now = others.length > 0 ? others : due;
  return waiting(
    all,
    own.filter(isReady),
    now.map(({ node }) => tell(service, node, notice)),
  );
}

type Telling = Omit<PlannedAction, 'id' | 'after'>;

function tell({ id }: Service, on: NodeId, notice: Notice): Telling {
  const { type, operation } = notice;
  const what = notice[operation].join(', ');
  const because = type === 'pre' ? `${operation} of ${what} comes next` : `${operation} of ${what} is over`;
  return { verb: 'notify', service: id, on, because, handFrom: null, handTo: null, drained: [], notice, blocked: null };
}

/** `later` wait for the tellings, which come first in the plan. */
function waiting(all: Actions, later: Actions, tellings: readonly Telling[]): Actions {
  if (tellings.length === 0) return all;
  const shift = tellings.length;
  const ids = tellings.map((_, id) => id);
  const waits = new Set(later.map(({ id }) => id));
  return [
    ...tellings.map((telling, id): PlannedAction => ({ ...telling, id, after: [] })),
    ...all.map((action) => ({
      ...action,
      id: action.id + shift,
      after: [...(waits.has(action.id) ? ids : []), ...action.after.map((each) => each + shift)],
    })),
  ];
}

function blocked(all: Actions, later: Actions, because: string): Actions {
  if (later.length === 0) return all;
  const waits = new Set(later.map(({ id }) => id));
  return all.map((action) => (waits.has(action.id) ? { ...action, blocked: action.blocked ?? because } : action));
}

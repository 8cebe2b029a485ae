/**
 * How do the changes of one service bear on those that need it?
 *
 * Walks services after those that they need. Adds restarts (what restarts takes along what relies on it), decides what
 * has to wait for something that no action of this plan brings about, and which moves start the new copy before the old
 * one is stopped.
 *
 * No order of actions is made here, but the answers keep it free of cycles: `startsAfterStop` is true for every service
 * with a start that may come after a stop, and no stop waits for the start of such a service (see order.ts).
 */
import { must } from '../../lib/assert.ts';
import type { NodeId, ServiceId } from '../model.ts';
import { mayOverlap, restartsWithNeeds } from '../model.ts';
import { type Change, type Hindrance, hindered, type IsLeft, type Start, type Stop, startBlock } from './change.ts';
import { type Graph, neededBy } from './graph.ts';
import { withoutPassage } from './migrate.ts';
import { blockedBy } from './score.ts';
import { type Copy, isActive, underWay } from './seen.ts';

export interface Settled extends Change {
  /** The node that serves on until the new copy does; null: it is stopped before it is started elsewhere. */
  readonly overlapFrom: NodeId | null;
  readonly startsAfterStop: boolean;
  /** Where a copy of a clone stays until those that start have started. */
  readonly lastOn: readonly NodeId[];
}

export type SettledServices = ReadonlyMap<ServiceId, Settled>;
type Changes = ReadonlyMap<ServiceId, Change>;

export function settle(graph: Graph, changes: Changes, hindrance: Hindrance): SettledServices {
  const settled = new Map<ServiceId, Settled>();
  for (const { id, needs } of graph.needsFirst) {
    const change = must(changes.get(id), `change of ${id}`);
    const needed = needs.map((need) => must(settled.get(need), `change of ${need}`));
    settled.set(id, settleOne(graph, changes, change, needed, hindrance));
  }
  return settled;
}

function settleOne(
  graph: Graph,
  changes: Changes,
  alone: Change,
  needed: readonly Settled[],
  hindrance: Hindrance,
): Settled {
  const restarting = withRestarts(alone, needed, hindrance);
  if (restarting.starts.length === 0 && restarting.stops.length === 0)
    return { ...restarting, overlapFrom: null, startsAfterStop: false, lastOn: [] };
  const waiting = {
    ...restarting,
    starts: restarting.starts.map((start) => waitForNeeds(start, restarting.passage, needed)),
  };
  const comesAfter =
    alone.stopsFirst === true ||
    // Two of the same at once would be one more than a node may have.
    alone.service.copyOf !== undefined ||
    hindrance.firsts(alone.service.id).some((id) => isComing(changes.get(id)));
  const handed =
    waiting.passage !== null
      ? withPassage(waiting, needed, alone.stopsFirst === true)
      : comesAfter
        ? { ...waiting, overlapFrom: null }
        : withOverlap(waiting, needed);
  const dependents = neededBy(graph, alone.service.id).map(({ id }) => must(changes.get(id), `change of ${id}`));
  const { stops, lastOn } = stopsUnder(handed, needed, dependents, hindrance);
  const patient = { ...handed, stops: stops.map((stop) => ({ ...stop, mayWait: mayWait(stop, needed) })) };
  return { ...patient, startsAfterStop: startsAfterStop(patient, needed, dependents), lastOn };
}

const isComing = (change: Change | undefined): boolean =>
  change !== undefined && change.starts.length + change.promotes.length > 0;

// ---------------------------------------------------------------- restarts

/** What relies on something that restarts is stopped before and started after it, unless an operator works on it. */
function withRestarts(change: Change, needed: readonly Settled[], hindrance: Hindrance): Change {
  const { service, copies, placement } = change;
  if (needed.length === 0 || !restartsWithNeeds(service)) return change;
  const restarts = copies
    .filter(({ node, state }) => state === 'running' && placement.nodes.includes(node))
    .filter(({ node }) => !hindrance.isLeft(service.id, node))
    .flatMap(({ node }) => restartUnder(node, needed))
    .map((stop) => hindered(stop, service, hindrance));
  if (restarts.length === 0) return change;
  const stays = ({ node }: { readonly node: NodeId }): boolean => !restarts.some((stop) => stop.node === node);
  const starts = restarts.map(({ node, because }) => {
    return { node, because, handFrom: null, blocked: startBlock(service, copies, node, hindrance) };
  });
  return {
    ...change,
    stops: [...change.stops.filter(stays), ...restarts],
    starts: [...change.starts.filter(stays), ...starts],
    reloads: change.reloads.filter(stays),
  };
}

function restartUnder(node: NodeId, needed: readonly Settled[]): readonly Stop[] {
  const causes = needed.filter((need) => isInterrupted(need, node));
  const [first] = causes;
  if (first === undefined) return [];
  const because = `${first.service.id}, which it needs, ${first.stops.length > 0 ? 'restarts' : 'starts'}`;
  // What only has to start cannot wait until this one is ready to stop: there may be much more that needs it.
  const mayWait = causes.every((cause) => cause.stops.length > 0 && cause.stops.every((stop) => stop.mayWait));
  return [{ node, kind: 'under', because, handTo: null, mayWait, blocked: null }];
}

const isStopped = (change: Change, node: NodeId): boolean => change.stops.some((stop) => stop.node === node);

const isFree = (step: { readonly blocked: string | null }): boolean => step.blocked === null;

/** Something on `node` that relies on `need` is without it for a while. What cannot start now interrupts nothing yet. */
export function isInterrupted(need: Settled, node: NodeId): boolean {
  const restartsHere =
    need.stops.some((stop) => stop.node === node && isFree(stop)) && need.placement.nodes.includes(node);
  if (restartsHere) return true;
  return !keepsCopy(need) && (need.stops.some(isFree) || need.starts.some(isFree));
}

/** At every moment of the plan a copy of it runs somewhere, or may: what is blocked where it has its place goes on there. */
export const keepsCopy = (change: Change & { readonly overlapFrom?: NodeId | null }): boolean =>
  (change.overlapFrom ?? null) !== null || change.copies.some((copy) => goesOn(change, copy));

const goesOn = (change: Change, { node, state }: Copy): boolean =>
  state === 'blocked' ? change.placement.nodes.includes(node) : isActive(state) && !isStopped(change, node);

// ---------------------------------------------------------------- starts wait for what is needed

export type NeedWait =
  | { readonly kind: 'ready' }
  /** After these starts of the needed service. */
  | { readonly kind: 'starts'; readonly nodes: readonly NodeId[] }
  | { readonly kind: 'blocked'; readonly because: string };

const ready: NeedWait = { kind: 'ready' };

/** What has to happen to `need` before something that needs it starts on `node`. */
export function needWait(need: Settled, node: NodeId): NeedWait {
  return need.placement.nodes.includes(node) ? localWait(need, node) : remoteWait(need);
}

function localWait(need: Settled, node: NodeId): NeedWait {
  const start = need.starts.find((each) => each.node === node);
  if (start === undefined) {
    const copy = need.copies.find((each) => each.node === node);
    return copy !== undefined && serves(need, copy) ? ready : { kind: 'blocked', because: notServing(need, copy) };
  }
  if (start.blocked === null) return { kind: 'starts', nodes: [node] };
  return { kind: 'blocked', because: `needs ${need.service.id}, which cannot start here now: ${start.blocked}` };
}

function remoteWait(need: Settled): NeedWait {
  // What some copies are told may be that they are about to stop, and others know already.
  const told = need.copies.find(({ state, node }) => state === 'notifying' && need.placement.nodes.includes(node));
  if (told !== undefined) return { kind: 'blocked', because: notServing(need, told) };
  if (need.copies.some((copy) => serves(need, copy))) return ready;
  const free = need.starts.filter(isFree);
  if (free.length > 0) return { kind: 'starts', nodes: free.map((start) => start.node) };
  const [start] = need.starts;
  if (start !== undefined)
    return {
      kind: 'blocked',
      because: `needs ${need.service.id}, which cannot start on ${start.node} now: ${start.blocked}`,
    };
  const copy = need.copies.find((each) => need.placement.nodes.includes(each.node));
  return { kind: 'blocked', because: notServing(need, copy) };
}

/** It runs and goes on running. */
function serves(need: Settled, copy: Copy): boolean {
  return (copy.state === 'running' || copy.state === 'reloading') && !isStopped(need, copy.node);
}

function notServing({ service }: Settled, copy: Copy | undefined): string {
  if (copy === undefined) return `needs ${service.id}, which runs nowhere`;
  const state =
    copy.state === 'blocked'
      ? `blocked because its ${blockedBy(copy.record)} failed`
      : (underWay(copy.state) ?? copy.state);
  return `needs ${service.id}, which is ${state} on ${copy.node}`;
}

function waitForNeeds(start: Start, passage: Change['passage'], needed: readonly Settled[]): Start {
  if (start.blocked !== null || passage?.isBegun === true) return start;
  for (const need of needed) {
    const wait = needWait(need, start.node);
    if (wait.kind === 'blocked') return { ...start, blocked: wait.because };
  }
  return start;
}

// ---------------------------------------------------------------- moves without a gap

type Handed = Change & { readonly overlapFrom: NodeId | null };

/** A live migration, unless what it needs has to stop first, or it has to itself. */
function withPassage(change: Change, needed: readonly Settled[], stopsFirst: boolean): Handed {
  const { passage, starts } = change;
  if (passage === null) return { ...change, overlapFrom: null };
  if (!passage.isBegun && (stopsFirst || starts.length !== 1 || needed.some((need) => need.startsAfterStop)))
    return {
      ...withoutPassage(change, stopsFirst ? 'something that starts before it' : 'something that it needs'),
      overlapFrom: null,
    };
  return { ...change, overlapFrom: passage.from };
}

function withOverlap(change: Change, needed: readonly Settled[]): Change & { readonly overlapFrom: NodeId | null } {
  const from = overlapSource(change, needed);
  const to = change.starts[0]?.node ?? null;
  if (from === null || to === null) return { ...change, overlapFrom: null };
  return {
    ...change,
    overlapFrom: from,
    starts: change.starts.map((start) => ({ ...start, handFrom: from })),
    stops: change.stops.map((stop) => (stop.node === from ? { ...stop, handTo: to } : stop)),
  };
}

/** Only where a moment with two copies is allowed, from a copy that works, and not if what it needs has to stop first. */
function overlapSource(change: Change, needed: readonly Settled[]): NodeId | null {
  if (change.service.clone || !mayOverlap(change.service) || change.starts.length !== 1) return null;
  if (needed.some((need) => need.startsAfterStop)) return null;
  return change.stops.find((stop) => stop.kind === 'move')?.node ?? null;
}

/** Stops of the service itself that come before its start on `node`. */
export function stopsBefore(change: Change & { readonly overlapFrom: NodeId | null }, node: NodeId): readonly Stop[] {
  return change.stops.filter((stop) => {
    if (stop.node === node) return true;
    return !change.service.clone && stop.node !== change.overlapFrom;
  });
}

/**
 * True for every service with a start that may come after a stop: its own, one of something that relies on it, or one
 * that something comes after that it needs itself.
 */
function startsAfterStop(
  change: Change & { readonly overlapFrom: NodeId | null },
  needed: readonly Settled[],
  dependents: readonly Change[],
): boolean {
  if (change.starts.length === 0) return false;
  if (needed.some((need) => need.startsAfterStop)) return true;
  if (change.starts.some((start) => stopsBefore(change, start.node).length > 0)) return true;
  const from = change.passage?.from ?? null;
  if (dependents.some(({ copies }) => copies.some(({ node, state }) => node === from && state !== 'stopped')))
    return true;
  return !keepsCopy(change) && dependents.some((dependent) => dependent.copies.some((copy) => isActive(copy.state)));
}

// ---------------------------------------------------------------- stops wait for dependents

/** A dependent's copy on `from` has to be gone before `need` stops on `node`: it relies on it, here or as the last one. */
export function reliesOn(need: Change & { readonly overlapFrom: NodeId | null }, node: NodeId, from: NodeId): boolean {
  // What is left of a copy that was given away serves nobody.
  const isGiven = need.copies.some((copy) => copy.node === node && copy.state === 'moved');
  if (from === node && !isGiven) return true;
  return !keepsCopy(need) && !need.copies.some((copy) => copy.node === from && mayServe(copy));
}

const mayServe = (copy: Copy): boolean => isActive(copy.state) || copy.state === 'failed' || copy.state === 'stopping';

/** What is relied on as the last copy by something that cannot stop now stops once others have started, if nothing else is in the way. */
function stopsUnder(
  change: Handed,
  needed: readonly Settled[],
  dependents: readonly Change[],
  hindrance: Hindrance,
): { readonly stops: readonly Stop[]; readonly lastOn: readonly NodeId[] } {
  const lastOn: NodeId[] = [];
  const stops = change.stops.map((stop) => {
    const now = waitForDependents(stop, change, dependents, hindrance);
    if (isFree(now) || !isReplaced(change, needed)) return now;
    const then = waitForDependents(stop, { ...change, overlapFrom: stop.node }, dependents, hindrance);
    if (isFree(then)) lastOn.push(stop.node);
    return isFree(then) ? then : now;
  });
  return { stops, lastOn };
}

/** By copies that start neither after this stop nor, by what the service needs, after any other. */
const isReplaced = (change: Handed, needed: readonly Settled[]): boolean =>
  change.service.clone && freshStarts(change).length > 0 && !needed.some((need) => need.startsAfterStop);

/** Where nothing has to stop first. */
export const freshStarts = (change: Change): readonly Start[] =>
  change.starts.filter((start) => isFree(start) && !isStopped(change, start.node));

function waitForDependents(
  stop: Stop,
  change: Change & { readonly overlapFrom: NodeId | null },
  dependents: readonly Change[],
  { isLeft, isOver }: Hindrance,
): Stop {
  if (stop.blocked !== null) return stop;
  for (const dependent of dependents) {
    for (const copy of dependent.copies) {
      if (!reliesOn(change, stop.node, copy.node) || isOver(change.service.id, copy.node)) continue;
      const why =
        whyLeft(dependent, copy, isLeft) ??
        whyInTheWay(dependent, copy, change.placement.nodes.includes(stop.node) || !keepsCopy(change));
      if (why !== null) return { ...stop, blocked: `${dependent.service.id}, which needs it, ${why} on ${copy.node}` };
    }
  }
  return stop;
}

/** Nobody stops what an operator works on, and so nobody takes away what it needs while it runs. */
const whyLeft = ({ service }: Change, copy: Copy, isLeft: IsLeft): string | null =>
  mayRun(copy) && isLeft(service.id, copy.node) ? 'is in maintenance' : null;

const mayRun = ({ state }: Copy): boolean => state !== 'stopped' && state !== 'unknown';

/** Its stop cannot be planned now, and it must not lose what it needs before that. */
function whyInTheWay({ service, placement }: Change, copy: Copy, isRestart: boolean): string | null {
  const stays = placement.nodes.includes(copy.node);
  if (stays && !restartsWithNeeds(service)) return null;
  switch (copy.state) {
    case 'stopping':
    case 'probing':
    case 'promoting':
    case 'demoting':
    case 'notifying':
    case 'migrating':
      return `is ${underWay(copy.state)}`;
    case 'starting':
    case 'reloading':
      return stays && !isRestart ? null : `is ${copy.state}`;
    case 'blocked':
      // It stays as it is, and what works elsewhere serves it too: it does not keep two copies of that.
      return isRestart ? 'is blocked because its stop failed' : null;
    case 'unknown':
    case 'stopped':
    case 'running':
    case 'failed':
    case 'moved':
    case 'arriving':
      return null;
  }
}

/**
 * A copy that works waits with its stop until it can start again, unless something that it needs has failed under it:
 * that is mended at once.
 */
function mayWait(stop: Stop, needed: readonly Settled[]): boolean {
  if (!stop.mayWait) return false;
  return needed.every((need) =>
    need.stops.every((other) => other.mayWait || other.blocked !== null || !reliesOn(need, other.node, stop.node)),
  );
}

/** What has to change for one service to get from where it is seen to where it is placed, seen by itself? */
import type { NodeId, Service, ServiceId } from '../model.ts';
import { mayOverlap } from '../model.ts';
import { haltOf, isOnItsWay, mayCome, movesLive, type Passage, passageOf } from './migrate.ts';
import type { Placement } from './plan.ts';
import { roleSteps } from './roles.ts';
import { lastFailureOf, whyAgainst } from './score.ts';
import { type Copy, isActive, mayLinger, underWay } from './seen.ts';
import { definitionOf, type Steps } from './steps.ts';
import type { Waits } from './takeover.ts';
import { namesText, timesText } from './words.ts';

export interface Change {
  readonly service: Service;
  readonly placement: Placement;
  readonly copies: readonly Copy[];
  readonly probes: readonly Step[];
  readonly stops: readonly Stop[];
  readonly starts: readonly Start[];
  readonly reloads: readonly Step[];
  readonly promotes: readonly Step[];
  readonly demotes: readonly Step[];
  /** A live migration; its last order takes the place of the start. */
  readonly passage: Passage | null;
  /** It moves by a stop and a start, whatever else it could: what starts before it by an order restarts. */
  readonly stopsFirst?: true;
}

export interface Step {
  readonly node: NodeId;
  readonly because: string;
  /** Why not now; null: nothing but the actions before it. */
  readonly blocked: string | null;
}

/**
 * move: it works and is to run elsewhere; change: it works and is to run anew here, because of a new definition;
 * under: what it needs restarts under it; order: what starts before it by a rule does so anew; end: it works and is not wanted any more, or runs somewhere else too;
 * broken: it failed, or nobody knows whether it runs.
 */
export type StopKind = 'move' | 'change' | 'under' | 'order' | 'end' | 'broken';

export interface Stop extends Step {
  readonly kind: StopKind;
  readonly handTo: NodeId | null;
  /** It may wait for what a new start waits for: nothing that works is stopped before it can be started again. */
  readonly mayWait: boolean;
}

export interface Start extends Step {
  readonly handFrom: NodeId | null;
}

/** `steps`: what the engine would do. */
export function changeOf(
  service: Service,
  copies: readonly Copy[],
  placement: Placement,
  steps: Steps,
  hindrance: Hindrance,
): Change {
  const passage = passageOf(service, copies, placement, steps, (node) => whyNotHere(service, placement, node));
  const inTurn = changesInTurn(service, copies, placement, hindrance);
  const starts = startsInAll(service, copies, placement, steps, passage, inTurn, hindrance);
  const alone = {
    service,
    placement,
    copies,
    probes: probesOf(copies),
    starts,
    stops: copies
      .flatMap((copy) =>
        haltedOr(hindrance, service, copy, copies, passage, () =>
          stopOf(service, copy, copies, placement, steps, starts, passage, inTurn),
        ),
      )
      .map((stop) => hindered(stop, service, hindrance)),
    reloads: copies.filter(({ node }) => steps.reloads.has(node) && isPlaced(placement, node)).map(newDefinition),
    passage,
  };
  return { ...alone, ...roleSteps(alone, hindrance), starts: waitForArrivals(alone) };
}

const noProbes: readonly Step[] = [];

function probesOf(copies: readonly Copy[]): readonly Step[] {
  const unseen = copies.filter((copy) => copy.listed && copy.state === 'unknown');
  if (unseen.length === 0) return noProbes;
  return unseen.map(({ node, record }) => ({
    node,
    because: record?.lastFailure == null ? 'not looked at yet' : `not known to be stopped: ${record.lastFailure}`,
    blocked: null,
  }));
}

const newDefinition = ({ node }: Copy): Step => ({ node, because: 'its definition changed', blocked: null });

const isPlaced = (placement: Placement, node: NodeId): boolean => placement.nodes.includes(node);

type InTurn = (copy: Copy) => boolean;

/**
 * A clone takes a new definition one copy after the other, in one plan each: the others go on serving, and what needs them is not
 * interrupted. No turn waits for a copy that is left as it is.
 */
function changesInTurn(
  service: Service,
  copies: readonly Copy[],
  placement: Placement,
  { isLeft }: Pick<Hindrance, 'isLeft'>,
): InTurn {
  if (!service.clone) return () => true;
  const placed = copies.filter(({ node }) => isPlaced(placement, node) && !isLeft(service.id, node));
  const first = placed.find((copy) => definitionOf(service, copy) === 'changed');
  const isCalm = ({ state }: Copy): boolean => state === 'running' || state === 'reloading' || state === 'blocked';
  return (copy) => copy === first && placed.every((each) => each === copy || isCalm(each));
}

// ---------------------------------------------------------------- migrations

/** What has been given away begins to run where it went, whatever stands in the way of a start. */
function startsInAll(
  service: Service,
  copies: readonly Copy[],
  placement: Placement,
  steps: Steps,
  passage: Passage | null,
  inTurn: InTurn,
  hindrance: Hindrance,
): readonly Start[] {
  const starts = startsOf(service, copies, placement, steps, inTurn, hindrance);
  if (passage === null) return isOnItsWay(copies) ? [] : starts;
  const { to, isBegun } = passage;
  if (!isBegun) return starts.map((start) => ({ ...start, because: movesLive(passage) }));
  return [{ node: to, because: passage.because, handFrom: null, blocked: null }];
}

/** Where nothing is ordered for a copy that may come, the other end has to say more first. */
function waitForArrivals({ copies, passage, stops, starts }: Omit<Change, 'promotes' | 'demotes'>): readonly Start[] {
  const coming =
    passage === null && copies.find((copy) => mayCome(copy) && stops.every(({ node }) => node !== copy.node));
  if (!coming) return starts;
  return starts.map((start) => ({ ...start, blocked: start.blocked ?? `it may still come to ${coming.node}` }));
}

function haltedOr(
  { waits }: Hindrance,
  service: Service,
  copy: Copy,
  copies: readonly Copy[],
  passage: Passage | null,
  usual: () => readonly Stop[],
): readonly Stop[] {
  const halt = haltOf(copy, copies, passage, waits.get(service.id)?.because ?? null);
  if (halt === undefined) return usual();
  return halt === null ? [] : [{ ...halt, node: copy.node, handTo: null, mayWait: false }];
}

// ---------------------------------------------------------------- stops

function stopOf(
  service: Service,
  copy: Copy,
  copies: readonly Copy[],
  placement: Placement,
  steps: Steps,
  starts: readonly Start[],
  passage: Passage | null,
  inTurn: InTurn,
): readonly Stop[] {
  const { node, state, record } = copy;
  // What has no place for the sake of something that it needs is stopped, wherever the engine would have it.
  if (!steps.stops.has(node) && placement.nodes.length > 0) return [];
  const stop = (kind: StopKind, because: string, more: Partial<Stop> = {}): readonly Stop[] => [
    { node, kind, because, handTo: null, mayWait: isPatient(service, kind), blocked: null, ...more },
  ];
  if (state === 'failed') return stop('broken', `it failed here: ${lastFailureOf(record)}`);
  if (mayLinger(copy)) return stop('broken', 'it may still run here, where it is not listed any more');
  if (state !== 'running') return [];
  const ordered = steps.ordered.get(node);
  if (isPlaced(placement, node) && ordered !== undefined) return stop('order', ordered);
  if (isPlaced(placement, node)) return inTurn(copy) ? stop('change', 'its definition changed') : [];
  const why = whyNotHere(service, placement, node);
  if (placement.nodes.length === 0) return stop('end', why);
  if (service.clone) return stop('end', why, { blocked: whileStarting(copies, placement) });
  if (passage?.from === node) return stop('move', `it has moved live to ${passage.to}`);
  if (starts.length > 0) return stop('move', `it moves to ${placement.nodes[0]}: ${why}`);
  return stop('end', ...surplus(service, copies, placement, why));
}

/** A copy of a clone that works waits for those that serve instead of it. */
function whileStarting(copies: readonly Copy[], placement: Placement): string | null {
  const placed = copies.filter((copy) => isPlaced(placement, copy.node));
  if (placed.some(({ state }) => isActive(state) && state !== 'starting')) return null;
  const next = placed.find(({ state }) => state === 'starting');
  return next === undefined ? null : `it is starting on ${next.node}`;
}

/** Two copies where one is allowed cannot wait, nor can what has failed. */
function isPatient(service: Service, kind: StopKind): boolean {
  switch (kind) {
    case 'move':
    case 'change':
    case 'order':
      return true;
    case 'end':
      return service.clone;
    case 'under':
    case 'broken':
      return false;
  }
}

/** It runs, or is being started, on another node, which is the better one. */
function surplus(
  service: Service,
  copies: readonly Copy[],
  placement: Placement,
  why: string,
): [string, Partial<Stop>] {
  const kept = copies.find((copy) => isPlaced(placement, copy.node));
  if (kept?.state === 'blocked') return [why, {}];
  if (kept === undefined || !mayOverlap(service)) return [`it runs on ${placement.nodes[0]} too: ${why}`, {}];
  const blocked = kept.state === 'starting' ? `it is starting on ${kept.node}` : null;
  return [`it runs on ${kept.node} now: ${why}`, { handTo: kept.node, blocked }];
}

/** The rule that forbids the node, or what is better elsewhere. */
function whyNotHere(service: Service, placement: Placement, node: NodeId): string {
  const score = placement.scores.find((each) => each.node === node);
  if (score === undefined) return 'the node is not in the cluster file any more';
  const why = whyAgainst(score);
  if (why !== null) return why;
  if (!service.clone) return placement.because;
  return service.instances === 1 ? 'a better node runs it' : `better nodes run the ${service.instances} copies`;
}

// ---------------------------------------------------------------- starts

function startsOf(
  service: Service,
  copies: readonly Copy[],
  placement: Placement,
  steps: Steps,
  inTurn: InTurn,
  hindrance: Hindrance,
): readonly Start[] {
  const starts: Start[] = [];
  for (const node of placement.nodes) {
    const copy = copies.find((each) => each.node === node);
    if (copy === undefined || !steps.starts.has(node)) continue;
    const ordered = steps.ordered.get(node);
    if (copy.state === 'running' && ordered === undefined && !inTurn(copy)) continue;
    const because = ordered ?? startBecause(service, copy, copies, placement);
    starts.push({ node, because, handFrom: null, blocked: startBlock(service, copies, node, hindrance) });
  }
  return starts;
}

/** What a step has to wait for although nothing in the plan ends it. */
export interface Hindrance {
  readonly waits: Waits;
  /** Of promotions. */
  readonly promotions: Waits;
  /** Null: no order stands in its way. */
  readonly ruled: (verb: 'start' | 'stop' | 'promote' | 'demote', service: ServiceId, node: NodeId) => string | null;
  /** What starts before it by an order. */
  readonly firsts: (service: ServiceId) => readonly ServiceId[];
  readonly isLeft: IsLeft;
  /** What runs there ends with the stop of this service, which is the machine of that guest, and is to end: nothing waits for it. */
  readonly isOver: (service: ServiceId, node: NodeId) => boolean;
}

/** Nothing is done to this service on this node: see maintenance.ts. */
export type IsLeft = (service: ServiceId, node: NodeId) => boolean;

/** No stop that an order forbids at this moment. */
export const hindered = (stop: Stop, { id }: Service, { ruled }: Hindrance): Stop =>
  stop.blocked === null ? { ...stop, blocked: ruled('stop', id, stop.node) } : stop;

export const startBlock = (
  service: Service,
  copies: readonly Copy[],
  node: NodeId,
  { waits, ruled }: Hindrance,
): string | null =>
  startWait(service, copies, node) ?? waits.get(service.id)?.because ?? ruled('start', service.id, node);

/** What is under way has to end first, as far as it could mean two copies where one is allowed. */
export function startWait(service: Service, copies: readonly Copy[], node: NodeId): string | null {
  for (const copy of copies) {
    const mayRun = copy.state === 'blocked' ? 'not known to be stopped' : underWay(copy.state);
    if (mayRun === null) continue;
    if (copy.node === node || !service.clone || (copy.state === 'probing' && needsAllProbes(service)))
      return `it is ${mayRun} on ${copy.node}`;
  }
  return null;
}

/**
 * A clone on all of its nodes can start on one whatever the others do. One with fewer copies has to know where it runs
 * already: it would start a copy too many and then stop one that has served for long.
 */
export const needsAllProbes = (service: Service): boolean => !service.clone || service.instances < service.on.length;

function startBecause(service: Service, copy: Copy, copies: readonly Copy[], placement: Placement): string {
  const { record } = copy;
  if (copy.state === 'failed') return `it failed here: ${lastFailureOf(record)}`;
  if (copy.state === 'running') return 'its definition changed';
  if (record !== null && record.conflicts > 0)
    return `tried again; another holder answered ${timesText(record.conflicts)}, last: ${lastFailureOf(record)}`;
  if (service.clone) return `it does not run here; ${placement.because}`;
  const source = copies.find((each) => each.node !== copy.node && (isActive(each.state) || each.state === 'failed'));
  if (source !== undefined) return `it moves from ${source.node}: ${whyNotHere(service, placement, source.node)}`;
  const lost = service.on.filter((node) => !copies.some((each) => each.node === node));
  const why = lost.length === 0 ? 'it runs on no member' : `${namesText(lost)} lost, and it runs on no member`;
  return `${why}; ${placement.because}`;
}

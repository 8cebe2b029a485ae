/** What has to change for one service to get from where it is seen to where it is placed, seen by itself? */
import type { NodeId, Service } from '../model.ts';
import { mayOverlap, reloads } from '../model.ts';
import type { Placement } from './plan.ts';
import { lastFailureOf, whyAgainst } from './score.ts';
import { type Copy, isActive, mayLinger, underWay } from './seen.ts';
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
}

export interface Step {
  readonly node: NodeId;
  readonly because: string;
  /** Why not now; null: nothing but the actions before it. */
  readonly blocked: string | null;
}

/**
 * move: it works and is to run elsewhere; change: it works and is to run anew here, because of a new definition;
 * under: what it needs restarts under it; end: it works and is not wanted any more, or runs somewhere else too;
 * broken: it failed, or nobody knows whether it runs.
 */
export type StopKind = 'move' | 'change' | 'under' | 'end' | 'broken';

export interface Stop extends Step {
  readonly kind: StopKind;
  readonly handTo: NodeId | null;
  /** It may wait for what a new start waits for: nothing that works is stopped before it can be started again. */
  readonly mayWait: boolean;
}

export interface Start extends Step {
  readonly handFrom: NodeId | null;
}

export function changeOf(service: Service, copies: readonly Copy[], placement: Placement, waits: Waits): Change {
  const starts = startsOf(service, copies, placement, waits);
  return {
    service,
    placement,
    copies,
    probes: probesOf(copies),
    starts,
    stops: copies.flatMap((copy) => stopOf(service, copy, copies, placement, starts)),
    reloads: copies.filter((copy) => isChanged(service, copy, placement) && reloads(service)).map(newDefinition),
  };
}

const noSteps: readonly Step[] = [];

function probesOf(copies: readonly Copy[]): readonly Step[] {
  const unseen = copies.filter((copy) => copy.listed && copy.state === 'unknown');
  if (unseen.length === 0) return noSteps;
  return unseen.map(({ node, record }) => ({
    node,
    because: record?.lastFailure == null ? 'not looked at yet' : `not known to be stopped: ${record.lastFailure}`,
    blocked: null,
  }));
}

const newDefinition = ({ node }: Copy): Step => ({ node, because: 'its definition changed', blocked: null });

const isPlaced = (placement: Placement, node: NodeId): boolean => placement.nodes.includes(node);

/** It runs where it should, from an older definition. A driver that cannot tell (null) is believed. */
function isChanged(service: Service, { node, state, record }: Copy, placement: Placement): boolean {
  const digest = record?.digest ?? null;
  return state === 'running' && digest !== null && digest !== service.digest && isPlaced(placement, node);
}

/**
 * A new definition that cannot be reloaded. A clone takes it one copy after the other, in one plan each: the others go on serving,
 * and what needs them is not interrupted.
 */
function mustRestart(service: Service, copy: Copy, copies: readonly Copy[], placement: Placement): boolean {
  if (reloads(service) || !isChanged(service, copy, placement)) return false;
  if (!service.clone) return true;
  const others = copies.filter((each) => each !== copy && isPlaced(placement, each.node));
  if (others.some(({ state }) => state !== 'running' && state !== 'reloading' && state !== 'blocked')) return false;
  return copies.find((each) => isChanged(service, each, placement)) === copy;
}

// ---------------------------------------------------------------- stops

function stopOf(
  service: Service,
  copy: Copy,
  copies: readonly Copy[],
  placement: Placement,
  starts: readonly Start[],
): readonly Stop[] {
  const { node, state, record } = copy;
  const stop = (kind: StopKind, because: string, more: Partial<Stop> = {}): readonly Stop[] => [
    { node, kind, because, handTo: null, mayWait: isPatient(service, kind), blocked: null, ...more },
  ];
  if (state === 'failed') return stop('broken', `it failed here: ${lastFailureOf(record)}`);
  if (mayLinger(copy)) return stop('broken', 'it may still run here, where it is not listed any more');
  if (state !== 'running') return [];
  if (isPlaced(placement, node))
    return mustRestart(service, copy, copies, placement) ? stop('change', 'its definition changed') : [];
  const why = whyNotHere(service, placement, node);
  if (placement.nodes.length === 0) return stop('end', why);
  if (service.clone) return stop('end', why, { blocked: whileStarting(copies, placement) });
  if (starts.length > 0) return stop('move', `it moves to ${placement.nodes[0]}: ${why}`);
  return stop('end', ...surplus(service, copies, placement, why));
}

/** A copy of a clone that works waits for those that serve instead of it. */
function whileStarting(copies: readonly Copy[], placement: Placement): string | null {
  const placed = copies.filter((copy) => isPlaced(placement, copy.node));
  if (placed.some(({ state }) => state === 'running' || state === 'reloading')) return null;
  const next = placed.find(({ state }) => state === 'starting');
  return next === undefined ? null : `it is starting on ${next.node}`;
}

/** Two copies where one is allowed cannot wait, nor can what has failed. */
function isPatient(service: Service, kind: StopKind): boolean {
  switch (kind) {
    case 'move':
    case 'change':
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

function startsOf(service: Service, copies: readonly Copy[], placement: Placement, waits: Waits): readonly Start[] {
  const starts: Start[] = [];
  for (const node of placement.nodes) {
    const copy = copies.find((each) => each.node === node);
    if (copy === undefined || !mustStart(service, copy, copies, placement)) continue;
    const blocked = startWait(service, copies, node) ?? waits.get(service.id)?.because ?? null;
    starts.push({ node, because: startBecause(service, copy, copies, placement), handFrom: null, blocked });
  }
  return starts;
}

function mustStart(service: Service, copy: Copy, copies: readonly Copy[], placement: Placement): boolean {
  switch (copy.state) {
    case 'unknown':
    case 'probing':
    case 'stopped':
    case 'stopping':
    case 'failed':
      return true;
    case 'running':
      return mustRestart(service, copy, copies, placement);
    case 'starting':
    case 'reloading':
    case 'blocked':
      return false;
  }
}

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

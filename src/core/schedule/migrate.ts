/**
 * Live migration: what the records of both ends say, and which of its orders are left. See docs/internals/roles.md.
 *
 * Once the source has given it away, the migration goes on to its end, whatever becomes of the reasons for it: turning back would
 * interrupt it. It is given up if it is to run nowhere or with another definition. What failed or was given up is stopped on the
 * source, then on the target, and started after both: with the source stopped, nothing can arrive any more.
 */
import { byText } from '../../lib/compare.ts';
import { digestOn } from '../definition.ts';
import type { NodeId, Service } from '../model.ts';
import type { ServiceState } from '../ports.ts';
import type { Change, Step, Stop } from './change.ts';
import type { Placement } from './plan.ts';
import { lastFailureOf } from './score.ts';
import { type Copy, isAbsent, isActive, underWay } from './seen.ts';
import { definitionOf, type Steps } from './steps.ts';

type PassageVerb = 'expect' | 'migrateTo' | 'migrateFrom';

export interface Passage {
  readonly from: NodeId;
  readonly to: NodeId;
  /** The orders that are left, first to last. */
  readonly verbs: readonly PassageVerb[];
  /** The source has given it away. */
  readonly isBegun: boolean;
  readonly because: string;
}

/** How a copy counts that takes part in a migration; null: as its own state says. `peer`: the other end's state; null: no member. */
export function countsAs(state: ServiceState, peer: ServiceState | null): 'running' | 'failed' | 'stopped' | null {
  switch (state) {
    case 'arriving':
      if (peer === 'migrating' || peer === 'moved') return 'running';
      return peer !== null && isActive(peer) ? 'stopped' : 'failed';
    case 'migrating':
      return peer === 'arriving' || (peer !== null && isActive(peer)) ? 'stopped' : 'running';
    case 'moved':
      return peer === null ? 'failed' : 'stopped';
    default:
      return null;
  }
}

/** Something is under way that decides where it runs. */
export const isOnItsWay = (copies: readonly Copy[]): boolean =>
  copies.some(({ record }) => record?.peer != null) && copies.some((copy) => standingOf(copy, copies) === 'running');

/** It runs at its target, and what is left at the source has not been stopped yet. */
export const hasLeftover = (copies: readonly Copy[]): boolean =>
  copies.some((copy) => copy.state === 'moved' && isActive(peerOf(copy, copies)?.state ?? 'stopped'));

const peerOf = ({ record }: Copy, copies: readonly Copy[]): Copy | undefined =>
  copies.find(({ node }) => node === (record?.peer ?? null));

/** Null: no migration has to do with it. */
export function standingOf(copy: Copy, copies: readonly Copy[]): 'running' | 'failed' | 'stopped' | null {
  const own = countsAs(copy.state, peerOf(copy, copies)?.state ?? null);
  if (own !== null) return own;
  // It may have come although its node does not know of it any more.
  return isAwaited(copy, copies) ? 'running' : null;
}

function isAwaited({ node, state }: Copy, copies: readonly Copy[]): boolean {
  if (state !== 'unknown' && state !== 'probing') return false;
  return copies.some((other) => other.state === 'moved' && other.record?.peer === node);
}

/** May a copy run, or come to run, in spite of a state in which nothing is under way? */
export const mayCome = ({ state }: Copy): boolean => state === 'arriving' || state === 'moved';

// ---------------------------------------------------------------- what is left to order

export function passageOf(
  service: Service,
  copies: readonly Copy[],
  placement: Placement,
  steps: Steps,
  whyNot: (node: NodeId) => string,
): Passage | null {
  const giver = copies.find(({ state }) => state === 'moved');
  if (giver !== undefined) return begunBy(service, giver, copies, placement);
  const wanted = steps.migration;
  const source = copies.find(({ node }) => node === wanted?.from);
  const target = copies.find(({ node }) => node === wanted?.to);
  if (source === undefined || target === undefined || !mayLeave(service, source, target, copies)) return null;
  if (!placement.nodes.includes(target.node)) return null;
  const ends = { from: source.node, to: target.node, isBegun: false, because: whyNot(source.node) };
  return { ...ends, verbs: isAbsent(target) ? ['expect', 'migrateTo', 'migrateFrom'] : ['migrateTo', 'migrateFrom'] };
}

function begunBy(service: Service, giver: Copy, copies: readonly Copy[], placement: Placement): Passage | null {
  const target = peerOf(giver, copies);
  if (target?.state !== 'arriving' || isGivenUp(service, giver, target, placement)) return null;
  const because = `${giver.node} has given it away`;
  return { from: giver.node, to: target.node, isBegun: true, verbs: ['migrateFrom'], because };
}

function isGivenUp(service: Service, giver: Copy, target: Copy, placement: Placement): boolean {
  return placement.nodes.length === 0 || !target.listed || !isCurrent(service, giver);
}

const isCurrent = (service: Service, { node, record }: Copy): boolean =>
  (record?.digest ?? digestOn(service, node)) === digestOn(service, node);

/** All that has to hold before the first order, and before the second. */
function mayLeave(service: Service, source: Copy, target: Copy, copies: readonly Copy[]): boolean {
  if (!service.migrates || service.clone || source.state !== 'running' || source.record?.role !== 'unpromoted')
    return false;
  if (definitionOf(service, source) !== 'current' || !target.listed) return false;
  const isComing = (target.state === 'arriving' || target.state === 'migrating') && target.record?.peer === source.node;
  // What nobody has looked at is looked at first.
  return copies.every((copy) => copy === source || isAbsent(copy) || (copy === target && isComing));
}

// ---------------------------------------------------------------- stops

type Halt = Pick<Stop, 'kind' | 'because' | 'blocked'>;

/** Undefined: its state has nothing to do with a migration; null: it is not to be stopped now. `lostWait`: see takeover.ts. */
export function haltOf(
  copy: Copy,
  copies: readonly Copy[],
  passage: Passage | null,
  lostWait: string | null,
): Halt | null | undefined {
  const peer = peerOf(copy, copies);
  const name = copy.record?.peer ?? 'nowhere';
  switch (copy.state) {
    case 'arriving':
      return peer === undefined
        ? { kind: 'broken', because: `it was to come from ${name}, which is lost`, blocked: lostWait }
        : haltOfArriving(copy, peer, passage);
    case 'moved':
      return peer === undefined
        ? { kind: 'broken', because: `it went to ${name}, which is lost`, blocked: null }
        : haltOfMoved(peer, passage);
    case 'failed':
      if (peer === undefined) return undefined;
      return { kind: 'broken', because: failedBecause(copy), blocked: unlooked(peer) };
    default:
      return undefined;
  }
}

const failedBecause = ({ record }: Copy): string => `its migration failed: ${lastFailureOf(record)}`;

/** Its answer would come too late. */
function unlooked({ node, state }: Copy): string | null {
  if (state === 'unknown') return `nobody has looked at ${node} yet`;
  return state === 'probing' ? `it is ${underWay(state)} on ${node}` : null;
}

function haltOfArriving({ node }: Copy, peer: Copy, passage: Passage | null): Halt | null {
  const heir = peer.state === 'migrating' || peer.state === 'moved' ? (peer.record?.peer ?? node) : node;
  if (heir !== node) return { kind: 'broken', because: `${peer.node} gives it to ${heir}`, blocked: null };
  if (peer.state === 'migrating' || passage?.to === node) return null;
  const blocked = unlooked(peer) ?? busy(peer);
  if (isActive(peer.state)) return { kind: 'end', because: `it is not to come from ${peer.node} any more`, blocked };
  return { kind: 'broken', because: `its migration from ${peer.node} was given up`, blocked };
}

const busy = ({ node, state }: Copy): string | null =>
  underWay(state) === null || isActive(state) ? null : `it is ${underWay(state)} on ${node}`;

function haltOfMoved(peer: Copy, passage: Passage | null): Halt | null {
  const { node, state } = peer;
  if (isActive(state)) return { kind: 'end', because: `it runs on ${node} now`, blocked: null };
  if (passage?.to === node) return { kind: 'end', because: `it has moved live to ${node}`, blocked: null };
  if (state === 'unknown' || underWay(state) !== null) return null;
  return { kind: 'broken', because: `its migration to ${node} was given up`, blocked: null };
}

/** Of two ends that are both stopped, the target's stop comes second: see above. */
export function isStoppedAfter(copy: Copy, other: Copy): boolean {
  if (!mayHaveGiven(other, copy)) return false;
  if (!mayHaveGiven(copy, other)) return true;
  // Each names the other: what came and failed may go on naming its source. Of two that failed, either may be first, but only one.
  return other.state === copy.state ? byText(other.node, copy.node) < 0 : other.state === 'moved';
}

const mayHaveGiven = ({ state, record }: Copy, { node }: Copy): boolean =>
  record?.peer === node && (state === 'moved' || state === 'failed');

// ---------------------------------------------------------------- words

export const movesLive = ({ from, to, because }: Passage): string => `it moves live from ${from} to ${to}: ${because}`;

/** Without its migration: stopped on the source, then started on the target. */
export function withoutPassage(change: Change, why: string): Change {
  const { passage, copies } = change;
  if (passage === null || passage.isBegun) return change;
  const target = copies.find(({ node, state }) => node === passage.to && state === 'arriving');
  const stop = (step: Step): Stop => ({ ...step, kind: 'end', handTo: null, mayWait: false });
  const { from, to } = passage;
  const because = `${passage.because}; not live, because ${why} has to stop first`;
  const stops = change.stops.map((each) =>
    each.node === from ? { ...each, because: `it moves to ${to}: ${because}` } : each,
  );
  if (target !== undefined)
    stops.push(stop({ node: to, because: `it does not move live from ${from} any more`, blocked: null }));
  const starts = change.starts.map((start) => ({ ...start, because: `it moves from ${from}: ${because}` }));
  return { ...change, passage: null, stops, starts };
}

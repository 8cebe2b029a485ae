/**
 * Which node should coordinate, and with whom?
 *
 * Judged by what beats say, so that all nodes nearly always name the same one; where they do not, the higher number of a view wins.
 */
import { byText, sortedUnique } from '../../lib/compare.ts';
import { lastAnswer } from '../../lib/memo.ts';
import { hasNoDoc, newest } from '../document/index.ts';
import { mayLead } from '../guests.ts';
import type { NodeId } from '../model.ts';
import type { View } from '../ports.ts';
import { actsApart, isKnownOff, standingOf } from '../quorum/standing.ts';
import { countOf, isMajority, totalOf } from '../quorum/votes.ts';
import { compareVersions, heartbeat, type NodeState, nodeIds, sameView } from '../state.ts';
import { alivePeers, isAlive } from './hearing.ts';
import { isOutvoted } from './outvoted.ts';

/**
 * The node that should propose: the coordinator of a working view, else who is already getting a proposal agreed, else the one
 * whose circle is largest, else the first in the file. All nodes judge by what beats say, so that they nearly always name the
 * same one; where they do not, the higher number wins.
 */
export function leaderOf(state: NodeState, nowMs: number): NodeId {
  return (
    workingCoordinator(state, nowMs) ??
    actingCoordinator(state, nowMs) ??
    pursuer(state, nowMs) ??
    widestCircle(state, nowMs)
  );
}

/** A peer that coordinates a view in which we are not: it will take us in. */
function actingCoordinator(state: NodeState, nowMs: number): NodeId | null {
  let best: NodeId | null = null;
  let number = -1;
  for (const node of alivePeers(state, nowMs)) {
    const beat = state.peers.get(node)?.beat;
    if (!beat || beat.promised.coordinator !== node || beat.installed !== beat.promised.number) continue;
    if (beat.installed <= number || lacksDoc(state, node, nowMs)) continue;
    best = node;
    number = beat.installed;
  }
  return best;
}

/**
 * The node whose proposal with us in it has the highest number: two that propose against each other would never end. One that cannot
 * get it agreed any more, or propose another, is not waited for.
 */
function pursuer(state: NodeState, nowMs: number): NodeId | null {
  let best: NodeId | null = null;
  let number = state.installed?.number ?? -1;
  for (const node of nodeIds(state)) {
    const view = proposalOf(state, node, nowMs);
    if (view === null || view.number <= number || circleSize(state, node, nowMs) <= 0) continue;
    best = node;
    number = view.number;
  }
  return best;
}

function proposalOf(state: NodeState, node: NodeId, nowMs: number): View | null {
  if (node === state.self) {
    const { promised } = state;
    return promised.coordinator === node && !sameView(promised, state.installed) ? promised : null;
  }
  const peer = state.peers.get(node);
  if (!isAlive(state, peer, nowMs) || peer.beat === null) return null;
  const { promised, installed } = peer.beat;
  const isOpen =
    promised.coordinator === node && installed !== promised.number && promised.members.includes(state.self);
  return isOpen && !isOutvoted(state, node, promised) ? promised : null;
}

function widestCircle(state: NodeState, nowMs: number): NodeId {
  let best = state.self;
  let bestSize = -1;
  for (const place of state.doc.cluster.nodes) {
    const node = place.id;
    if (!mayLead(place)) continue;
    const size = circleSize(state, node, nowMs);
    if (size > bestSize) {
      best = node;
      bestSize = size;
    }
  }
  return best;
}

/** How many nodes it hears that could lead a view, itself included; 0: too few; -1: it cannot lead. */
function circleSize(state: NodeState, node: NodeId, nowMs: number): number {
  // Counted as the others count it, or two would name each other.
  if (node === state.self) return circleOf(state, nowMs) === null ? 0 : 1 + alivePeers(state, nowMs).length;
  const peer = state.peers.get(node);
  if (!isAlive(state, peer, nowMs) || peer.beat === null || !mayAgree(state, node)) return -1;
  if (lacksDoc(state, node, nowMs)) return -1;
  const { voters, cluster } = state.doc;
  const known = nodeIds(state);
  const hears = sortedUnique([node, ...peer.beat.hears]).filter((id) => known.includes(id));
  return isMajority(hears, voters) || cluster.quorum.noQuorum === 'ignore' ? hears.length : 0;
}

/**
 * The nodes of a view that we could lead, sorted: each hears us both ways and enough of the rest to hold a lease; null: they may not
 * act.
 */
export const circleOf = lastAnswer((state: NodeState, nowMs: number): readonly NodeId[] | null => {
  const { voters, cluster } = state.doc;
  if (cluster.nodes.some((node) => node.id === state.self && !mayLead(node))) return null;
  if (state.docLost && !isEverybodyWithoutDoc(state, nowMs)) return null;
  let circle = [state.self, ...alivePeers(state, nowMs).filter((node) => mayAgree(state, node))].sort(byText);
  // Where half of the votes act, there is nobody else whom its members could have to hear.
  if (!isMajority(circle, voters)) return standingOf(state, circle, nowMs) === null ? null : circle;
  for (;;) {
    const current = circle;
    const able = current.filter(
      (node) =>
        node === state.self ||
        isMajority(hearsWithin(state, node, current), voters) ||
        isRecovering(state, node, nowMs),
    );
    if (able.length === circle.length) break;
    circle = able;
  }
  if (!isMajority(circle, voters)) return null;
  if (isInformed(state, circle)) return circle;
  const mayActAlone = cluster.quorum.noQuorum === 'ignore' && hasDoc(state, state.self);
  return mayActAlone ? circle.filter((node) => hasDoc(state, node)) : null;
});

/**
 * Whether the nodes of a view that is to be, which this one leads, have the newest document for certain: it coordinates already, a
 * majority of them has one, or all are there. One that has lost its own, or whose disk is new, may be the one that had acknowledged what
 * none of the others heard of. Where nobody has one nothing was decided yet; and half of a pair, or who acts alone, has no majority to ask.
 */
export function isInformed(state: NodeState, circle: readonly NodeId[]): boolean {
  const { self, installed } = state;
  const { voters } = newest(state);
  const knowing = circle.filter((node) => hasDoc(state, node));
  if (knowing.length === 0 || !isMajority(circle, voters)) return true;
  if (!knowing.includes(self)) return false;
  if (installed?.coordinator === self || isMajority(knowing, voters)) return true;
  return countOf(circle, voters) === totalOf(voters);
}

/** It leads nobody who has one. */
const lacksDoc = (state: NodeState, node: NodeId, nowMs: number): boolean =>
  !hasDoc(state, node) && [state.self, ...alivePeers(state, nowMs)].some((other) => hasDoc(state, other));

function hasDoc(state: NodeState, node: NodeId): boolean {
  const version = node === state.self ? newest(state).version : state.peers.get(node)?.beat?.docVersion;
  return version !== undefined && !hasNoDoc(version);
}

/** All nodes of the file are heard, but for those that are known to be off, and none of them has a document either. */
const isEverybodyWithoutDoc = (state: NodeState, nowMs: number): boolean =>
  state.doc.cluster.nodes.every(({ id: node, guest }) => {
    const peer = state.peers.get(node);
    // Whose machine the others have to start first cannot be waited for.
    if (node === state.self || guest !== undefined || isKnownOff(state, node)) return true;
    return isAlive(state, peer, nowMs) && peer.beat !== null && hasNoDoc(peer.beat.docVersion);
  });

/**
 * Between its promise and the installation of a view a node takes no orders: a proposal with somebody in it who has to wait for a disk, or
 * for fabric devices, before it can promise would hold up everybody for as long.
 */
function mayAgree(state: NodeState, node: NodeId): boolean {
  const beat = state.peers.get(node)?.beat;
  if (!beat || beat.agreesUpTo === undefined) return true;
  if (beat.agreesUpTo === 0) return false;
  // Machines that have just booted have promised nothing, all with the same number.
  if (beat.promised.coordinator !== '' && sameView(beat.promised, state.promised)) return true;
  return beat.agreesUpTo >= Math.max(state.promised.number, beat.promised.number + 1);
}

/** A member that hears too few for a moment, because its daemon has just started anew, is not put out for that. */
function isRecovering(state: NodeState, node: NodeId, nowMs: number): boolean {
  if (state.installed?.members.includes(node) !== true) return false;
  return nowMs - (state.peers.get(node)?.wellHeardAtMs ?? Number.NEGATIVE_INFINITY) < heartbeat(state).deadMs;
}

function hearsWithin(state: NodeState, node: NodeId, circle: readonly NodeId[]): NodeId[] {
  // We hear it both ways, whatever its last beat could know of that.
  const hears = state.peers.get(node)?.beat?.hears ?? [];
  return circle.filter((other) => other === node || other === state.self || hears.includes(other));
}

/** The coordinator of our view, while we hear it and it still acts in that view; null: there is none. */
export const workingCoordinator = lastAnswer((state: NodeState, nowMs: number): NodeId | null => {
  const view = state.installed;
  // Whoever agreed to a newer view of somebody else has left the older one, even if its coordinator is heard again.
  if (view === null || (!sameView(view, state.promised) && state.promised.coordinator !== view.coordinator))
    return null;
  if (yields(state, view, nowMs)) return null;
  if (view.coordinator === state.self) return circleOf(state, nowMs) === null ? null : state.self;
  const peer = state.peers.get(view.coordinator);
  if (!isAlive(state, peer, nowMs)) return null;
  // A coordinator that agreed to a view of somebody else has given its own up.
  const { beat } = peer;
  return beat?.installed === view.number && beat.promised.coordinator === peer.node ? peer.node : null;
});

/**
 * Two sides that both act without a majority (`tie: ping`, `no-quorum: ignore`) and hear each other again: the one with the older
 * document gives way (who wrote the newer one had a majority, perhaps by votes that the other one does not know), of one document the one
 * with the older view, and whoever meets a majority.
 */
function yields(state: NodeState, view: View, nowMs: number): boolean {
  const { voters } = state.doc;
  const staying = actsApart(state.doc) ? actingIn(state, view, nowMs) : view.members;
  if (isMajority(staying, voters)) return false;
  const acting = new Map<number, NodeId[]>();
  for (const node of alivePeers(state, nowMs)) {
    const beat = state.peers.get(node)?.beat;
    if (!beat || beat.installed === null || staying.includes(node)) continue;
    const isAhead = compareVersions(beat.docVersion, newest(state).version);
    // Its newest promise may be the view in which both meet; what it acts in says who is older.
    if (beat.promised.coordinator === node && (isAhead || beat.installed - view.number) > 0) return true;
    // A majority by our votes of which it does not know: it gives way to us.
    if (isAhead < 0) continue;
    acting.set(beat.installed, [...(acting.get(beat.installed) ?? []), node]);
  }
  return [...acting.values()].some((nodes) => isMajority(nodes, voters));
}

/** Some may have gone on in another one, or not be back in it since they were off, without having been missed. */
const actingIn = (state: NodeState, view: View, nowMs: number): readonly NodeId[] =>
  view.members.filter((node) => {
    const peer = state.peers.get(node);
    return node === state.self || (isAlive(state, peer, nowMs) && peer.beat?.installed === view.number);
  });

/**
 * What the coordinator keeps in order in the document by itself, one change at a time, before it orders anything:
 *
 * - a node that is back in the view is not off any more. Until that is decided nothing is ordered, so that no later coordinator
 *   can believe that a node which acts is off;
 * - a node that this one knows to be off is noted, so that later coordinators know it too;
 * - votes follow the cluster file, one safe step after the other, and a file that was accepted comes into force;
 * - a node that was away when rules changed is a stray until it has the document that changed them;
 * - whose watchdog is armed, of those that are here, so that a later coordinator relies on no other one;
 * - a node that was shut down and is back runs services again, first of all what was kept for it; what is kept too long is given free;
 * - `disarm` ends when its time is over.
 */
import { sortedUnique } from '../../lib/compare.ts';
import { holders, isAlone, isCurrent, noteInDoc, proposeDoc } from '../document/index.ts';
import { hasQuorum } from '../membership/lease.ts';
import type { Cluster, NodeId } from '../model.ts';
import { type Admin, type Doc, mayRunBy, type Stray, votersOf } from '../ports.ts';
import { isDisarmed } from '../quorum/standing.ts';
import { nextVotes, sameVotes, type Votes } from '../quorum/votes.ts';
import { changed, isFresh, type NodeState, nodeIds, put, type Turn } from '../state.ts';
import { inForce, withRulesChanged } from './rules.ts';
import { noteShutdowns, withShutdownsEnded } from './shutdowns.ts';

export function keepInOrder(turn: Turn): void {
  noteDisarmed(turn);
  noteShutdowns(turn);
  const { state, nowMs } = turn;
  const view = state.installed;
  if (view === null || !isCurrent(state) || isAlone(state, view)) return;
  if (state.pending !== null || !hasQuorum(state, nowMs)) return;
  // Nothing is ordered while a note is on its way: where no majority can save it, only those are made without which nothing may be.
  if (state.doc !== state.decided && !isUrgent(state)) return;
  const change = dueChange(turn);
  if (change !== null) noteInDoc(turn, change);
  else stepOn(turn);
}

/** A later coordinator would take a node for off that acts, or rely on a watchdog that is not armed. */
function isUrgent(state: NodeState): boolean {
  const { off, watched } = state.doc.admin;
  const members = state.installed?.members ?? [];
  const now = watchedNow(state);
  return members.some((node) => Object.hasOwn(off, node)) || watched.some((node) => !now.includes(node));
}

/** Each node counts for itself how long it has been disarmed, so that one that is cut off arms itself in time. */
function noteDisarmed(turn: Turn): void {
  const id = turn.state.doc.admin.disarmed?.id ?? null;
  if (id === (turn.state.disarmedSeen?.id ?? null)) return;
  put(turn, { disarmedSeen: id === null ? null : { id, atMs: turn.nowMs } });
}

function dueChange(turn: Turn): Pick<Doc, 'admin'> | null {
  const { state, nowMs } = turn;
  const admin = withShutdownsEnded(turn);
  const off = offNow(state);
  const stray = strayNow(state);
  const watched = watchedNow(state);
  const isOver = admin.disarmed !== null && !isDisarmed(state, nowMs);
  const isSame = off === admin.off && stray === admin.stray && watched === admin.watched;
  if (isSame && !isOver) return admin === state.doc.admin ? null : { admin };
  if (!isOver) return { admin: { ...admin, off, stray, watched } };
  changed(turn, 'cluster', 'disarmed', 'armed', 'the time that was given to disarm is over');
  const known = { ...admin, off, watched, disarmed: null };
  const armed = withRulesChanged(known, state.doc.cluster, 'the cluster was armed again');
  return { admin: armed };
}

function offNow(state: NodeState): Admin['off'] {
  const { off } = state.doc.admin;
  const members = state.installed?.members ?? [];
  const ended = Object.keys(off).filter((node) => members.includes(node));
  const known = [...state.off].filter(
    ([node, { because }]) => !members.includes(node) && off[node]?.because !== because,
  );
  if (ended.length === 0 && known.length === 0) return off;
  const kept = Object.entries(off).filter(([node]) => !ended.includes(node));
  return Object.fromEntries([...kept, ...known.map(([node, { because }]) => [node, { because }] as const)]);
}

function strayNow(state: NodeState): Admin['stray'] {
  const { stray } = state.doc.admin;
  const left = Object.entries(stray).filter(
    ([node, each]) => !knowsTheRules(state, node) || !hasStopped(state, node, each),
  );
  return left.length === Object.keys(stray).length ? stray : Object.fromEntries(left);
}

/** Of whom nothing new is known it stays as it was noted. */
function watchedNow(state: NodeState): Admin['watched'] {
  const { watched } = state.doc.admin;
  const isWatched = (node: NodeId): boolean => {
    const isHere = state.installed?.members.includes(node) === true && isFresh(state, node);
    return isHere ? state.records.get(node)?.watchdog === 'armed' : watched.includes(node);
  };
  const now = sortedUnique([...watched, ...nodeIds(state)].filter(isWatched));
  return now.join() === watched.join() ? watched : now;
}

/** It is here, and has the document in force: on its disk, or a daemon that ends now comes back with the old rules. */
const knowsTheRules = (state: NodeState, node: NodeId): boolean => holders(state, state.doc.version).includes(node);

/** All that a former file named for it. */
function hasStopped(state: NodeState, node: NodeId, { mayRun = [] }: Stray): boolean {
  if (mayRun.length > 0 && !isFresh(state, node)) return false;
  const { services = {} } = state.records.get(node) ?? {};
  return mayRun.every((id) => !mayRunBy(services[id]));
}

/**
 * A lease is counted by the votes that its holder knows: tables that are two steps apart may have majorities without a common node. So
 * nobody in the view may be more than one step behind, not even after a crash.
 */
const mayStep = (state: NodeState): boolean =>
  state.installed !== null && holders(state, state.doc.version).length === state.installed.members.length;

/** One step of votes, or the file that waited for them. */
function stepOn(turn: Turn): void {
  const { doc, installed } = turn.state;
  if (!mayStep(turn.state)) return;
  const present = installed?.members ?? [];
  const { next, voters, cluster } = doc;
  if (next === null) {
    const wanted = votersOf(cluster);
    if (sameVotes(voters, wanted)) return;
    const step = nextVotes(voters, wanted, present);
    if (step !== null) noteInDoc(turn, { voters: step });
    return;
  }
  // The last vote that leaves goes together with the file.
  const kept = keptVotes(voters, next.cluster);
  const step = sameVotes(voters, kept) ? voters : nextVotes(voters, kept, present);
  if (step === null) return;
  if (sameVotes(step, kept)) proposeDoc(turn, inForce(doc, next, step));
  else noteInDoc(turn, { voters: step });
}

/** The votes of those that stay. */
function keptVotes(voters: Votes, cluster: Cluster): Votes {
  const stays = new Set(cluster.nodes.map(({ id }) => id));
  return Object.fromEntries(Object.entries(voters).filter(([node]) => stays.has(node)));
}

/** The table to take in force together with `cluster`, where one step is enough for the nodes that leave; else null. */
export function votesAtOnce(state: NodeState, { voters }: Doc, cluster: Cluster): Votes | null {
  const kept = keptVotes(voters, cluster);
  if (sameVotes(voters, kept)) return voters;
  if (!mayStep(state)) return null;
  const present = state.installed?.members ?? [];
  const step = nextVotes(voters, kept, present);
  return step !== null && sameVotes(step, kept) ? step : null;
}

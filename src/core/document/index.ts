/**
 * Which cluster file is in force, and when is a change safe?
 *
 * Only the coordinator changes the document. A change is acted on and acknowledged when a majority of votes has it on
 * disk; then it survives the loss of any minority, because the next view's majority holds a node that has it, and a new
 * coordinator begins with the newest document among its members. It stamps that document with its own view before it
 * changes anything, so that a change of a former coordinator that reached only a minority can never come back later.
 */
import { byText } from '../../lib/compare.ts';
import { mayLead } from '../guests.ts';
import { alivePeers } from '../membership/hearing.ts';
import type { NodeId } from '../model.ts';
import { type Doc, noAdmin, type Version, type View } from '../ports.ts';
import { standingOf } from '../quorum/standing.ts';
import { countOf, isMajority, sameVotes, totalOf, type Votes, votesOf } from '../quorum/votes.ts';
import { changed, compareVersions, emit, type NodeState, noVersion, put, showVersion, type Turn } from '../state.ts';

/** The newest document that this node has, decided or not. */
export const newest = (state: NodeState): Doc => state.pending ?? state.doc;

export const hasNoDoc = (version: Version): boolean => compareVersions(version, noVersion) === 0;

/** Takes a newer document from another node of the view, or see `giveDoc`. */
export function absorbDoc(turn: Turn, from: NodeId, doc: Doc): void {
  const { state } = turn;
  if (compareVersions(doc.version, newest(state).version) <= 0) return;
  const known = compareVersions(doc.content, state.doc.content) === 0;
  const sender = from === state.installed?.coordinator ? 'the coordinator' : from;
  if (!known)
    changed(turn, 'cluster file', showVersion(state.doc.content), showVersion(doc.content), `sent by ${sender}`);
  enforce(turn, doc);
  save(turn, doc);
}

/** From now on this node goes by `doc`. What it went by until now, or proposed, may be decided without its having seen that. */
function enforce(turn: Turn, doc: Doc): void {
  const { doc: before, decided, pending } = turn.state;
  let { passed } = turn.state;
  for (const left of [before, pending]) {
    if (left === null || left === doc || left === decided || passed.some((each) => allowsTheSame(each, left))) continue;
    passed = [...passed, left];
  }
  put(turn, { doc, passed, docLost: false, pending: null, beatNow: true });
}

const allowsTheSame = (a: Doc, b: Doc): boolean =>
  JSON.stringify([a.cluster, a.admin, a.voters]) === JSON.stringify([b.cluster, b.admin, b.voters]);

function save(turn: Turn, doc: Doc): void {
  emit(turn, { kind: 'saveDoc', doc });
}

export function onDocSaved(turn: Turn, version: Version, ok: boolean, because: string): void {
  const { state, nowMs } = turn;
  if (!ok) {
    if (state.saveAgainMs === null)
      changed(turn, 'disk', 'writable', 'failing', `the cluster file could not be saved: ${because}`);
    return put(turn, { saveAgainMs: nowMs + state.limits.saveAgainAfterMs });
  }
  if (state.saveAgainMs !== null) changed(turn, 'disk', 'failing', 'writable', 'the cluster file is saved');
  put(turn, { saveAgainMs: null });
  if (compareVersions(version, state.onDisk) > 0) put(turn, { onDisk: version, beatNow: true });
}

/** A disk that was full may have room again. */
export function saveAgain(turn: Turn): void {
  const { saveAgainMs } = turn.state;
  if (saveAgainMs === null || turn.nowMs < saveAgainMs) return;
  put(turn, { saveAgainMs: turn.nowMs + turn.state.limits.saveAgainAfterMs });
  save(turn, newest(turn.state));
}

/** This node coordinates, and its document is stamped with the view: it may act and change. */
export function isCurrent(state: NodeState): boolean {
  const view = state.installed;
  if (view === null || view.coordinator !== state.self) return false;
  return newest(state).version.view === view.number || isAlone(state, view);
}

/** Without a majority (`no-quorum: ignore`) nodes act by the document that they have, and nobody changes it. */
export const isAlone = (state: NodeState, view: View): boolean =>
  state.doc.cluster.quorum.noQuorum === 'ignore' && !isMajority(view.members, state.doc.voters);

/** As coordinator: makes the newest document among the view's members ours. Called in every step. */
export function stampDoc(turn: Turn): void {
  const { state } = turn;
  const view = state.installed;
  if (view === null || view.coordinator !== state.self || isCurrent(state) || isAlone(state, view)) return;
  const isBehind = view.members.some((member) => {
    const theirs = state.peers.get(member)?.beat?.docVersion;
    return member !== state.self && (theirs === undefined || compareVersions(theirs, newest(state).version) > 0);
  });
  if (isBehind) return; // They send it: see `spreadDoc`.
  const version = { view: view.number, counter: 0 };
  const before = newest(state);
  const isFirst = before.content.view === 0;
  const doc: Doc = { ...before, version, content: isFirst ? version : before.content };
  // What nobody has agreed to yet (a file read at the first start) must reach a majority before it is acted on.
  if (isFirst) put(turn, { pending: doc, pendingSinceMs: turn.nowMs, beatNow: true });
  else enforce(turn, doc);
  save(turn, doc);
}

export type DocChange = Partial<Pick<Doc, 'source' | 'cluster' | 'admin' | 'voters' | 'next'>>;

/** As coordinator: a document that a user changed. It is not in force before a majority has it. */
export const proposeDoc = (turn: Turn, change: DocChange): Version => propose(turn, change, true);

/** As coordinator: what Sempre itself notes in the document. For people it stays the version that it was. */
export const noteInDoc = (turn: Turn, change: DocChange): Version => propose(turn, change, false);

function propose(turn: Turn, change: DocChange, isNewContent: boolean): Version {
  const before = newest(turn.state);
  const version = { view: before.version.view, counter: before.version.counter + 1 };
  const doc: Doc = { ...before, ...change, version, content: isNewContent ? version : before.content };
  put(turn, { pending: doc, pendingSinceMs: turn.nowMs, beatNow: true });
  save(turn, doc);
  return version;
}

/** Puts the pending document in force once it is on the disks of a majority, of the old nodes and of the new ones. */
export function decideDoc(turn: Turn): void {
  const { state } = turn;
  const { pending } = state;
  if (pending === null) return;
  // No longer ours to decide. It stays the newest that we know: a majority may hold it, and the next coordinator asks.
  if (!isCurrent(state)) return enforce(turn, pending);
  const has = holders(state, pending.version);
  if (!isDecidedBy(turn, has, state.doc.voters) || !isDecidedBy(turn, has, pending.voters)) return withdrawIfLate(turn);
  if (compareVersions(state.doc.content, pending.content) !== 0) {
    const from = showVersion(state.doc.content);
    changed(turn, 'cluster file', from, showVersion(pending.content), `on the disks of ${has.join(', ')}`);
  }
  tellVotes(turn, state.doc.voters, pending.voters);
  enforce(turn, pending);
}

/**
 * What a life of the daemon may go by that finds `doc` on its disk, after one that saw the document of version `noted` decided: that one,
 * if it is the same. Else nobody else may know what `doc` allows this node: it counts as allowing nothing until it is decided.
 */
export const decidedBefore = (doc: Doc, noted: Version): Doc =>
  compareVersions(doc.version, noted) === 0 ? doc : { ...doc, version: noVersion, ...allowingNothing(doc) };

const allowingNothing = ({ cluster, admin }: Doc): Pick<Doc, 'cluster' | 'admin'> => ({
  cluster: { ...cluster, quorum: { ...cluster.quorum, noQuorum: 'stop' } },
  admin: { ...admin, disarmed: null, maintenance: noAdmin.maintenance },
});

/** Each node sees by itself, from the beats of its view, that the document it acts by can no longer be lost. */
export function noteDecided(turn: Turn): void {
  const { state } = turn;
  if (state.doc === state.decided || state.installed === null) return;
  if (isDecidedBy(turn, holders(state, state.doc.version), state.doc.voters))
    put(turn, { decided: state.doc, passed: [] });
}

/** More than half of the votes, or in the half of a pair that acts all of them that are there. */
export function isDecidedBy({ state, nowMs }: Turn, has: readonly NodeId[], voters: Votes): boolean {
  if (isMajority(has, voters)) return true;
  const members = state.installed?.members ?? [];
  const standing = standingOf(state, members, nowMs);
  const voting = members.filter((node) => votesOf(node, voters) > 0);
  return (standing === 'tie' || standing === 'ping') && voting.length > 0 && voting.every((node) => has.includes(node));
}

function tellVotes(turn: Turn, before: Votes, after: Votes): void {
  if (before === after || sameVotes(before, after)) return;
  changed(turn, 'votes', showVotes(before), showVotes(after), 'one safe step at a time, as the cluster file says');
}

const showVotes = (votes: Votes): string =>
  Object.keys(votes)
    .sort(byText)
    .map((node) => `${node} ${votesOf(node, votes)}`)
    .join(', ');

/**
 * Takes a change back that a majority cannot keep (full disks): while it is pending nothing can be ordered, and services matter
 * more. The document in force gets a version above it, so that no copy of the change can come back.
 */
function withdrawIfLate(turn: Turn): void {
  const { state, nowMs } = turn;
  const { pending, doc } = state;
  const { withdrawAfterMs } = state.limits;
  if (pending === null || doc.content.view === 0 || nowMs - state.pendingSinceMs < withdrawAfterMs) return;
  const version = { view: pending.version.view, counter: pending.version.counter + 1 };
  const because = `no majority could save it within ${withdrawAfterMs / 1000} s`;
  changed(turn, 'cluster file', showVersion(pending.content), showVersion(doc.content), because);
  const inForce: Doc = { ...doc, version };
  const waitingAnswers = state.waitingAnswers.map((waiting) => ({ ...waiting, withdrawn: true }));
  put(turn, { waitingAnswers });
  enforce(turn, inForce);
  save(turn, inForce);
}

/**
 * Nodes of the view that have at least this version on disk, and that had it before they agreed to any newer view: the coordinator of
 * that one begins with what they had when they agreed, and may never hear of what they got afterwards.
 */
export function holders(state: NodeState, version: Version): string[] {
  const { installed } = state;
  if (installed === null) return [];
  return installed.members.filter((member) => {
    const beat = state.peers.get(member)?.beat;
    const onDisk = member === state.self ? state.onDisk : beat?.docOnDisk;
    const promised = member === state.self ? state.promised : beat?.promised;
    if (onDisk === undefined || promised === undefined || promised.number > installed.number) return false;
    return compareVersions(onDisk, version) >= 0;
  });
}

/** Sends the document to those that lack it: the coordinator to all members, a member to a coordinator that is behind. */
export function spreadDoc(turn: Turn): void {
  const { state } = turn;
  const view = state.installed;
  if (view === null) return giveDoc(turn);
  const leads = view.coordinator === state.self;
  if (leads && !isCurrent(state)) return;
  const doc = newest(state);
  for (const node of leads ? view.members : [view.coordinator]) {
    const theirs = state.peers.get(node)?.beat?.docVersion;
    if (node === state.self || theirs === undefined || compareVersions(theirs, doc.version) >= 0) continue;
    send(turn, node, doc);
  }
  if (!leads) updateOutsiders(turn, view.coordinator);
}

/**
 * A node that was away may go by a change that was given up, in which our coordinator is no node any more: each would wait for ever for
 * members of the other's view. What we have is newer. One that lost its own document stays known as such (see `isInformed`).
 */
function updateOutsiders(turn: Turn, coordinator: NodeId): void {
  const { state, nowMs } = turn;
  const doc = newest(state);
  for (const node of alivePeers(state, nowMs)) {
    const beat = state.peers.get(node)?.beat;
    if (!beat || beat.installed !== null || beat.hears.includes(coordinator) || hasNoDoc(beat.docVersion)) continue;
    if (compareVersions(beat.docVersion, doc.version) < 0) send(turn, node, doc);
  }
}

/**
 * Nobody leads nodes that have a document without having one (see `isInformed`). Where only a witness or a guest has one, which leads
 * nobody, the others would wait for each other for ever: it gives them what it has, once all that vote are heard and none can know more.
 */
function giveDoc(turn: Turn): void {
  const { state, nowMs } = turn;
  const doc = newest(state);
  const leaders = doc.cluster.nodes.filter(mayLead).map(({ id }) => id);
  if (hasNoDoc(doc.version) || leaders.includes(state.self)) return;
  const beats = alivePeers(state, nowMs).flatMap((node) => state.peers.get(node)?.beat ?? []);
  if (countOf([state.self, ...beats.map(({ from }) => from)], doc.voters) < totalOf(doc.voters)) return;
  if (beats.some(({ docVersion }) => compareVersions(docVersion, doc.version) > 0)) return;
  const takers = beats.filter(({ from }) => leaders.includes(from));
  if (!takers.every(({ installed, docVersion }) => installed === null && hasNoDoc(docVersion))) return;
  for (const { from } of takers) send(turn, from, doc);
}

const send = (turn: Turn, to: NodeId, doc: Doc): void =>
  emit(turn, { kind: 'send', to, message: { kind: 'doc', from: turn.state.self, boot: turn.state.boot, doc } });

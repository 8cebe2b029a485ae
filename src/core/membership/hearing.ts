/**
 * Whom do we hear, and who hears us?
 *
 * A peer counts as alive while something that *we* sent less than `dead` ago is known to have reached it. Our own send
 * time, echoed, is the only clock that is used: a packet that sat in a socket buffer through a pause, was repeated, or was
 * recorded by somebody looks fresh by its arrival, and stale by the echo in it.
 *
 * A restarted peer has a new `boot`. A beat of another life than the known one only counts once it echoes something fresh,
 * so that replaying the packets of a former life changes nothing.
 */
import type { Ms, NodeId } from '../model.ts';
import type { Beat, Echo } from '../ports.ts';
import { isMajority } from '../quorum/votes.ts';
import {
  changed,
  compareVersions,
  heartbeat,
  type LinkHeard,
  type NodeState,
  type Peer,
  put,
  sameView,
  type Turn,
} from '../state.ts';

export const unheard = (node: NodeId): Peer => ({
  node,
  boot: null,
  seq: -1,
  confirmedAtMs: null,
  peerSentAtMs: 0,
  heardAtMs: 0,
  candidate: null,
  grant: null,
  aliveSinceMs: Number.NEGATIVE_INFINITY,
  wellHeardAtMs: Number.NEGATIVE_INFINITY,
  links: new Map(),
  beat: null,
});

/** Both ways, lately. */
export const isAlive = (state: NodeState, peer: Peer | undefined, nowMs: Ms): peer is Peer =>
  peer !== undefined && peer.confirmedAtMs !== null && nowMs - peer.confirmedAtMs < heartbeat(state).deadMs;

export function alivePeers(state: NodeState, nowMs: Ms): NodeId[] {
  const alive: NodeId[] = [];
  for (const { id } of state.doc.cluster.nodes)
    if (id !== state.self && isAlive(state, state.peers.get(id), nowMs)) alive.push(id);
  return alive;
}

/**
 * Whether a beat only says again what its sender said before, and so only moves clocks on: most do, and the next tick will see
 * to those. Keeps the cost of a quiet cluster near that of its packets.
 */
export function saysNothingNew(state: NodeState, beat: Beat, nowMs: Ms): boolean {
  const peer = state.peers.get(beat.from);
  const known = peer?.beat ?? null;
  if (known === null || peer?.boot !== beat.boot || !isAlive(state, peer, nowMs)) return false;
  if (beat.seq <= known.seq) return true;
  return (
    sameView(known.promised, beat.promised) &&
    known.agreesUpTo === beat.agreesUpTo &&
    known.installed === beat.installed &&
    known.recordVersion === beat.recordVersion &&
    known.hears.length === beat.hears.length &&
    known.hears.every((node, i) => node === beat.hears[i]) &&
    compareVersions(known.docVersion, beat.docVersion) === 0 &&
    compareVersions(known.docContent, beat.docContent) === 0 &&
    compareVersions(known.docOnDisk, beat.docOnDisk) === 0
  );
}

export function absorbBeat(turn: Turn, link: number, beat: Beat): void {
  const { state, nowMs } = turn;
  if (beat.from === state.self || !state.doc.cluster.nodes.some(({ id }) => id === beat.from)) return;
  const peer = state.peers.get(beat.from) ?? unheard(beat.from);
  const after = peer.boot === beat.boot ? sameLife(state, peer, link, beat, nowMs) : otherLife(turn, peer, link, beat);
  put(turn, { peers: new Map(state.peers).set(beat.from, after) });
}

function sameLife(state: NodeState, peer: Peer, link: number, beat: Beat, nowMs: Ms): Peer {
  const echo = echoOfUs(state, beat);
  const links = new Map(peer.links).set(link, heardOn(state, peer, link, beat, echo, nowMs));
  if (beat.seq <= peer.seq) return { ...peer, links }; // Repeated, or the same beat on another link.
  const confirmedAtMs =
    echo === null ? peer.confirmedAtMs : Math.max(echo.sentAtMs, peer.confirmedAtMs ?? echo.sentAtMs);
  return {
    node: peer.node,
    boot: peer.boot,
    seq: beat.seq,
    confirmedAtMs,
    peerSentAtMs: beat.sentAtMs,
    heardAtMs: nowMs,
    candidate: null,
    grant: grantIn(state.self, peer, beat, echo),
    aliveSinceMs: isAlive(state, peer, nowMs) ? peer.aliveSinceMs : nowMs,
    wellHeardAtMs: hearsMajority(state, beat) ? nowMs : peer.wellHeardAtMs,
    links,
    beat,
  };
}

const hearsMajority = (state: NodeState, beat: Beat): boolean =>
  isMajority([beat.from, ...beat.hears], state.doc.voters);

/** The voter grants while it is promised to a view with us; a grant counts from our send time, never from its arrival. */
function grantIn(self: NodeId, peer: Peer, beat: Beat, echo: Echo | null): Peer['grant'] {
  const view = beat.promised;
  const since = beat.continuous.find((entry) => entry.node === self)?.since;
  if (since === undefined || !view.members.includes(self)) return null;
  const known = peer.grant !== null && peer.grant.since === since ? peer.grant : null;
  if (echo === null) return known === null ? null : { ...known, view };
  return { view, since, atMs: Math.max(echo.sentAtMs, known?.atMs ?? echo.sentAtMs) };
}

function heardOn(state: NodeState, peer: Peer, link: number, beat: Beat, echo: Echo | null, nowMs: Ms): LinkHeard {
  const rttMs = echo === null ? null : Math.max(0, nowMs - echo.sentAtMs - echo.heldMs);
  // Only the answer on the link that carried the question says something about that link.
  const known = peer.links.get(link)?.rttMs ?? null;
  const fresh = beat.seq > peer.seq && rttMs !== null && rttMs < heartbeat(state).deadMs;
  return { heardAtMs: nowMs, rttMs: fresh ? rttMs : known };
}

function otherLife(turn: Turn, peer: Peer, link: number, beat: Beat): Peer {
  const { state, nowMs } = turn;
  const echo = echoOfUs(state, beat);
  const fresh = echo !== null && nowMs - echo.sentAtMs < heartbeat(state).deadMs;
  // Answered at once, so that a daemon that was restarted is back before its lease runs out.
  if (peer.candidate?.boot !== beat.boot) put(turn, { beatNow: true });
  if (!fresh) return { ...peer, candidate: { boot: beat.boot, peerSentAtMs: beat.sentAtMs, heardAtMs: nowMs } };
  if (peer.boot !== null) changed(turn, `node ${peer.node}`, 'heard', 'restarted', 'its daemon has started anew');
  // It has to be told of everybody anew, which takes a moment.
  return sameLife(state, { ...unheard(peer.node), boot: beat.boot, wellHeardAtMs: nowMs }, link, beat, nowMs);
}

function echoOfUs(state: NodeState, beat: Beat): Echo | null {
  let newest: Echo | null = null;
  for (const echo of beat.echoes) {
    if (echo.node !== state.self || echo.boot !== state.boot) continue;
    if (newest === null || echo.sentAtMs > newest.sentAtMs) newest = echo;
  }
  return newest;
}

/** What we heard of others, for our next beat. */
export function echoes(state: NodeState, nowMs: Ms): Echo[] {
  const { deadMs } = heartbeat(state);
  const list: Echo[] = [];
  for (const { id: node } of state.doc.cluster.nodes) {
    const peer = state.peers.get(node);
    if (peer === undefined) continue;
    if (peer.boot !== null) {
      const links: number[] = [];
      for (const [link, heard] of peer.links) if (nowMs - heard.heardAtMs < deadMs) links.push(link);
      list.push({ node, boot: peer.boot, sentAtMs: peer.peerSentAtMs, heldMs: nowMs - peer.heardAtMs, links });
    }
    const candidate = peer.candidate;
    if (candidate !== null && nowMs - candidate.heardAtMs < deadMs)
      list.push({
        node,
        boot: candidate.boot,
        sentAtMs: candidate.peerSentAtMs,
        heldMs: nowMs - candidate.heardAtMs,
        links: [],
      });
  }
  return list;
}

/** After a pause longer than `dead` nothing that was confirmed before it counts any more: act as a newcomer. */
export function forgetConfirmations(turn: Turn): void {
  const peers = new Map<NodeId, Peer>();
  for (const [node, peer] of turn.state.peers) peers.set(node, { ...peer, confirmedAtMs: null, grant: null });
  put(turn, { peers });
}

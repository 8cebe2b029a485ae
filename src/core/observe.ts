/** Turns a node's state into the report that people and programs read. */
import { byText } from '../lib/compare.ts';
import { inputOf } from './execute/coordinate.ts';
import { underWayRecords } from './fencing/run.ts';
import { isAlive } from './membership/hearing.ts';
import { hasQuorum, leaseEndMs } from './membership/lease.ts';
import type { ClusterNode, Ms } from './model.ts';
import { isDisarmed, standingOf } from './quorum/standing.ts';
import { noQuorumBecause, waitsFor } from './quorum/words.ts';
import type { LinkReport, NodeReport, PeerReport } from './report.ts';
import { schedule } from './schedule/index.ts';
import { heartbeat, type NodeState } from './state.ts';

export function report(state: NodeState, nowMs: Ms): NodeReport {
  const input = inputOf(state, nowMs);
  return {
    node: state.self,
    boot: state.boot,
    view: state.installed,
    quorum: hasQuorum(state, nowMs),
    noQuorumBecause: noQuorumBecause(state, nowMs),
    waitsFor: waitsFor(state, nowMs),
    disarmedForMs: disarmedForMs(state, nowMs),
    fencing: underWayRecords(state, nowMs),
    off: [...state.off].map(([node, { because }]) => ({ node, because })),
    standing: state.installed === null ? null : standingOf(state, state.installed.members, nowMs),
    leaseLeftMs: Math.max(0, Math.round((leaseEndMs(state, nowMs) ?? nowMs) - nowMs)),
    peers: state.doc.cluster.nodes
      .filter((node) => node.id !== state.self)
      .map((node) => peerReport(state, node, nowMs)),
    version: state.doc.content,
    admin: state.doc.admin,
    records: [...state.records.values()].sort((a, b) => byText(a.node, b.node)),
    plan: input === null ? null : schedule(input),
  };
}

/** How much longer the cluster is disarmed, as this node counts it; null: it is armed. */
function disarmedForMs(state: NodeState, nowMs: Ms): Ms | null {
  const { disarmed } = state.doc.admin;
  if (disarmed === null || !isDisarmed(state, nowMs)) return null;
  return Math.max(0, Math.round(disarmed.forMs - (nowMs - (state.disarmedSeen?.atMs ?? nowMs))));
}

function peerReport(state: NodeState, node: ClusterNode, nowMs: Ms): PeerReport {
  const peer = state.peers.get(node.id);
  const alive = isAlive(state, peer, nowMs);
  const isMember = alive && state.installed?.members.includes(node.id) === true;
  const confirmedAtMs = peer?.confirmedAtMs ?? null;
  return {
    node: node.id,
    state: isMember ? 'member' : alive ? 'heard' : 'lost',
    confirmedAgoMs: confirmedAtMs === null ? null : Math.round(nowMs - confirmedAtMs),
    links: node.links.map(({ address }, link) => linkReport(state, node.id, link, address, nowMs)),
  };
}

function linkReport(state: NodeState, node: string, link: number, address: string, nowMs: Ms): LinkReport {
  const peer = state.peers.get(node);
  const heard = peer?.links.get(link);
  const isHeard = heard !== undefined && nowMs - heard.heardAtMs < heartbeat(state).deadMs;
  const theirs = peer?.beat?.echoes.find((echo) => echo.node === state.self && echo.boot === state.boot);
  const up = isHeard && isAlive(state, peer, nowMs) && theirs?.links.includes(link) === true;
  return { link, address, up, rttMs: up ? round(heard.rttMs) : null };
}

const round = (rttMs: Ms | null): Ms | null => (rttMs === null ? null : Math.round(rttMs * 100) / 100);

/** Links that work in both directions, of all that the cluster file names, for one line of status. */
export function linksUp(peers: readonly PeerReport[]): { readonly up: number; readonly all: number } {
  const links = peers.flatMap((peer) => peer.links);
  return { up: links.filter((link) => link.up).length, all: links.length };
}

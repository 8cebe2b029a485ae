/**
 * Which links of a node work, from what all answering nodes see.
 *
 * A node sees pairs of ends. A cut cable at one end darkens that end for everybody, so an end counts as up when at least
 * one other node hears it both ways.
 */
import type { Cluster, Ms, NodeId } from '../core/model.ts';
import type { PeerReport } from '../core/report.ts';
import type { LinkStatus } from './status.ts';

export type PeersSeen = ReadonlyMap<NodeId, readonly PeerReport[]>;

/** The links of one node, in the order of the file. */
export function linksOf(cluster: Cluster, node: NodeId, seen: PeersSeen): LinkStatus[] {
  const links = cluster.nodes.find((each) => each.id === node)?.links ?? [];
  return links.map(({ address }, index) => {
    const pairs = pairsOf(node, index, seen);
    const ups = pairs.filter((pair) => pair.up);
    const rtts = ups.flatMap((pair) => (pair.rttMs === null ? [] : [pair.rttMs]));
    return {
      address,
      up: pairs.length === 0 ? null : ups.length > 0,
      rttMs: rtts.length === 0 ? null : roundMs(Math.min(...rtts)),
    };
  });
}

interface Pair {
  readonly up: boolean;
  readonly rttMs: Ms | null;
}

/** What this node says of others on the link, and what others say of it. */
function pairsOf(node: NodeId, index: number, seen: PeersSeen): Pair[] {
  const pairs: Pair[] = [];
  for (const [observer, peers] of seen) {
    for (const peer of peers) {
      const link = peer.links.find((each) => each.link === index);
      if (link !== undefined && (observer === node || peer.node === node)) pairs.push(link);
    }
  }
  return pairs;
}

const roundMs = (ms: Ms): Ms => Math.round(ms * 100) / 100;

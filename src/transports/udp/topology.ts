/** What the cluster file says about this node's links and where its peers are on them. Addresses in the form that the kernel prints. */
import { isIP, SocketAddress } from 'node:net';
import type { Cluster, Ms, NodeId } from '../../core/model.ts';

export interface Topology {
  readonly clusterName: string;
  /** Of this node: UDP and TCP. */
  readonly port: number;
  readonly deadMs: Ms;
  /** This node's addresses, one a link. Empty when the file does not know this node. */
  readonly own: readonly string[];
  readonly peers: ReadonlyMap<NodeId, Place>;
  readonly peerAt: ReadonlyMap<string, NodeId>;
}

export interface Place {
  readonly port: number;
  /** On the links that both have. */
  readonly addresses: readonly string[];
}

export function topologyOf(cluster: Cluster, self: NodeId): Topology {
  const addressesOf = (node: Cluster['nodes'][number]): readonly string[] =>
    node.links.map((link) => canonicalAddress(link.address));
  const me = cluster.nodes.find((node) => node.id === self);
  const own = me === undefined ? [] : addressesOf(me);
  const peers = new Map<NodeId, Place>();
  const peerAt = new Map<string, NodeId>();
  for (const node of cluster.nodes) {
    if (node.id === self || own.length === 0) continue;
    const addresses = addressesOf(node).slice(0, own.length);
    peers.set(node.id, { port: node.port, addresses });
    for (const address of addresses) peerAt.set(address, node.id);
  }
  const { port, deadMs } = cluster.heartbeat;
  return { clusterName: cluster.name, port: me?.port ?? port, deadMs, own, peers, peerAt };
}

/** An address can be written in several ways; packets arrive with one of them. */
export function canonicalAddress(address: string): string {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return address;
  return new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' }).address;
}

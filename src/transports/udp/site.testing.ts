/** Nodes with the embedded transport on loopback addresses (imported by tests only). */
import { createSecretKey, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Cluster, NodeId } from '../../core/model.ts';
import { ringOf } from '../../identity/ring.ts';
import { must } from '../../lib/assert.ts';
import { type Member, type Site, testCluster } from '../contract.ts';
import { type ClusterKey, UdpTransport } from './index.ts';

export interface UdpMember extends Member {
  readonly transport: UdpTransport;
  readonly notes: string[];
  /** How the node answers questions; may be replaced. */
  answer: (from: NodeId, question: unknown) => Promise<unknown>;
}

export interface UdpSite extends Site {
  readonly key: ClusterKey;
  readonly port: number;
  readonly start: (node: NodeId, cluster?: Cluster, key?: ClusterKey) => Promise<UdpMember>;
  readonly member: (node: NodeId) => UdpMember;
  readonly addressOf: (node: NodeId, link: number) => string;
}

let sites = 0;

export async function makeUdpSite(addresses = loopback(), kernelFilter = true): Promise<UdpSite> {
  const cluster = testCluster(addresses, await freePort());
  const key = createSecretKey(randomBytes(32));
  const members = new Map<NodeId, UdpMember>();
  const member = (node: NodeId): UdpMember => must(members.get(node), `node ${node}`);
  return {
    cluster,
    key,
    port: cluster.heartbeat.port,
    member,
    addressOf: (node, link) => must(cluster.nodes.find(({ id }) => id === node)?.links[link]?.address, 'an address'),
    start: async (node, of = cluster, nodeKey = key) => {
      const made = makeMember(node, nodeKey, kernelFilter);
      members.set(node, made);
      made.transport.configure(of);
      return made;
    },
    stop: async (node) => {
      member(node).transport.close();
      members.delete(node);
    },
    close: async () => {
      for (const { transport } of members.values()) transport.close();
    },
  };
}

function makeMember(node: NodeId, key: ClusterKey, kernelFilter: boolean): UdpMember {
  const received: UdpMember['received'] = [];
  const notes: string[] = [];
  const transport = new UdpTransport({
    self: node,
    ring: ringOf(key),
    kernelFilter,
    onMessage: (link, message) => received.push({ link, message }),
    onAsk: (from, question) => made.answer(from, question),
    note: (text) => notes.push(text),
  });
  const made: UdpMember = { transport, received, notes, answer: async (from, question) => ({ from, question }) };
  return made;
}

/** Addresses of this process and site alone: a port that is free on one of them is free on all. */
function loopback(): readonly (readonly string[])[] {
  sites += 1;
  const net = `127.${10 + (process.pid % 200)}.${(Math.floor(process.pid / 200) + sites * 7) % 250}`;
  return [1, 2, 3].map((i) => [`${net}.${i}`, `${net}.${100 + i}`]);
}

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const socket = createSocket('udp4');
    socket.bind(0, () => {
      const { port } = socket.address();
      socket.close(() => done(port));
    });
  });

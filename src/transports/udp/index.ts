/**
 * The embedded transport: heartbeats and small messages as sealed datagrams on every link, large messages and questions
 * over the reliable channel on the same port. Nothing to install, nothing to configure beyond the cluster file and key.
 */
import type { Cluster, Ms, NodeId } from '../../core/model.ts';
import type { Beat, Message, Transport } from '../../core/ports.ts';
import { assert, must } from '../../lib/assert.ts';
import { decodeMessage, encodeMessage } from '../wire.ts';
import { type Asked, Channel } from './channel.ts';
import type { ClusterKey } from './keyfile.ts';
import { Keys } from './keys.ts';
import { Link } from './link.ts';
import type { Route } from './outlet.ts';
import { datagramBytesMax, inspectPacket, largestDatagramBytes, packetOverheadBytes } from './packet.ts';
import { Routes } from './routes.ts';
import { Session } from './session.ts';
import type { Refusal, TransportStats } from './stats.ts';
import { canonicalAddress, type Topology, topologyOf } from './topology.ts';

export type { Asked } from './channel.ts';
export { type ClusterKey, generateKey, parseKey, readKeyFile } from './keyfile.ts';
export type { ChannelStats, LinkStats, Refusal, TransportStats } from './stats.ts';

export interface UdpTransportOptions {
  readonly self: NodeId;
  readonly key: ClusterKey;
  /** An authentic, well-formed message whose sender is who it says. */
  readonly onMessage: (link: number, message: Message) => void;
  /** A peer's question, parsed and otherwise unchecked. A rejection is told to the peer in its words. */
  readonly onAsk: (from: NodeId, question: unknown) => Promise<unknown>;
  /** Something for the log: said once when it changes. */
  readonly note: (text: string) => void;
}

interface Peer {
  readonly session: Session;
  readonly routes: Routes;
}

const sayingsMax = 32;

export class UdpTransport implements Transport {
  readonly #options: UdpTransportOptions;
  readonly #channel: Channel;
  #topology: Topology = { clusterName: '', port: 0, deadMs: 0, own: [], peers: new Map(), peerAt: new Map() };
  #keys: Keys | null = null;
  #ownTag = '';
  readonly #links = new Map<string, Link>();
  readonly #peers = new Map<NodeId, Peer>();
  readonly #peerOfTag = new Map<string, Peer>();
  #encoded: { readonly message: Message; readonly bytes: Uint8Array } | null = null;
  readonly #said = new Set<string>();
  #sentToNobody = 0;

  constructor(options: UdpTransportOptions) {
    this.#options = options;
    this.#channel = new Channel({
      self: options.self,
      keys: () => this.#currentKeys(),
      peerAt: (address) => this.#topology.peerAt.get(address),
      routes: (peer) => this.#routes(peer),
      target: (peer, link) => ({
        peer,
        localAddress: must(this.#topology.own[link], 'an address of this node on the link'),
        address: must(this.#topology.peers.get(peer)?.[link], 'an address of the peer on the link'),
        port: this.#topology.port,
      }),
      message: (link, from, bytes) => void this.#deliver(link, from, bytes),
      ask: options.onAsk,
    });
  }

  send(to: NodeId, message: Message): void {
    const peer = this.#peers.get(to);
    if (peer === undefined) {
      this.#sentToNobody += 1;
      return;
    }
    const bytes = this.#encode(message);
    const packetBytes = bytes.length + packetOverheadBytes;
    const [best] = this.#routes(to);
    if (message.kind === 'beat' && packetBytes <= largestDatagramBytes) this.#sendOnEveryLink(to, peer, bytes);
    else if (packetBytes <= datagramBytesMax && best !== undefined) this.#sendOn(best.link, to, peer, bytes);
    else this.#channel.send(to, message.kind, bytes);
  }

  /** Asks a peer and gives what its `onAsk` answered; parsed JSON, otherwise unchecked. Never rejects. */
  ask(to: NodeId, question: unknown, timeoutMs: Ms): Promise<Asked> {
    if (!this.#peers.has(to)) return Promise.resolve({ ok: false, because: `${to} is no peer of this node` });
    return this.#channel.ask(to, question, timeoutMs);
  }

  /** Keeps what did not change: sockets by address and port, sessions and connections by peer. */
  configure(cluster: Cluster): void {
    const former = this.#topology;
    const { self, key } = this.#options;
    this.#topology = topologyOf(cluster, self);
    const renamed = this.#keys === null || former.clusterName !== this.#topology.clusterName;
    if (renamed) {
      this.#keys = new Keys(key, cluster.name);
      this.#ownTag = this.#keys.senderTag(self).toString('latin1');
      this.#peers.clear();
    }
    this.#configureLinks();
    this.#configurePeers(this.#currentKeys());
    const moved = (peer: NodeId, link: number): boolean =>
      renamed ||
      this.#linkOf(link) === undefined ||
      former.port !== this.#topology.port ||
      former.own[link] !== this.#topology.own[link] ||
      former.peers.get(peer)?.[link] !== this.#topology.peers.get(peer)?.[link];
    this.#channel.configured(moved, (node) => this.#peers.has(node));
  }

  stats(): TransportStats {
    const links = this.#topology.own.map((address, link) => this.#linkAt(address).stats(link));
    return { links, channel: this.#channel.stats(), sentToNobody: this.#sentToNobody };
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#peers.clear();
    this.#peerOfTag.clear();
    this.#topology = { ...this.#topology, own: [], peers: new Map(), peerAt: new Map() };
    this.#channel.close();
  }

  // ---------------------------------------------------------------- sending

  /** The same heartbeat goes to every peer in turn. */
  #encode(message: Message): Uint8Array {
    if (this.#encoded?.message !== message) this.#encoded = { message, bytes: encodeMessage(message) };
    return this.#encoded.bytes;
  }

  #sendOnEveryLink(to: NodeId, peer: Peer, bytes: Uint8Array): void {
    const addresses = this.#topology.peers.get(to) ?? [];
    for (let link = 0; link < addresses.length; link++) this.#sendOn(link, to, peer, bytes);
  }

  #sendOn(link: number, to: NodeId, peer: Peer, bytes: Uint8Array): void {
    const own = must(this.#topology.own[link], 'an address of this node on the link');
    const address = must(this.#topology.peers.get(to)?.[link], 'an address of the peer on the link');
    this.#linkAt(own).send(peer.session.seal(bytes), address);
  }

  #routes(to: NodeId): readonly Route[] {
    const addresses = this.#topology.peers.get(to) ?? [];
    const open = addresses.map((_, link) => link).filter((link) => this.#linkOf(link)?.open);
    const heardMs = performance.now() - this.#topology.deadMs;
    const routes = this.#peers.get(to)?.routes ?? new Routes();
    return routes.inOrder(open).map((link) => ({ link, heard: routes.heardSince(link, heardMs) }));
  }

  // ---------------------------------------------------------------- receiving

  #receive(address: string, packet: Buffer, from: string): void {
    const link = this.#topology.own.indexOf(address);
    if (link === -1) return;
    const refusal = this.#read(link, packet, from);
    if (refusal !== null) this.#linkAt(address).refuse(refusal);
  }

  /** In the order of what it costs: strangers are turned away before any cryptography. */
  #read(link: number, packet: Buffer, from: string): Refusal | null {
    const header = inspectPacket(this.#currentKeys(), packet);
    if (typeof header === 'string') return header;
    if (header.sender === this.#ownTag) return 'reflected';
    const peer = this.#peerOfTag.get(header.sender);
    if (peer === undefined) return 'unknownSender';
    const { session } = peer;
    if (this.#topology.peers.get(session.peer)?.[link] !== from) return 'foreign';
    const opened = session.open(packet, header);
    if (opened.outcome === 'replay' || opened.outcome === 'badTag') return opened.outcome;
    if (opened.greeting !== null) this.#linkOf(link)?.send(opened.greeting, from);
    if (opened.outcome === 'unproven') return 'unproven';
    peer.routes.heard(link, performance.now());
    return opened.body.length === 0 || this.#deliver(link, session.peer, opened.body) ? null : 'malformed';
  }

  /** False when it is no message, or not of the node that sealed it. */
  #deliver(link: number, from: NodeId, bytes: Uint8Array): boolean {
    const fault = { at: '' };
    const message = decodeMessage(bytes, fault);
    if (message === null || message.from !== from) {
      this.#sayOnce(`a message of ${from} cannot be read at "${fault.at}": does it run another version?`);
      return false;
    }
    if (message.kind === 'beat') this.#learnRoutes(message);
    this.#linkOf(link)?.accepted();
    this.#options.onMessage(link, message);
    return true;
  }

  #learnRoutes(beat: Beat): void {
    const echo = beat.echoes.find(({ node }) => node === this.#options.self);
    if (echo !== undefined) this.#peers.get(beat.from)?.routes.confirmed(echo.links);
  }

  #sayOnce(text: string): void {
    if (this.#said.has(text) || this.#said.size >= sayingsMax) return;
    this.#said.add(text);
    this.#options.note(text);
  }

  // ---------------------------------------------------------------- links and peers

  #configureLinks(): void {
    const { own, port } = this.#topology;
    for (const [address, link] of this.#links) {
      if (own.includes(address) && link.port === port) continue;
      link.close();
      this.#links.delete(address);
    }
    for (const address of own) if (!this.#links.has(address)) this.#links.set(address, this.#openLink(address, port));
  }

  #openLink(address: string, port: number): Link {
    return new Link(address, port, {
      packet: (packet, from) => this.#receive(address, packet, from),
      connection: (socket) => {
        const from = canonicalAddress(socket.remoteAddress ?? '');
        this.#channel.accept(socket, from, () => this.#topology.own.indexOf(address));
      },
      note: this.#options.note,
    });
  }

  #configurePeers(keys: Keys): void {
    for (const node of this.#peers.keys()) if (!this.#topology.peers.has(node)) this.#peers.delete(node);
    for (const node of this.#topology.peers.keys())
      if (!this.#peers.has(node))
        this.#peers.set(node, { session: new Session(keys, this.#options.self, node), routes: new Routes() });
    this.#peerOfTag.clear();
    for (const peer of this.#peers.values()) this.#peerOfTag.set(peer.session.peerTag, peer);
    assert(this.#peerOfTag.size === this.#peers.size, 'no two peers have the same tag');
  }

  #linkOf(link: number): Link | undefined {
    return this.#links.get(this.#topology.own[link] ?? '');
  }

  #linkAt(address: string): Link {
    return must(this.#links.get(address), 'a link for each address of this node');
  }

  #currentKeys(): Keys {
    return must(this.#keys, 'keys, once the transport is configured');
  }
}

/**
 * The embedded transport: heartbeats and small messages as sealed datagrams on every link, large messages and questions
 * over the reliable channel on the same port. Nothing to install, nothing to configure beyond the cluster file and key.
 */
import type { Cluster, Ms, NodeId } from '../../core/model.ts';
import type { Beat, Message, Transport } from '../../core/ports.ts';
import type { Ring } from '../../identity/ring.ts';
import { must } from '../../lib/assert.ts';
import { decodeMessage, encodeMessage } from '../wire.ts';
import { type Certified, OwnCertificate } from './certificate.ts';
import { type Asked, Channel } from './channel.ts';
import { filterProgram } from './filter.ts';
import type { Door } from './inlets.ts';
import { Link } from './link.ts';
import type { Route } from './outlet.ts';
import { datagramBytesMax, type Header, inspectPacket, largestDatagramBytes, packetOverheadBytes } from './packet.ts';
import { Routes } from './routes.ts';
import type { Session } from './session.ts';
import type { Refusal, TransportStats } from './stats.ts';
import { Suite } from './suite.ts';
import type { Credentials } from './tls.ts';
import { canonicalAddress, type Topology, topologyOf } from './topology.ts';

export type { Certified } from './certificate.ts';
export type { Asked } from './channel.ts';
export type { Door } from './inlets.ts';
export { type ClusterKey, generateKey, parseKey, readKeyFile } from './keyfile.ts';
export type { ChannelStats, LinkStats, Refusal, TransportStats } from './stats.ts';

export interface UdpTransportOptions {
  readonly self: NodeId;
  readonly ring: Ring;
  /** An authentic, well-formed message whose sender is who it says. */
  readonly onMessage: (link: number, message: Message) => void;
  /** A peer's question, parsed and otherwise unchecked. A rejection is told to the peer in its words. */
  readonly onAsk: (from: NodeId, question: unknown) => Promise<unknown>;
  /** Something for the log: said once when it changes. */
  readonly note: (text: string) => void;
  /** Where machines that are no peers yet may knock; without it nowhere. */
  readonly door?: Door;
  /** This node gave itself a certificate. */
  readonly onCertificate?: (certified: Certified) => void;
  /** Have the kernel throw garbage away. Without it everything comes in and is refused and counted here. */
  readonly kernelFilter?: boolean;
}

const sayingsMax = 32;
const closedDoor: Door = { isOpen: () => false, take: (socket) => void socket.destroy() };
const nothing = new Uint8Array(0);

export class UdpTransport implements Transport {
  readonly #options: UdpTransportOptions;
  readonly #channel: Channel;
  readonly #certificate: OwnCertificate;
  #topology: Topology = { clusterName: '', port: 0, deadMs: 0, own: [], peers: new Map(), peerAt: new Map() };
  #ring: Ring;
  /** One for each key of the ring. */
  #suites: readonly Suite[] = [];
  readonly #links = new Map<string, Link>();
  readonly #routesTo = new Map<NodeId, Routes>();
  #encoded: { readonly message: Message; readonly bytes: Uint8Array } | null = null;
  readonly #said = new Set<string>();
  #sentToNobody = 0;

  constructor(options: UdpTransportOptions) {
    this.#options = options;
    this.#ring = options.ring;
    this.#certificate = new OwnCertificate(options.self, (certified) => options.onCertificate?.(certified));
    this.#channel = new Channel({
      credentials: () => this.#credentials(),
      door: options.door ?? closedDoor,
      peerAt: (address) => this.#topology.peerAt.get(address),
      routes: (peer) => this.#routes(peer),
      target: (peer, link) => {
        const place = must(this.#topology.peers.get(peer), 'the place of the peer');
        return {
          peer,
          localAddress: must(this.#topology.own[link], 'an address of this node on the link'),
          address: must(place.addresses[link], 'an address of the peer on the link'),
          port: place.port,
        };
      },
      message: (link, from, bytes) => void this.#deliver(link, from, bytes),
      ask: options.onAsk,
    });
  }

  send(to: NodeId, message: Message): void {
    const session = this.#suites.length === 0 ? undefined : this.#used().sessionWith(to);
    if (session === undefined) {
      this.#sentToNobody += 1;
      return;
    }
    const bytes = this.#encode(message);
    const packetBytes = bytes.length + packetOverheadBytes;
    const [best] = this.#routes(to);
    if (message.kind === 'beat' && packetBytes <= largestDatagramBytes) this.#sendOnEveryLink(session, bytes);
    else if (packetBytes <= datagramBytesMax && best !== undefined) this.#sendOn(best.link, session, bytes);
    else this.#channel.send(to, message.kind, bytes);
  }

  /** Asks a peer and gives what its `onAsk` answered; parsed JSON, otherwise unchecked. Never rejects. */
  ask(to: NodeId, question: unknown, timeoutMs: Ms): Promise<Asked> {
    if (!this.#topology.peers.has(to)) return Promise.resolve({ ok: false, because: `${to} is no peer of this node` });
    return this.#channel.ask(to, question, timeoutMs);
  }

  /** Keeps what did not change: sockets by address and port, sessions and connections by peer. */
  configure(cluster: Cluster): void {
    const former = this.#topology;
    this.#topology = topologyOf(cluster, this.#options.self);
    const renamed = this.#suites.length === 0 || former.clusterName !== this.#topology.clusterName;
    if (renamed) this.#suites = this.#suitesOf(this.#ring, []);
    this.#configureLinks();
    this.#configurePeers();
    const moved = (peer: NodeId, link: number): boolean =>
      renamed ||
      this.#linkOf(link) === undefined ||
      former.port !== this.#topology.port ||
      former.own[link] !== this.#topology.own[link] ||
      former.peers.get(peer)?.port !== this.#topology.peers.get(peer)?.port ||
      former.peers.get(peer)?.addresses[link] !== this.#topology.peers.get(peer)?.addresses[link];
    this.#channel.configured(moved, (node) => this.#topology.peers.has(node));
    if (renamed) this.certify();
  }

  /** Other keys are accepted, or another one is sent with. Sessions of keys that stay go on. */
  setRing(ring: Ring): void {
    const isLess = this.#ring.keys.some(({ id }) => !ring.keys.some((key) => key.id === id));
    this.#ring = ring;
    if (this.#suites.length === 0) return;
    this.#suites = this.#suitesOf(ring, this.#suites);
    this.#configurePeers();
    this.prime();
    // Whoever was let in by a key that does not count any more has to show another certificate.
    if (isLess) this.#channel.renew('the cluster key changed');
  }

  /** Shakes hands with all peers under keys that are not sent with yet, so that no heartbeat is lost when they are. */
  prime(): void {
    for (const suite of this.#suites)
      if (suite.id !== this.#ring.using)
        for (const peer of this.#topology.peers.keys())
          this.#sendOnEveryLink(must(suite.sessionWith(peer), 'a session with each peer'), nothing);
  }

  /** Gives this node another certificate when it is time; each new connection looks by itself. */
  certify(): void {
    if (this.#suites.length > 0) this.#credentials();
  }

  stats(): TransportStats {
    const links = this.#topology.own.map((address, link) => this.#linkAt(address).stats(link));
    return { links, channel: this.#channel.stats(), sentToNobody: this.#sentToNobody };
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#suites = [];
    this.#topology = { ...this.#topology, own: [], peers: new Map(), peerAt: new Map() };
    this.#channel.close();
  }

  // ---------------------------------------------------------------- sending

  /** The same heartbeat goes to every peer in turn. */
  #encode(message: Message): Uint8Array {
    if (this.#encoded?.message !== message) this.#encoded = { message, bytes: encodeMessage(message) };
    return this.#encoded.bytes;
  }

  #sendOnEveryLink(session: Session, bytes: Uint8Array): void {
    const { addresses } = must(this.#topology.peers.get(session.peer), 'the place of the peer');
    for (let link = 0; link < addresses.length; link++) this.#sendOn(link, session, bytes);
  }

  #sendOn(link: number, session: Session, bytes: Uint8Array): void {
    const own = must(this.#topology.own[link], 'an address of this node on the link');
    const { port, addresses } = must(this.#topology.peers.get(session.peer), 'the place of the peer');
    const address = must(addresses[link], 'an address of the peer on the link');
    this.#linkAt(own).send(session.seal(bytes), port, address);
  }

  #routes(to: NodeId): readonly Route[] {
    const addresses = this.#topology.peers.get(to)?.addresses ?? [];
    const open = addresses.map((_, link) => link).filter((link) => this.#linkOf(link)?.open);
    const heardMs = performance.now() - this.#topology.deadMs;
    const routes = this.#routesTo.get(to) ?? new Routes();
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
    const found = this.#inspect(packet);
    if (typeof found === 'string') return found;
    const { suite, header } = found;
    if (header.sender === suite.ownTag) return 'reflected';
    const session = suite.sessionOfTag(header.sender);
    if (session === undefined) return 'unknownSender';
    const place = this.#topology.peers.get(session.peer);
    if (place?.addresses[link] !== from) return 'foreign';
    const opened = session.open(packet, header);
    if (opened.outcome === 'replay' || opened.outcome === 'badTag') return opened.outcome;
    if (opened.greeting !== null) this.#linkOf(link)?.send(opened.greeting, place.port, from);
    if (opened.outcome === 'unproven') return 'unproven';
    this.#routesTo.get(session.peer)?.heard(link, performance.now());
    return opened.body.length === 0 || this.#deliver(link, session.peer, opened.body) ? null : 'malformed';
  }

  /** Under which key a packet can have been sealed. */
  #inspect(packet: Buffer): { readonly suite: Suite; readonly header: Header } | Refusal {
    for (const suite of this.#suites) {
      const header = inspectPacket(suite.keys, packet);
      if (typeof header !== 'string') return { suite, header };
      if (header !== 'wrongCluster') return header;
    }
    return 'wrongCluster';
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
    if (echo !== undefined) this.#routesTo.get(beat.from)?.confirmed(echo.links);
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

  #configurePeers(): void {
    const peers = new Set(this.#topology.peers.keys());
    for (const suite of this.#suites) suite.configure(peers);
    for (const node of this.#routesTo.keys()) if (!peers.has(node)) this.#routesTo.delete(node);
    for (const node of peers) if (!this.#routesTo.has(node)) this.#routesTo.set(node, new Routes());
    if (this.#options.kernelFilter !== false) this.#configureFilters();
  }

  #configureFilters(): void {
    const cookies = this.#suites.map(({ keys }) => keys.cookie);
    for (const [link, own] of this.#topology.own.entries()) {
      const sources = [...this.#topology.peers.values()].flatMap(({ port, addresses }) => {
        const address = addresses[link];
        return address === undefined ? [] : [{ address, port }];
      });
      this.#linkAt(own).filter(filterProgram({ cookies, sources, packetBytesMax: largestDatagramBytes }));
    }
  }

  /** `known` ones are kept with their sessions. */
  #suitesOf(ring: Ring, known: readonly Suite[]): readonly Suite[] {
    const { clusterName } = this.#topology;
    return ring.keys.map(
      (key) => known.find(({ id }) => id === key.id) ?? new Suite(key, clusterName, this.#options.self),
    );
  }

  #used(): Suite {
    return must(
      this.#suites.find(({ id }) => id === this.#ring.using),
      'the key that is sent with',
    );
  }

  #credentials(): Credentials {
    const authorities = this.#suites.map(({ authority }) => authority);
    return this.#certificate.credentials(this.#used().authority, authorities, Date.now());
  }

  #linkOf(link: number): Link | undefined {
    return this.#links.get(this.#topology.own[link] ?? '');
  }

  #linkAt(address: string): Link {
    return must(this.#links.get(address), 'a link for each address of this node');
  }
}

/** Keys, certificate and new machines of a running node, put together around its transport. */
import type { IdentityApi } from '../api/identity.ts';
import type { NodeId } from '../core/model.ts';
import type { Change, Doc } from '../core/ports.ts';
import { authorityOf } from '../identity/certificate.ts';
import { usedOf } from '../identity/ring.ts';
import { writeToken } from '../identity/token.ts';
import { must } from '../lib/assert.ts';
import { failure, success } from '../lib/errors.ts';
import type { Certified, UdpTransport } from '../transports/udp/index.ts';
import { JoinDoor, type NodeRefusal } from './door.ts';
import { type Identity, saveIdentity, showCertificates, writtenKey } from './identity-file.ts';
import { KeyChange } from './key-change.ts';

export interface IdentityParts {
  readonly self: NodeId;
  readonly stateDirectory: string;
  readonly identity: Identity;
  /** The document that holds now. */
  readonly doc: () => Pick<Doc, 'cluster' | 'source'>;
  readonly isAlive: (node: NodeId) => boolean;
  readonly changed: (change: Change) => void;
  readonly note: (text: string) => void;
}

/** A certificate that is shown to nobody for weeks is renewed too: monitoring looks at its file. */
const certifyEveryMs = 3_600_000;

export class NodeIdentity implements IdentityApi {
  readonly door: JoinDoor;
  readonly #parts: IdentityParts;
  readonly #change: KeyChange;
  readonly #timer: NodeJS.Timeout;
  #transport: UdpTransport | null = null;
  #certified: Certified | null = null;

  constructor(parts: IdentityParts) {
    this.#parts = parts;
    const { self, stateDirectory, identity, changed, note } = parts;
    this.#change = new KeyChange(identity.ring, {
      self,
      nodes: () => parts.doc().cluster.nodes.map(({ id }) => id),
      ask: async (node, question, timeoutMs) => {
        const asked = await this.#used().ask(node, question, timeoutMs);
        return asked.ok ? asked.answer : null;
      },
      save: (ring) => saveIdentity(stateDirectory, { ...identity, ring }),
      use: (ring) => this.#used().setRing(ring),
      prime: () => this.#used().prime(),
      changed,
      note,
    });
    this.door = new JoinDoor({
      nodeOf: (machine) => this.#nodeOf(machine),
      refusal: (node) => this.#refusal(node),
      welcome: (node) => {
        const { keys, using } = this.#change.ring;
        const { cluster, source } = parts.doc();
        return { node, clusterName: cluster.name, source, keys: keys.map(writtenKey), using };
      },
      joined: (node, address) =>
        changed({ what: `node ${node}`, from: 'new', to: 'joined', because: `with a token, from ${address}` }),
    });
    this.#timer = setInterval(() => this.#transport?.certify(), certifyEveryMs);
    this.#timer.unref();
  }

  /** The transport that carries it; known later than this, because it is made with our ring and door. */
  attach(transport: UdpTransport): void {
    this.#transport = transport;
  }

  certified(certified: Certified): void {
    this.#certified = certified;
    void showCertificates(this.#parts.stateDirectory, certified);
  }

  /** Undefined: it is no question about keys. */
  answer(from: NodeId, question: unknown): Promise<unknown> {
    return this.#change.answer(from, question);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#change.close();
  }

  status(): ReturnType<IdentityApi['status']> {
    const shown = this.#certified;
    const certificate =
      shown === null
        ? null
        : {
            authority: shown.authority.fingerprint,
            notAfter: new Date(shown.certificate.notAfterMs).toISOString(),
          };
    return { key: this.#change.status(), certificate, door: this.door.status() };
  }

  rotate(): ReturnType<IdentityApi['rotate']> {
    return this.#change.rotate();
  }

  createToken(node: NodeId | null, ttlMs: number): ReturnType<IdentityApi['createToken']> {
    const { self } = this.#parts;
    const { cluster } = this.#parts.doc();
    const refusal = node === null ? null : this.#refusal(node);
    if (refusal !== null) return failure(refusal.code, refusal.because, 'sempre status');
    const me = cluster.nodes.find(({ id }) => id === self);
    if (me === undefined) return failure('NOT_IN_CLUSTER', `${self} is not in the cluster file any more`);
    const secret = this.door.create(node, ttlMs);
    if (secret === null) return failure('BUSY', 'too many tokens are open; wait until one was used or is over');
    const { fingerprint } = authorityOf(usedOf(this.#change.ring).secret, cluster.name);
    const addresses = me.links.map(({ address }) => address);
    const token = writeToken({ addresses, port: me.port, fingerprint, secret });
    return success({ token, expiresAt: new Date(Date.now() + ttlMs).toISOString() });
  }

  /** With or without its domain. */
  #nodeOf(machine: string): NodeId {
    const nodes = this.#parts.doc().cluster.nodes.map(({ id }) => id);
    const [short = machine] = machine.split('.');
    return nodes.includes(machine) || !nodes.includes(short) ? machine : short;
  }

  #refusal(node: NodeId): NodeRefusal | null {
    const nodes = this.#parts.doc().cluster.nodes.map(({ id }) => id);
    if (!nodes.includes(node)) {
      const because = `the cluster file has no node ${node}; it has ${nodes.join(', ')}`;
      return { why: 'no such node', code: 'NOT_IN_CLUSTER', because };
    }
    if (node === this.#parts.self || this.#parts.isAlive(node))
      return { why: 'node is running', code: 'ALREADY_THERE', because: `${node} is a running member already` };
    return null;
  }

  #used(): UdpTransport {
    return must(this.#transport, 'the transport');
  }
}

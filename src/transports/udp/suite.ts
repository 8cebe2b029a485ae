/** All that comes from one cluster key: what packets are told by and sealed with, and the authority of certificates. */
import type { NodeId } from '../../core/model.ts';
import { type Authority, authorityOf } from '../../identity/certificate.ts';
import type { RingKey } from '../../identity/ring.ts';
import { assert } from '../../lib/assert.ts';
import { Keys } from './keys.ts';
import { Session } from './session.ts';

export class Suite {
  readonly id: string;
  readonly keys: Keys;
  readonly authority: Authority;
  /** This node's own tag: what carries it came back. */
  readonly ownTag: string;
  readonly #self: NodeId;
  readonly #sessions = new Map<NodeId, Session>();
  readonly #ofTag = new Map<string, Session>();

  constructor({ id, secret }: RingKey, clusterName: string, self: NodeId) {
    this.id = id;
    this.keys = new Keys(secret, clusterName);
    this.authority = authorityOf(secret, clusterName);
    this.ownTag = this.keys.senderTag(self).toString('latin1');
    this.#self = self;
  }

  /** Keeps the sessions of peers that stay. */
  configure(peers: ReadonlySet<NodeId>): void {
    for (const peer of this.#sessions.keys()) if (!peers.has(peer)) this.#sessions.delete(peer);
    for (const peer of peers)
      if (!this.#sessions.has(peer)) this.#sessions.set(peer, new Session(this.keys, this.#self, peer));
    this.#ofTag.clear();
    for (const session of this.#sessions.values()) this.#ofTag.set(session.peerTag, session);
    assert(this.#ofTag.size === this.#sessions.size, 'no two peers have the same tag');
  }

  sessionWith(peer: NodeId): Session | undefined {
    return this.#sessions.get(peer);
  }

  sessionOfTag(tag: string): Session | undefined {
    return this.#ofTag.get(tag);
  }
}

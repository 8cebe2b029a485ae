/**
 * Packets between this node and one peer: sealed for it, opened once, and refused when they are not of now.
 *
 * Within one life of the sender (one salt) a window over the counters refuses repetitions. A salt that is not known
 * could belong to a restarted peer, or to a packet that somebody recorded last week. So each side keeps a random
 * challenge, which travels in all its packets, and a new salt is only believed when the packet echoes the challenge of
 * now. With that, the challenge is replaced: it opens the door once. What is remembered of a peer is one salt, one
 * window and one challenge, and no recorded packet is ever accepted again, however often either side restarted.
 *
 * A new life starts as follows; every arrow is a packet that is lost without harm, because heartbeats go on:
 *
 *   new life -> heartbeat with no echo -> peer: authentic but unproven; thrown away
 *            <- greeting that echoes the challenge of that heartbeat <-
 *   believes it; knows the peer's challenge
 *            -> greeting that echoes it -> peer: believes it; from now on heartbeats get through
 *
 * A greeting is no larger than what it answers and goes to the configured address, so that it amplifies nothing.
 */
import { type KeyObject, randomBytes } from 'node:crypto';
import type { NodeId } from '../../core/model.ts';
import { assert } from '../../lib/assert.ts';
import type { Keys } from './keys.ts';
import { type Header, openPacket, sealPacket } from './packet.ts';
import { ReplayWindow } from './replay.ts';

export type Opened =
  /** `greeting` must be sent back when it is not null; an empty `body` holds no message. */
  | { readonly outcome: 'accepted'; readonly body: Uint8Array; readonly greeting: Buffer | null }
  | { readonly outcome: 'unproven'; readonly greeting: Buffer }
  | { readonly outcome: 'replay' }
  | { readonly outcome: 'badTag' };

export class Session {
  readonly peer: NodeId;
  /** The peer's tag as `inspectPacket` gives it. */
  readonly peerTag: string;
  readonly #cookie: Buffer;
  readonly #senderTag: Buffer;
  readonly #sealKey: KeyObject;
  readonly #openKey: KeyObject;
  readonly #salt = random48();
  #counter = 0;
  #challenge = random48();
  #peerSalt: number | null = null;
  #peerChallenge = 0;
  #window = new ReplayWindow();

  constructor(keys: Keys, self: NodeId, peer: NodeId) {
    this.peer = peer;
    this.peerTag = keys.senderTag(peer).toString('latin1');
    this.#cookie = keys.cookie;
    this.#senderTag = keys.senderTag(self);
    this.#sealKey = keys.packetKey(self, peer);
    this.#openKey = keys.packetKey(peer, self);
  }

  seal(body: Uint8Array): Buffer {
    return this.#seal(body, this.#peerChallenge);
  }

  /** Opens a packet whose header names this peer. */
  open(packet: Buffer, { salt, counter }: Header): Opened {
    const known = salt === this.#peerSalt;
    if (known && !this.#window.isNew(counter)) return { outcome: 'replay' };
    const content = openPacket(this.#openKey, packet);
    if (content === null) return { outcome: 'badTag' };
    if (!known && content.echo !== this.#challenge)
      return { outcome: 'unproven', greeting: this.#seal(nothing, content.challenge) };
    if (!known) this.#believe(salt);
    if (this.#window.isNewest(counter)) this.#peerChallenge = content.challenge;
    this.#window.note(counter);
    return { outcome: 'accepted', body: content.body, greeting: known ? null : this.seal(nothing) };
  }

  #believe(salt: number): void {
    this.#peerSalt = salt;
    this.#window = new ReplayWindow();
    this.#challenge = random48();
  }

  #seal(body: Uint8Array, echo: number): Buffer {
    assert(this.#counter < 2 ** 48, 'a packet counter never comes twice');
    const counter = this.#counter++;
    const sealing = { cookie: this.#cookie, senderTag: this.#senderTag, key: this.#sealKey, salt: this.#salt, counter };
    return sealPacket(sealing, { challenge: this.#challenge, echo, body });
  }
}

const nothing = Buffer.alloc(0);

/** Never 0, which stands for none. */
const random48 = (): number => randomBytes(6).readUIntBE(0, 6) || 1;

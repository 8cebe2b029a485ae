/**
 * How a connection gets its keys: both sides send an ephemeral X25519 key with a MAC that only a holder of the cluster
 * key can make, for exactly these two nodes in these roles. The keys come from the ephemeral secret and the cluster key
 * together: who steals the cluster key later cannot read what was recorded, and who breaks X25519 still needs the key.
 *
 *   dialler  -> magic 4, sender 8, ephemeral key 32, MAC 32      the MAC turns strangers away before any curve arithmetic
 *   acceptor -> ephemeral key 32, MAC 32 over both messages      proves the acceptor, for this very connection
 *   dialler  -> its first frame                                  proves the dialler: a recorded first message gets this far
 */
import {
  createHmac,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import type { NodeId } from '../../core/model.ts';
import { type Keys, tagOfSenderBytes } from './keys.ts';

const magic = Buffer.from('SMC\u0001', 'latin1');
const publicBytes = 32;
const macBytes = 32;
const senderAt = magic.length;
const publicAt = senderAt + tagOfSenderBytes;
const helloMacAt = publicAt + publicBytes;

export const helloBytes = helloMacAt + macBytes;
export const welcomeBytes = publicBytes + macBytes;

/** Keys of the two directions, as one side sees them. */
export interface ConnectionKeys {
  readonly seal: KeyObject;
  readonly open: KeyObject;
}

export interface Dialling {
  readonly hello: Buffer;
  /** The keys when the acceptor's answer is right; null ends the connection. */
  readonly finish: (welcome: Buffer) => ConnectionKeys | null;
}

export function dial(keys: Keys, self: NodeId, peer: NodeId): Dialling {
  const own = generateKeyPairSync('x25519');
  const head = Buffer.concat([magic, keys.senderTag(self), rawPublic(own.publicKey)]);
  const hello = Buffer.concat([head, mac(keys.handshakeKey(self, peer), head)]);
  const finish = (welcome: Buffer): ConnectionKeys | null => {
    const theirs = welcome.subarray(0, publicBytes);
    const expected = mac(keys.handshakeKey(peer, self), hello, theirs);
    if (welcome.length !== welcomeBytes || !timingSafeEqual(welcome.subarray(publicBytes), expected)) return null;
    const [toAcceptor, toDialler] =
      directions(own.privateKey, theirs, keys.channelSecret(self, peer), [hello, welcome]) ?? [];
    return toAcceptor && toDialler ? { seal: toAcceptor, open: toDialler } : null;
  };
  return { hello, finish };
}

/** The tag of the node that the first message claims to be from; null when it is no such message. */
export function senderOfHello(hello: Buffer): string | null {
  if (hello.length !== helloBytes || magic.compare(hello, 0, senderAt) !== 0) return null;
  return hello.toString('latin1', senderAt, publicAt);
}

/** Answers a first message that claims to be from `peer`; null when it is not. */
export function accept(
  keys: Keys,
  self: NodeId,
  peer: NodeId,
  hello: Buffer,
): { readonly welcome: Buffer; readonly keys: ConnectionKeys } | null {
  if (hello.length !== helloBytes) return null;
  const expected = mac(keys.handshakeKey(peer, self), hello.subarray(0, helloMacAt));
  if (!timingSafeEqual(hello.subarray(helloMacAt), expected)) return null;
  const own = generateKeyPairSync('x25519');
  const ownPublic = rawPublic(own.publicKey);
  const welcome = Buffer.concat([ownPublic, mac(keys.handshakeKey(self, peer), hello, ownPublic)]);
  const theirs = hello.subarray(publicAt, helloMacAt);
  const [toAcceptor, toDialler] =
    directions(own.privateKey, theirs, keys.channelSecret(peer, self), [hello, welcome]) ?? [];
  return toAcceptor && toDialler ? { welcome, keys: { seal: toDialler, open: toAcceptor } } : null;
}

/** Keys from dialler to acceptor and back; null for an ephemeral key that gives no secret. */
function directions(
  own: KeyObject,
  theirs: Buffer,
  clusterSecret: Buffer,
  transcript: readonly Buffer[],
): readonly [KeyObject, KeyObject] | null {
  const ephemeral = secretOf(own, theirs);
  if (ephemeral === null) return null;
  const salt = hash('sha256', Buffer.concat(transcript), 'buffer');
  const both = Buffer.from(hkdfSync('sha256', Buffer.concat([ephemeral, clusterSecret]), salt, 'sempre channel 1', 64));
  return [createSecretKey(both.subarray(0, 32)), createSecretKey(both.subarray(32))];
}

/** OpenSSL refuses keys of low order, which would give a secret that everybody knows. */
function secretOf(own: KeyObject, theirs: Buffer): Buffer | null {
  try {
    const publicKey = createPublicKey({ key: Buffer.concat([spkiOfX25519, theirs]), format: 'der', type: 'spki' });
    return diffieHellman({ privateKey: own, publicKey });
  } catch {
    return null;
  }
}

/** What stands before the 32 bytes of an X25519 key in its DER form. */
const spkiOfX25519 = Buffer.from('302a300506032b656e032100', 'hex');

const rawPublic = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(spkiOfX25519.length);

function mac(key: KeyObject, ...parts: readonly Buffer[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

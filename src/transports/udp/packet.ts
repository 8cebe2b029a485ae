/**
 * One datagram: who sent it, once, to whom, in secret. AES-256-GCM; the header is authenticated with the content.
 *
 *   magic and version  4   cookie  8   sender  8   salt  6   counter  6  |  ciphertext  |  tag  16
 *
 * Salt (random, a new one in each life of a sender) and counter are the nonce; the key belongs to one direction between
 * two nodes, so that a nonce never comes twice. Inside, before the message, stand two challenges for `session.ts`.
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { cookieBytes, type Keys, tagOfSenderBytes } from './keys.ts';

export const magic = Buffer.from('SMP\u0001', 'latin1');
const senderAt = magic.length + cookieBytes;
const saltAt = senderAt + tagOfSenderBytes;
const counterAt = saltAt + 6;
const headerBytes = counterAt + 6;
const tagBytes = 16;
const challengesBytes = 12;

export const packetOverheadBytes = headerBytes + challengesBytes + tagBytes;

/** What fits through every network in one piece. */
export const datagramBytesMax = 1200;
/** Heartbeats of large clusters go out in one datagram all the same, which IP cuts into pieces. */
export const largestDatagramBytes = 8192;

/** What can be said of a packet without any cryptography. */
export type PacketRefusal = 'short' | 'oversize' | 'foreign' | 'wrongCluster';

export interface Header {
  /** The sender's tag as text, to look it up by. */
  readonly sender: string;
  readonly salt: number;
  readonly counter: number;
}

export interface Content {
  /** The sender's challenge: what the receiver echoes when it starts a new life. 0: none. */
  readonly challenge: number;
  /** The receiver's challenge as the sender heard it last. 0: it heard none. */
  readonly echo: number;
  /** Empty: only the challenges matter. */
  readonly body: Uint8Array;
}

export function inspectPacket(keys: Keys, packet: Buffer): Header | PacketRefusal {
  if (packet.length < packetOverheadBytes) return 'short';
  if (packet.length > largestDatagramBytes) return 'oversize';
  if (magic.compare(packet, 0, magic.length) !== 0) return 'foreign';
  // The cookie is a filter and no secret once a packet was seen, so that its comparison may take any time.
  if (keys.cookie.compare(packet, magic.length, senderAt) !== 0) return 'wrongCluster';
  return {
    sender: packet.toString('latin1', senderAt, saltAt),
    salt: packet.readUIntBE(saltAt, 6),
    counter: packet.readUIntBE(counterAt, 6),
  };
}

export interface Sealing {
  readonly cookie: Buffer;
  readonly senderTag: Buffer;
  readonly key: KeyObject;
  readonly salt: number;
  readonly counter: number;
}

export function sealPacket(sealing: Sealing, content: Content): Buffer {
  const header = Buffer.allocUnsafe(headerBytes);
  magic.copy(header, 0);
  sealing.cookie.copy(header, magic.length);
  sealing.senderTag.copy(header, senderAt);
  header.writeUIntBE(sealing.salt, saltAt, 6);
  header.writeUIntBE(sealing.counter, counterAt, 6);
  const challenges = Buffer.allocUnsafe(challengesBytes);
  challenges.writeUIntBE(content.challenge, 0, 6);
  challenges.writeUIntBE(content.echo, 6, 6);
  const cipher = createCipheriv('aes-256-gcm', sealing.key, header.subarray(saltAt));
  cipher.setAAD(header);
  const start = cipher.update(challenges);
  const rest = cipher.update(content.body);
  cipher.final();
  return Buffer.concat([header, start, rest, cipher.getAuthTag()]);
}

/** The content of a packet that `inspectPacket` let through; null when it was not sealed with this key. */
export function openPacket(key: KeyObject, packet: Buffer): Content | null {
  const tagAt = packet.length - tagBytes;
  const decipher = createDecipheriv('aes-256-gcm', key, packet.subarray(saltAt, headerBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(packet.subarray(0, headerBytes));
  decipher.setAuthTag(packet.subarray(tagAt));
  const plain = decipher.update(packet.subarray(headerBytes, tagAt));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return {
    challenge: plain.readUIntBE(0, 6),
    echo: plain.readUIntBE(6, 6),
    body: plain.subarray(challengesBytes),
  };
}

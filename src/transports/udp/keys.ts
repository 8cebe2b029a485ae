/**
 * All keys in use come from the cluster key by HKDF-SHA256, with the cluster's name as salt and the purpose as info:
 * clusters that share a key file by mistake do not understand each other, and no key serves two purposes.
 *
 * Keys between nodes are directional: what a node sealed for one peer cannot be shown to another peer, nor back to it.
 */
import { createSecretKey, hash, hkdfSync, type KeyObject } from 'node:crypto';
import type { NodeId } from '../../core/model.ts';
import type { ClusterKey } from './keyfile.ts';

export const cookieBytes = 8;
export const tagOfSenderBytes = 8;

export class Keys {
  /** At the start of every packet: whoever does not know it is turned away for the price of a comparison. */
  readonly cookie: Buffer;
  readonly #key: ClusterKey;
  readonly #clusterName: string;

  constructor(key: ClusterKey, clusterName: string) {
    this.#key = key;
    this.#clusterName = clusterName;
    this.cookie = this.#derive(['cookie'], cookieBytes);
  }

  /** Short for the sender's name in packets and handshakes. */
  senderTag(node: NodeId): Buffer {
    return this.#derive(['sender', node], tagOfSenderBytes);
  }

  packetKey(from: NodeId, to: NodeId): KeyObject {
    return createSecretKey(this.#derive(['packet', from, to], 32));
  }

  /** Proves in a handshake, as a MAC, that `from` knows the cluster key and means `to`. */
  handshakeKey(from: NodeId, to: NodeId): KeyObject {
    return createSecretKey(this.#derive(['handshake', from, to], 32));
  }

  /** Goes into the keys of a connection beside the ephemeral secret. */
  channelSecret(dialler: NodeId, acceptor: NodeId): Buffer {
    return this.#derive(['channel', dialler, acceptor], 32);
  }

  /** The purpose is hashed, because HKDF bounds the length of info and names may be long. */
  #derive(purpose: readonly string[], bytes: number): Buffer {
    const info = hash('sha256', JSON.stringify(['sempre 1', ...purpose]), 'buffer');
    return Buffer.from(hkdfSync('sha256', this.#key, this.#clusterName, info, bytes));
  }
}

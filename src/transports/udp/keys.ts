/**
 * Keys of datagrams, from one cluster key (`src/identity/derive.ts`).
 *
 * Keys between nodes are directional: what a node sealed for one peer cannot be shown to another peer, nor back to it.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { NodeId } from '../../core/model.ts';
import { type ClusterKey, derive } from '../../identity/derive.ts';

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

  /** Short for the sender's name in packets. */
  senderTag(node: NodeId): Buffer {
    return this.#derive(['sender', node], tagOfSenderBytes);
  }

  packetKey(from: NodeId, to: NodeId): KeyObject {
    return createSecretKey(this.#derive(['packet', from, to], 32));
  }

  #derive(purpose: readonly string[], bytes: number): Buffer {
    return derive(this.#key, this.#clusterName, purpose, bytes);
  }
}

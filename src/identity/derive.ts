/**
 * All keys in use come from the cluster key by HKDF-SHA256, with the cluster's name as salt and the purpose as info:
 * clusters that share a key file by mistake do not understand each other, and no key serves two purposes.
 */
import { hash, hkdfSync, type KeyObject } from 'node:crypto';

/** Kept as an opaque object, so that it cannot get into a log line or a message by mistake. */
export type ClusterKey = KeyObject;

/** The purpose is hashed, because HKDF bounds the length of info and names may be long. */
export function derive(key: ClusterKey, clusterName: string, purpose: readonly string[], bytes: number): Buffer {
  const info = hash('sha256', JSON.stringify(['sempre 1', ...purpose]), 'buffer');
  return Buffer.from(hkdfSync('sha256', key, clusterName, info, bytes));
}

/**
 * The cluster keys that a node accepts, and the one it sends with. Pure.
 *
 * A change of keys needs no coordinator, because every step only rests on what can no longer change:
 *
 * 1. a node that is offered a newer key takes it, keeps it on disk, and accepts what is sealed with it;
 * 2. a node sends with its newest key once every node of the cluster file has it;
 * 3. a node drops its older keys once every node of the cluster file sends with the newest.
 *
 * A node never gives up a key that it has said it has but by step 3, and never goes back to send with an older one. So at
 * every moment, also when two operators begin at once, whatever a node sends with, all others accept.
 */
import { createHmac } from 'node:crypto';
import type { NodeId } from '../core/model.ts';
import { assert, must } from '../lib/assert.ts';
import { byText } from '../lib/compare.ts';
import type { ClusterKey } from './derive.ts';

export interface RingKey {
  /** Counts up with each change. Two keys of one generation come from two changes at the same time. */
  readonly generation: number;
  /** Names the key without telling it. */
  readonly id: string;
  readonly secret: ClusterKey;
  /** RFC 3339; null: not known. */
  readonly madeAt: string | null;
}

export interface Ring {
  /** Oldest first; never empty. */
  readonly keys: readonly RingKey[];
  /** Id of the key that is sent with. */
  readonly using: string;
}

/** What a node says of its ring. */
export interface RingState {
  readonly has: readonly string[];
  readonly using: string;
}

/** One in use, one to come, and room for the case that several operators began at once. */
export const keysMax = 8;

export const keyId = (secret: ClusterKey): string =>
  createHmac('sha256', secret).update('sempre key id').digest('hex').slice(0, 16);

export const ringKey = (secret: ClusterKey, generation: number, madeAt: string | null): RingKey => ({
  generation,
  id: keyId(secret),
  secret,
  madeAt,
});

export const ringOf = (secret: ClusterKey, generation = 1, madeAt: string | null = null): Ring => {
  const key = ringKey(secret, generation, madeAt);
  return { keys: [key], using: key.id };
};

export const newestOf = (ring: Ring): RingKey => must(ring.keys.at(-1), 'a key in the ring');

export const usedOf = (ring: Ring): RingKey =>
  must(
    ring.keys.find(({ id }) => id === ring.using),
    'the key in use',
  );

export const stateOf = (ring: Ring): RingState => ({ has: ring.keys.map(({ id }) => id), using: ring.using });

/** A change of keys is under way. */
export const isChanging = (ring: Ring): boolean => ring.keys.length > 1;

const byAge = (a: RingKey, b: RingKey): number => a.generation - b.generation || byText(a.id, b.id);

/** Takes a key that is newer than all it has. Null: there is no room, a change has to end first. */
export function take(ring: Ring, key: RingKey): Ring | null {
  if (ring.keys.some(({ id }) => id === key.id) || byAge(key, newestOf(ring)) < 0) return ring;
  if (ring.keys.length >= keysMax) return null;
  return { ...ring, keys: [...ring.keys, key] };
}

export interface Progress {
  readonly ring: Ring;
  /** Nodes that are not known to have the newest key. */
  readonly withoutNewest: readonly NodeId[];
  /** Nodes that are not known to send with it. */
  readonly notUsing: readonly NodeId[];
}

/** Steps 2 and 3, as far as what the other nodes of the cluster file said last allows it. */
export function advance(ring: Ring, others: readonly NodeId[], said: ReadonlyMap<NodeId, RingState>): Progress {
  const newest = newestOf(ring).id;
  const withoutNewest = others.filter((node) => said.get(node)?.has.includes(newest) !== true);
  const notUsing = others.filter((node) => said.get(node)?.using !== newest);
  const switched = withoutNewest.length === 0 ? { ...ring, using: newest } : ring;
  const isOver = notUsing.length === 0 && switched.using === newest;
  const next = isOver ? { keys: [newestOf(ring)], using: newest } : switched;
  assert(
    next.keys.some(({ id }) => id === next.using),
    'a node has the key that it sends with',
  );
  return { ring: next, withoutNewest, notUsing };
}

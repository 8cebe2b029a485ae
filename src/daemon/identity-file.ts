/**
 * Who this node is, on its disk: `identity/` in the state directory.
 *
 *   keys.json        the cluster keys that hold, which one is sent with, this node's name; mode 0600, sealed
 *   authority.pem    the certificate of the cluster's authority ...
 *   certificate.pem  ... and this node's: both public, for people and monitoring; nothing reads them here
 *
 * A cluster that is given a key file needs none of it: `keys.json` comes with the first change of keys. It then counts
 * for as long as the key file is the one that it began with.
 */
import { createSecretKey } from 'node:crypto';
import { constants } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeId } from '../core/model.ts';
import { keyId, keysMax, type Ring, type RingKey, ringKey, ringOf } from '../identity/ring.ts';
import { failure, type Result, success } from '../lib/errors.ts';
import type { Certified } from '../transports/udp/index.ts';
import { readKeyFile } from '../transports/udp/keyfile.ts';
import { makeDirectory } from './directory.ts';
import { reasonOf } from './reason.ts';
import { readSealed, SealedFile } from './sealed-file.ts';
import { setAside } from './storage-aside.ts';
import { realDisk, type Written } from './storage-disk.ts';

export interface Identity {
  readonly ring: Ring;
  /** Id of the key in the key file that the ring began with; null: it began with `init` or `join`. */
  readonly origin: string | null;
  /** As `init` or `join` were told; null: the daemon finds out by itself. */
  readonly node: NodeId | null;
}

export interface Loaded {
  readonly identity: Identity;
  readonly remarks: readonly string[];
}

const folderOf = (stateDirectory: string): string => join(stateDirectory, 'identity');
const keysOf = (stateDirectory: string): string => join(folderOf(stateDirectory), 'keys.json');

/** What is kept, or else what the key file says. A file that is damaged is set aside and said. */
export async function loadIdentity(stateDirectory: string, keyFile: string, now: Date): Promise<Result<Loaded>> {
  const found = await readKept(stateDirectory, now);
  const { kept } = found;
  if (kept !== null && (kept.origin === null || !(await isThere(keyFile)))) {
    const unused = kept.origin === null && (await isThere(keyFile));
    const remark = `${keyFile} is not used: this node has its keys from sempre init or join`;
    return success({ identity: kept, remarks: [...found.remarks, ...(unused ? [remark] : [])] });
  }
  const key = readKeyFile(keyFile);
  if (!key.ok) return (await isThere(keyFile)) ? key : noKey(keyFile, stateDirectory);
  const id = keyId(key.value);
  if (kept !== null && (kept.origin === id || kept.ring.keys.some((each) => each.id === id)))
    return success({ identity: kept, remarks: found.remarks });
  const changed =
    kept === null ? [] : [`${keyFile} was replaced by hand: it counts, and what sempre key rotate had made does not`];
  const ring = ringOf(key.value, 1, await changedAt(keyFile));
  return success({ identity: { ring, origin: id, node: kept?.node ?? null }, remarks: [...found.remarks, ...changed] });
}

const noKey = (keyFile: string, stateDirectory: string) =>
  failure(
    'KEY_INVALID',
    `this machine belongs to no cluster: there is neither ${keyFile} nor ${keysOf(stateDirectory)}`,
    'sempre init on the first node, sempre join TOKEN on others',
  );

/** Whether `init` or `join` would overwrite something. */
export async function hasIdentity(stateDirectory: string): Promise<boolean> {
  return isThere(keysOf(stateDirectory));
}

/** Keeps it; nothing may rest on it before this has returned. */
export async function saveIdentity(stateDirectory: string, identity: Identity): Promise<Written> {
  const made = await makeIdentityFolder(stateDirectory);
  if (!made.ok) return made;
  return new SealedFile(keysOf(stateDirectory)).save(writtenOf(identity));
}

export async function makeIdentityFolder(stateDirectory: string): Promise<Written> {
  const folder = folderOf(stateDirectory);
  try {
    await makeDirectory(stateDirectory, 0o750);
    await makeDirectory(folder, 0o700);
    await access(folder, constants.W_OK);
    return { ok: true };
  } catch (error) {
    return { ok: false, because: `${folder} cannot be written: ${reasonOf(error)}` };
  }
}

/** Best effort: these are for people. */
export async function showCertificates(stateDirectory: string, { authority, certificate }: Certified): Promise<void> {
  const folder = folderOf(stateDirectory);
  try {
    await makeIdentityFolder(stateDirectory);
    await writeFile(join(folder, 'authority.pem'), authority.certificate.toString(), { mode: 0o644 });
    await writeFile(join(folder, 'certificate.pem'), certificate.certificate.toString(), { mode: 0o644 });
  } catch {
    // The daemon has them in memory and needs no file.
  }
}

// ---------------------------------------------------------------- the file

interface WrittenKey {
  readonly generation: number;
  readonly secret: string;
  readonly madeAt: string | null;
}

/** Of a key, for a disk or a channel that nobody else reads. */
export const writtenKey = ({ generation, secret, madeAt }: RingKey): WrittenKey => ({
  generation,
  secret: secret.export().toString('base64'),
  madeAt,
});

/** Null for what is no key. */
export function readKey(data: unknown): RingKey | null {
  const { generation, secret, madeAt } = (data ?? {}) as Partial<Record<keyof WrittenKey, unknown>>;
  if (typeof generation !== 'number' || !Number.isSafeInteger(generation) || generation < 1) return null;
  if (typeof secret !== 'string' || secret.length > 8192) return null;
  if (madeAt !== null && typeof madeAt !== 'string') return null;
  const bytes = Buffer.from(secret, 'base64');
  return bytes.length < 32 ? null : ringKey(createSecretKey(bytes), generation, madeAt);
}

/** Null for what is no ring. */
export function readRing(keys: unknown, using: unknown): Ring | null {
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > keysMax) return null;
  const read = keys.map(readKey);
  if (read.some((key) => key === null)) return null;
  const ring = { keys: read as RingKey[], using: typeof using === 'string' ? using : '' };
  return ring.keys.some(({ id }) => id === ring.using) ? ring : null;
}

const writtenOf = ({ ring, origin, node }: Identity) => ({
  node,
  origin,
  keys: ring.keys.map(writtenKey),
  using: ring.using,
});

async function readKept(directory: string, now: Date): Promise<{ kept: Identity | null; remarks: readonly string[] }> {
  const path = keysOf(directory);
  const found = await readSealed(path);
  if (found.state === 'absent') return { kept: null, remarks: [] };
  const kept = found.state === 'read' ? identityOf(found.data) : null;
  if (kept !== null) return { kept, remarks: [] };
  const because = found.state === 'bad' ? found.because : 'its content has another shape than this version writes';
  return { kept: null, remarks: [await setAside(realDisk, path, because, now)] };
}

function identityOf(data: unknown): Identity | null {
  const { node, origin, keys, using } = (data ?? {}) as Record<string, unknown>;
  const ring = readRing(keys, using);
  if (ring === null || !isTextOrNull(node) || !isTextOrNull(origin)) return null;
  return { ring, origin, node };
}

const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === 'string';

const isThere = (path: string): Promise<boolean> =>
  access(path, constants.F_OK).then(
    () => true,
    () => false,
  );

const changedAt = (path: string): Promise<string | null> =>
  stat(path).then(
    ({ mtime }) => mtime.toISOString(),
    () => null,
  );

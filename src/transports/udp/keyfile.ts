/**
 * The cluster key: one secret file, the same on every node. Whoever reads it can command the cluster, so a file that
 * others can read is refused, as ssh does, with the command that mends it.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import type { ClusterKey } from '../../identity/derive.ts';
import { failure, type Result, success } from '../../lib/errors.ts';

export type { ClusterKey } from '../../identity/derive.ts';

const keyBytesMin = 32;
const fileBytesMax = 4096;
/** Fewer different characters than this are no random key, but somebody's placeholder. */
const distinctMin = 10;

/** The content of a new key file: write it with mode 0600 and the flag `wx`. */
export const generateKey = (): string => `${randomBytes(keyBytesMin).toString('hex')}\n`;

/** Reads and checks the key file. `uid` is the user that the daemon runs as. */
export function readKeyFile(path: string, uid = process.getuid?.() ?? 0): Result<ClusterKey> {
  const opened = open(path);
  if (!opened.ok) return opened;
  try {
    const wrong = unsafe(path, fstatSync(opened.value), uid);
    if (wrong !== null) return wrong;
    return parseKey(readAll(opened.value), path);
  } catch (error) {
    return unreadable(path, error);
  } finally {
    closeSync(opened.value);
  }
}

/** The key in the content of a file: text, hexadecimal, base64, or raw bytes. Space around a text does not count. */
export function parseKey(content: Buffer, path: string): Result<ClusterKey> {
  if (content.length > fileBytesMax) return weak(path, `is larger than ${fileBytesMax} bytes`);
  const text = content.toString('latin1');
  const printable = /^[\t\n\r\x20-\x7e]*$/.test(text);
  const key = printable ? Buffer.from(text.trim(), 'latin1') : content;
  const bytes = printable && /^[0-9a-f]*$/i.test(text.trim()) ? Math.floor(key.length / 2) : key.length;
  if (bytes < keyBytesMin) return weak(path, `holds a key of ${bytes} bytes; it needs at least ${keyBytesMin}`);
  if (new Set(key).size < distinctMin) return weak(path, 'holds a key that is not random');
  return success(createSecretKey(key));
}

/** The checks are made on the open file, so that nobody can exchange it in between; a FIFO must not block us. */
function open(path: string): Result<number> {
  try {
    return success(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  } catch (error) {
    return unreadable(path, error);
  }
}

function unsafe(path: string, stats: Stats, uid: number): ReturnType<typeof failure> | null {
  if (!stats.isFile()) return failure('KEY_INVALID', `The cluster key ${path} is not a regular file`);
  if (stats.uid !== uid && stats.uid !== 0) {
    const message = `The cluster key ${path} belongs to user ${stats.uid}; it must belong to user ${uid} or root`;
    return failure('KEY_PERMISSIONS', message, `chown ${uid} ${quoted(path)}`);
  }
  if ((stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    const message = `The cluster key ${path} can be reached by others than its owner (mode ${mode})`;
    return failure('KEY_PERMISSIONS', message, `chmod 600 ${quoted(path)}`);
  }
  return null;
}

/** One byte more than is allowed, so that a file that is too large is noticed. */
function readAll(fd: number): Buffer {
  const buffer = Buffer.alloc(fileBytesMax + 1);
  let length = 0;
  for (;;) {
    const read = readSync(fd, buffer, length, buffer.length - length, null);
    length += read;
    if (read === 0 || length === buffer.length) return buffer.subarray(0, length);
  }
}

function unreadable(path: string, error: unknown): ReturnType<typeof failure> {
  const because = error instanceof Error ? error.message : String(error);
  return failure('KEY_INVALID', `The cluster key ${path} cannot be read: ${because}`);
}

const weak = (path: string, because: string): ReturnType<typeof failure> =>
  failure('KEY_INVALID', `The cluster key ${path} ${because}`, 'make a new key and copy it to every node');

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

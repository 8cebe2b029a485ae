/** The output of an engine: a file, because a pipe would break when the daemon is restarted. Bounded. */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { linesOf } from '../process/tail.ts';

const bytesMax = 1024 * 1024;
const readBytesMax = 64 * 1024;

/** Emptied when it grew too large; the engine appends, so it goes on at the start of the file. */
export function openLog(path: string): number {
  const fd = openSync(path, 'a', 0o640);
  if (fstatSync(fd).size > bytesMax) ftruncateSync(fd, 0);
  return fd;
}

/** While the engine runs. A log that cannot be cut must not hinder the service. */
export function boundLog(path: string): void {
  try {
    closeSync(openLog(path));
  } catch {
    // See above.
  }
}

/** Where the log ends now; 0 when there is none. */
export function logEnd(path: string): number {
  return withLog(path, (fd) => fstatSync(fd).size) ?? 0;
}

/** Lines that were written since. */
export function logLinesSince(path: string, position: number): string[] {
  const text = withLog(path, (fd) => {
    const size = fstatSync(fd).size;
    const from = Math.max(size < position ? 0 : position, size - readBytesMax);
    const bytes = Buffer.alloc(size - from);
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from)).toString('utf8');
  });
  return linesOf(text ?? '');
}

function withLog<T>(path: string, use: (fd: number) => T): T | null {
  let fd: number | null = null;
  try {
    fd = openSync(path, 'r');
    return use(fd);
  } catch {
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/**
 * Where a command's output goes: a file, because a pipe would break when the daemon is restarted.
 *
 * The programs append to it and never let go of it, so it is kept small by copying its end away and cutting it to nothing.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { lastLine } from '../process/tail.ts';

export const logBytesMax = 1024 * 1024;
const lastBytes = 4096;

/** A file descriptor to append to. Throws what `open` throws. */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  trimLog(path);
  return openSync(path, 'a', 0o640);
}

/** Moves the end of a log that grew too large to `.1`. What is written meanwhile may be lost; nothing else is. */
export function trimLog(path: string): void {
  withFile(path, 'r+', (fd, size) => {
    if (size <= logBytesMax) return;
    writeFileSync(`${path}.1`, readEnd(fd, size, logBytesMax), { mode: 0o640 });
    ftruncateSync(fd, 0);
  });
}

/** What the program said last; empty when it said nothing. */
export function lastLogLine(path: string): string {
  return withFile(path, 'r', (fd, size) => lastLine(readEnd(fd, size, lastBytes).toString('utf8'))) ?? '';
}

function readEnd(fd: number, size: number, bytesMax: number): Buffer {
  const buffer = Buffer.alloc(Math.min(size, bytesMax));
  const read = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
  return buffer.subarray(0, read);
}

/** A log that cannot be read or cut must not hinder the service: null. */
function withFile<T>(path: string, flags: string, use: (fd: number, size: number) => T): T | null {
  let fd: number | null = null;
  try {
    fd = openSync(path, flags);
    return use(fd, fstatSync(fd).size);
  } catch {
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

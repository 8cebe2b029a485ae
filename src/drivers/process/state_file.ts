/**
 * What a driver must know again after a restart of the daemon: one small JSON file for each service, in the run directory.
 *
 * The run directory lives in memory and is gone with the next boot, as is what the files tell about.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file name for a service: whatever its id holds, it stays in the folder. */
export const fileNameOf = (serviceId: string): string => encodeURIComponent(serviceId);

export type Read<T> =
  | { readonly kind: 'none' }
  | { readonly kind: 'state'; readonly state: T }
  /** There is a file, but nobody knows what it says: what it tells about may well be there. */
  | { readonly kind: 'unreadable'; readonly because: string };

/** `parse` answers null to what it does not know. */
export function readState<T>(path: string, parse: (value: unknown) => T | null): Read<T> {
  try {
    const state = parse(JSON.parse(readFileSync(path, 'utf8')));
    return state === null
      ? { kind: 'unreadable', because: `${path} holds something else than expected` }
      : { kind: 'state', state };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { kind: 'none' } : { kind: 'unreadable', because: `cannot read ${path}: ${message}` };
  }
}

/** Replaces the file at once: a daemon that is killed meanwhile leaves the old or the new one. Null, or why not. */
export function writeState(path: string, value: unknown): string | null {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(`${path}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return null;
  } catch (error) {
    return `cannot write ${path}: ${(error as Error).message}`;
  }
}

export function removeState(path: string): void {
  rmSync(path, { force: true });
}

/** The value as an object whose fields can be looked at; null for anything else. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;

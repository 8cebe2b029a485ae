/**
 * What this node promised last, for the next life of its daemon: a file under /run, which is memory. It is written before
 * the promise is sent, so the loop must not wait for a disk here.
 *
 * It may be relied on until the machine boots again, and not longer: where /run is no memory, what was written last may
 * be lost with the power. So the note names the boot.
 */
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PromiseNote } from '../core/ports.ts';
import { reasonOf } from './reason.ts';
import { seal, unseal } from './sealed-file.ts';

interface Kept {
  readonly bootId: string;
  readonly note: PromiseNote;
}

const fileName = 'promise.json';

/** The calls through which the note reaches the memory, so that tests can make each of them fail. */
export interface NoteFiles {
  read(path: string): string;
  write(path: string, text: string): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
}

const realFiles: NoteFiles = {
  read: (path) => readFileSync(path, 'utf8'),
  write: (path, text) => writeFileSync(path, text, { mode: 0o600 }),
  rename: renameSync,
  unlink: unlinkSync,
};

/**
 * Returns what went wrong, null when it is kept.
 *
 * A note that cannot be replaced is removed: no note is safe (the node counts as newly booted and grants nothing), but an older
 * one would grant leases of views that this node has given up since.
 */
export function writePromise(
  runDirectory: string,
  note: PromiseNote,
  bootId = kernelBootId(),
  files = realFiles,
): string | null {
  const path = join(runDirectory, fileName);
  try {
    files.write(`${path}.new`, seal({ bootId, note } satisfies Kept));
    files.rename(`${path}.new`, path);
    return null;
  } catch (error) {
    return `${path} could not be written: ${reasonOf(error)}${removeOld(path, files)}`;
  }
}

function removeOld(path: string, files: NoteFiles): string {
  try {
    files.unlink(path);
    return '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    return `; the older note is still there (${reasonOf(error)}): remove it before this daemon is started again`;
  }
}

/**
 * Null when there is none of this boot, or none that can be understood: the node then counts as newly booted. The same where the
 * note cannot be written again: then the former life may not have been able to replace it either, and it may be too old.
 */
export function readPromise(runDirectory: string, bootId = kernelBootId(), files = realFiles): PromiseNote | null {
  try {
    const found = unseal(files.read(join(runDirectory, fileName)));
    if (found.state !== 'read' || !isKept(found.data)) return null;
    const { note } = found.data;
    if (bootId === '' || found.data.bootId !== bootId) return null;
    return writePromise(runDirectory, note, bootId, files) === null ? note : null;
  } catch {
    return null;
  }
}

let knownBootId: string | undefined;

/** Empty where the kernel does not tell: then no note is relied on. */
function kernelBootId(): string {
  try {
    knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return knownBootId;
  } catch {
    return '';
  }
}

function isKept(data: unknown): data is Kept {
  const { bootId, note } = (data ?? {}) as Partial<Kept>;
  const members: unknown = note?.promised?.members;
  return (
    typeof bootId === 'string' &&
    typeof note?.joined === 'boolean' &&
    Number.isFinite(note?.leaseUntilMs) &&
    Number.isSafeInteger(note?.decided?.view) &&
    Number.isSafeInteger(note?.decided.counter) &&
    isListOf(note?.migrations, (entry: { service?: unknown; peer?: unknown; isExpected?: unknown } | null) => {
      const { service, peer, isExpected } = entry ?? {};
      return typeof service === 'string' && typeof peer === 'string' && typeof isExpected === 'boolean';
    }) &&
    Number.isSafeInteger(note?.promised?.number) &&
    typeof note?.promised.coordinator === 'string' &&
    isListOf(members, (member) => typeof member === 'string') &&
    isListOf(note.continuous, (entry: { node?: unknown; since?: unknown } | null) => {
      return typeof entry?.node === 'string' && Number.isSafeInteger(entry.since);
    })
  );
}

const isListOf = (list: unknown, fits: (item: never) => boolean): boolean =>
  Array.isArray(list) && (list as never[]).every(fits);

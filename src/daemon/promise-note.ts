/**
 * What this node promised last, for the next life of its daemon: a file under /run, which is memory. It is written before
 * the promise is sent, so the loop must not wait for a disk here.
 *
 * It may be relied on until the machine boots again, and not longer: where /run is no memory, what was written last may
 * be lost with the power. So the note names the boot.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PromiseNote } from '../core/ports.ts';
import { reasonOf } from './reason.ts';
import { seal, unseal } from './sealed-file.ts';

interface Kept {
  readonly bootId: string;
  readonly note: PromiseNote;
}

const fileName = 'promise.json';

/** Returns what went wrong, null when it is kept. */
export function writePromise(runDirectory: string, note: PromiseNote, bootId = kernelBootId()): string | null {
  const path = join(runDirectory, fileName);
  try {
    writeFileSync(`${path}.new`, seal({ bootId, note } satisfies Kept), { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return null;
  } catch (error) {
    return `${path} could not be written: ${reasonOf(error)}`;
  }
}

/** Null when there is none of this boot, or none that can be understood: the node then counts as newly booted. */
export function readPromise(runDirectory: string, bootId = kernelBootId()): PromiseNote | null {
  try {
    const found = unseal(readFileSync(join(runDirectory, fileName), 'utf8'));
    if (found.state !== 'read' || !isKept(found.data)) return null;
    return bootId !== '' && found.data.bootId === bootId ? found.data.note : null;
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
    Number.isFinite(note?.leaseUntilMs) &&
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

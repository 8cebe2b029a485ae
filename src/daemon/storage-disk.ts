/**
 * The few calls through which everything that must survive reaches the disk. Tests give one that tears, fills up, fails and
 * loses power at every step (`storage-disk.testing.ts`); nothing else of the code that is tested differs.
 */
import { open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reasonOf } from './reason.ts';

export interface Disk {
  /** `w`: an empty file of this name; `r`: for `sync` alone, also of a folder. */
  open(path: string, flags: 'w' | 'r'): Promise<DiskFile>;
  readFile(path: string): Promise<Buffer>;
  /** Names in a folder, sorted. */
  list(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

export interface DiskFile {
  /** Says how many bytes were taken, which may be fewer than given. */
  write(bytes: Uint8Array): Promise<number>;
  /** What was written before survives the power when this has returned; of a folder: its names. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export type Written = { readonly ok: true } | { readonly ok: false; readonly because: string };

const ownerOnly = 0o600;

export const realDisk: Disk = {
  open: async (path, flags) => {
    const file = await open(path, flags, ownerOnly);
    return {
      write: async (bytes) => (await file.write(bytes)).bytesWritten,
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
  readFile: (path) => readFile(path),
  list: async (path) => (await readdir(path)).sort(),
  rename: (from, to) => rename(from, to),
  unlink: (path) => unlink(path),
};

/**
 * Replaces a file as a whole: temporary file, fsync, rename, fsync of the folder. A crash at any byte leaves the old or the new
 * content; so does a failure, and after a success it is the new one, whatever happens to the machine.
 */
export async function replaceFile(disk: Disk, path: string, text: string): Promise<Written> {
  try {
    await writeDurably(disk, `${path}.new`, text);
    await disk.rename(`${path}.new`, path);
    await syncFolder(disk, dirname(path));
    return { ok: true };
  } catch (error) {
    return { ok: false, because: `${path} could not be written: ${reasonOf(error)}` };
  }
}

async function writeDurably(disk: Disk, path: string, text: string): Promise<void> {
  const file = await disk.open(path, 'w');
  try {
    await writeAll(file, Buffer.from(text));
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeAll(file: DiskFile, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const taken = await file.write(bytes.subarray(done));
    if (taken === 0) throw Object.assign(new Error('nothing more was written'), { code: 'ENOSPC' });
    done += taken;
  }
}

/** Without this the rename itself may be lost with the power. */
export async function syncFolder(disk: Disk, path: string): Promise<void> {
  const folder = await disk.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** What is damaged is kept for whoever wants to look, under another name, and in small numbers. */
import { basename, dirname, join } from 'node:path';
import { reasonOf } from './reason.ts';
import type { Disk } from './storage-disk.ts';

/** Set-aside copies with one beginning that are kept in a folder. */
const copiesMax = 5;

const mark = '.bad-';

export const isSetAside = (name: string): boolean => name.includes(mark);

/**
 * Renames a damaged file, so that the next start does not meet it again, and says so in a sentence. Where that fails too the
 * file stays and is ignored. Only the newest copies whose names begin with `family` are kept.
 */
export async function setAside(
  disk: Disk,
  path: string,
  because: string,
  now: Date,
  family = basename(path),
): Promise<string> {
  const aside = `${path}${mark}${now.toISOString().replace(/[-:]/g, '').replace(/\..*/, 'Z')}`;
  try {
    await disk.rename(path, aside);
  } catch (error) {
    return `${path} is ignored (${because}) and could not be set aside: ${reasonOf(error)}`;
  }
  await dropOldCopies(disk, dirname(path), family).catch(() => undefined);
  return `${path} was set aside as ${aside}: ${because}`;
}

async function dropOldCopies(disk: Disk, folder: string, family: string): Promise<void> {
  const stamp = (name: string): string => name.slice(name.indexOf(mark));
  const copies = (await disk.list(folder))
    .filter((name) => name.startsWith(family) && isSetAside(name))
    .sort((a, b) => (stamp(a) < stamp(b) ? -1 : 1));
  for (const name of copies.slice(0, -copiesMax)) await disk.unlink(join(folder, name));
}

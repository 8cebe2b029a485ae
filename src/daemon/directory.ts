/** Makes a directory and what leads to it. */
import { mkdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/**
 * Part by part, because Node's own recursive `mkdir` never comes back where the kernel refuses a new entry with ENOENT
 * (under /proc, for one). Throws what the system says.
 */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  const parts = resolve(path)
    .split('/')
    .filter((part) => part !== '');
  for (let count = 1; count <= parts.length; count++) await makeOne(`/${parts.slice(0, count).join('/')}`, mode);
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // On a read-only file system and the like another error may come first for what is there already.
    const there = await stat(path).catch(() => null);
    if (there?.isDirectory() !== true) throw error;
  }
}

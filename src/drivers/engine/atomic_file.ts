/** Writes a file so that a crash leaves the old or the new one, readable by its owner only. */
import { renameSync, writeFileSync } from 'node:fs';

/** Null, or why it could not be written. */
export function writePrivate(path: string, text: string): string | null {
  try {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return null;
  } catch (error) {
    return `cannot write ${path}: ${(error as Error).message}`;
  }
}

/** Folders of the node that a container is to see. Asked and made without holding the daemon up: they may lie on a disk that hangs. */
import { mkdirSync, rmSync } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ContainerResource } from '../../core/model.ts';

/** Null, or why a folder is not there: one of the engines would make it by itself, and hide a misspelt name. */
export async function makeFolders({ mounts }: ContainerResource): Promise<string | null> {
  for (const { from, create } of mounts.filter((mount) => mount.from.startsWith('/'))) {
    if (await exists(from)) continue;
    if (!create) return `${from} is to be mounted, and is not there on this node`;
    const notMade = await make(from);
    if (notMade !== null) return `cannot make the folder ${from}: ${notMade}`;
  }
  return null;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** One by one from the top: where nothing can be made, the recursive form of Node never ends. */
async function make(path: string): Promise<string | null> {
  if (await exists(path)) return null;
  const above = dirname(path);
  const notMade = above === path ? null : await make(above);
  if (notMade !== null) return notMade;
  try {
    await mkdir(path, { mode: 0o755 });
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST' ? null : (error as Error).message;
  }
}

/** In the folder in which an agent inside leaves what it tells the cluster by its tools. */
export const scoreFile = 'score';
export const attributesFolder = 'attributes';

/** Empty, in the memory of the node: nothing of a former container counts. Null, or why not. */
export function makeRoleFolder(path: string): string | null {
  try {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(join(path, attributesFolder), { recursive: true, mode: 0o755 });
    return null;
  } catch (error) {
    return `cannot make ${path}: ${(error as Error).message}`;
  }
}

/** Where fence agents are: a fixed list of folders, so that no working folder or PATH can slip in another program. */
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Debian's fence-agents package puts them into the first. */
export const agentFolders: readonly string[] = ['/usr/sbin', '/usr/bin'];

export type FoundAgent =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly because: string };

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

/** A name is looked up in `folders`; a program elsewhere is named by its whole path. */
export function findAgent(agent: string, folders: readonly string[] = agentFolders): FoundAgent {
  if (isAbsolute(agent)) return asProgram(agent);
  if (!namePattern.test(agent))
    return {
      ok: false,
      because: `${JSON.stringify(agent)} is no name of a fence agent: a name such as fence_ipmilan, or a whole path`,
    };
  for (const folder of folders) {
    const path = join(folder, agent);
    const found = asProgram(path);
    if (found.ok) return found;
  }
  const package_ = 'Debian has most of them in the package fence-agents';
  return { ok: false, because: `there is no fence agent ${agent} in ${folders.join(', ')}; ${package_}` };
}

function asProgram(path: string): FoundAgent {
  try {
    if (!statSync(path).isFile()) return { ok: false, because: `${path} is not a program` };
    accessSync(path, constants.X_OK);
    return { ok: true, path };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { ok: false, because: missing ? `${path} does not exist` : `${path} may not be executed` };
  }
}

export interface ListedAgent {
  readonly name: string;
  readonly path: string;
}

/** All agents of these folders; of two with one name the one that is found first, as `findAgent` does. */
export function listAgents(folders: readonly string[] = agentFolders): readonly ListedAgent[] {
  const found = new Map<string, ListedAgent>();
  for (const folder of folders)
    for (const name of namesIn(folder)) {
      const path = join(folder, name);
      if (!found.has(name) && asProgram(path).ok) found.set(name, { name, path });
    }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith('fence_') && namePattern.test(name));
  } catch {
    return [];
  }
}

/** What the agents of this machine can do, as they say themselves: asked once for each agent, and again when its file has changed. */
import { statSync } from 'node:fs';
import type { Ms } from '../../core/model.ts';
import { runProgram } from '../process/run.ts';
import { type Abilities, abilitiesOf } from './metadata.ts';

const timeoutMs: Ms = 5000;

interface Known {
  readonly changedMs: number;
  readonly abilities: Promise<Abilities | null>;
}

export class AgentLibrary {
  readonly #known = new Map<string, Known>();

  /** Null: it does not say, so it has to be tried. */
  abilities(root: string, path: string): Promise<Abilities | null> {
    const changedMs = changedAtMs(path);
    const known = this.#known.get(path);
    if (known?.changedMs === changedMs) return known.abilities;
    const abilities = ask(root, path);
    this.#known.set(path, { changedMs, abilities });
    // No answer may have been bad luck: it is asked again.
    void abilities.then((found) => {
      if (found === null && this.#known.get(path)?.abilities === abilities) this.#known.delete(path);
    });
    return abilities;
  }
}

function changedAtMs(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

async function ask(root: string, path: string): Promise<Abilities | null> {
  const env = { OCF_ROOT: root, OCF_RA_VERSION_MAJOR: '1', OCF_RA_VERSION_MINOR: '1', LC_ALL: 'C', PATH: searched };
  const ended = await runProgram({ argv: [path, 'meta-data'], env, directory: '/', timeoutMs });
  return ended.kind === 'exited' && ended.code === 0 ? abilitiesOf(ended.stdout) : null;
}

const searched = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

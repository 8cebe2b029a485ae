/** A start that a stop may overtake: what it runs is ended, and nothing more of it is begun. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ms } from '../../core/model.ts';
import { signalGroup } from '../process/group.ts';

export class UnderWay {
  readonly #halt = new AbortController();
  #graceMs: Ms = 0;

  get isOvertaken(): boolean {
    return this.#halt.signal.aborted;
  }

  /** What runs now is asked to end, and killed after the grace: engines tidy up what they have half made. */
  overtake(graceMs: Ms): void {
    this.#graceMs = graceMs;
    this.#halt.abort();
  }

  /** Of a program that was begun for it: `Program.started`. */
  attend(groupId: number): () => void {
    const { signal } = this.#halt;
    let kill: NodeJS.Timeout | undefined;
    const end = (): void => {
      signalGroup(groupId, 'SIGTERM');
      kill = setTimeout(signalGroup, this.#graceMs, groupId, 'SIGKILL');
    };
    signal.addEventListener('abort', end, { once: true });
    return () => {
      signal.removeEventListener('abort', end);
      clearTimeout(kill);
      // Its first process has ended, and others of it may not have.
      if (signal.aborted) signalGroup(groupId, 'SIGKILL');
    };
  }

  /** Shorter when it is overtaken. */
  async pause(ms: Ms): Promise<void> {
    await sleep(ms, undefined, { signal: this.#halt.signal }).catch(() => {});
  }
}

/** Waits for the end of a program: our child, or one that a former daemon started. */
import type { ChildProcess } from 'node:child_process';
import { type CommandRecord, isAlive } from './record.ts';

export interface Watch {
  readonly record: CommandRecord;
  /** How it ended, in words. Never comes after `close`. */
  readonly ended: Promise<string>;
  close(): void;
}

const pollMs = 200;

export function watchChild(child: ChildProcess, record: CommandRecord): Watch {
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(endWords(code, signal)));
  });
  return { record, ended, close: () => child.removeAllListeners('exit') };
}

/** Only the parent is told of a process's end: of another one we look, often enough to be quicker than any check. */
export function watchAdopted(record: CommandRecord): Watch {
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<string>((resolve) => {
    timer = setInterval(() => {
      if (isAlive(record)) return;
      clearInterval(timer);
      resolve('it ended by itself');
    }, pollMs);
    timer.unref();
  });
  return { record, ended, close: () => clearInterval(timer) };
}

export const endWords = (code: number | null, signal: string | null): string =>
  code === null ? `it was killed by ${signal}` : `it ended by itself with exit code ${code}`;

/** Reads cluster files for a running daemon, one at a time, in a thread of its own. */
import { Worker } from 'node:worker_threads';
import type { Parsed } from '../api/host.ts';

const timeoutMs = 10_000;
const memoryMbMax = 256;
/** What a client sent has no name of its own. */
const fileName = 'cluster file';

export class Parser {
  private last: Promise<unknown> = Promise.resolve();

  parse(source: string): Promise<Parsed> {
    const parsed = this.last.then(() => parseInThread(source));
    this.last = parsed;
    return parsed;
  }
}

function parseInThread(source: string): Promise<Parsed> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./parse-worker.ts', import.meta.url), {
      workerData: { source, fileName },
      resourceLimits: { maxOldGenerationSizeMb: memoryMbMax },
    });
    const timer = setTimeout(() => end(refused(`it could not be read within ${timeoutMs / 1000} s`)), timeoutMs);
    const end = (parsed: Parsed): void => {
      clearTimeout(timer);
      resolve(parsed);
      void worker.terminate();
    };
    worker.once('message', end);
    worker.once('error', (error) =>
      end(refused(`it could not be read: ${error instanceof Error ? error.message : String(error)}`)),
    );
  });
}

const refused = (message: string): Parsed => ({
  cluster: null,
  problems: [{ severity: 'error', code: 'FILE_TOO_LARGE', file: fileName, line: 1, column: 1, message, hint: null }],
});

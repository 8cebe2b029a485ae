/** Runs one of the small system programs that this driver is made of, and turns its failure into words. */
import type { Ms } from '../../core/model.ts';
import type { OpResult } from '../../core/ports.ts';
import { failed, failedOnNode, failedUnknown } from '../driver.ts';
import { type Ended, runProgram } from '../process/run.ts';
import { linesOf } from '../process/tail.ts';
import type { Argv } from './commands.ts';

export type Said =
  | { readonly ok: true; readonly stdout: string }
  | { readonly ok: false; readonly result: OpResult & { readonly outcome: 'failed' }; readonly stdout: string };

const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
const timeoutMsMin = 50;

export async function runTool(argv: Argv, timeoutMs: Ms): Promise<Said> {
  const ended = await runProgram({ argv, env: environment, timeoutMs: Math.max(timeoutMs, timeoutMsMin) });
  if (ended.kind === 'exited' && ended.code === 0) return { ok: true, stdout: ended.stdout };
  const stdout = ended.kind === 'notStarted' ? '' : ended.stdout;
  return { ok: false, stdout, result: failure(argv.join(' ').split('\n')[0] ?? argv[0], ended) };
}

function failure(line: string, ended: Ended): OpResult & { outcome: 'failed' } {
  switch (ended.kind) {
    case 'notStarted':
      return ended.missing ? failedOnNode(ended.because) : failed(ended.because);
    case 'timedOut':
      return failedUnknown(`«${line}» gave no answer in time`);
    case 'killed':
      return failedUnknown(`«${line}» was killed (${ended.signal})`);
    case 'exited':
      return failed(
        `«${line}» failed (exit code ${ended.code}): ${firstLine(ended.stderr) || firstLine(ended.stdout)}`,
      );
  }
}

/** `nft` says first what is wrong, and then draws where. */
const firstLine = (text: string): string => (linesOf(text)[0] ?? '').slice(0, 400);

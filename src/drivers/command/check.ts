/** Asks the user's own check program whether a command works. */
import type { CommandResource, Ms } from '../../core/model.ts';
import { unreachable } from '../../lib/assert.ts';
import { type Failed, failed, failedInCluster, failedOnNode, failedUnknown } from '../driver.ts';
import { type Ended, runProgram } from '../process/run.ts';
import { lastLine } from '../process/tail.ts';

/** Null: it works. */
export async function runCheck(
  argv: readonly string[],
  resource: CommandResource,
  env: Readonly<Record<string, string>>,
  timeoutMs: Ms,
): Promise<Failed | null> {
  const [file, ...args] = argv;
  if (file === undefined) return failedInCluster('the check is empty: it names no program');
  const ended = await runProgram({ argv: [file, ...args], env, directory: resource.directory, timeoutMs });
  return judge(ended, timeoutMs);
}

export function judge(ended: Ended, timeoutMs: Ms): Failed | null {
  switch (ended.kind) {
    case 'exited':
      return ended.code === 0 ? null : failed(`its check ended with exit code ${ended.code}${said(ended)}`);
    case 'killed':
      return failed(`its check was killed by ${ended.signal}${said(ended)}`);
    case 'timedOut':
      return failedUnknown(`its check gave no answer within ${Math.round(timeoutMs)} ms${said(ended)}`);
    case 'notStarted':
      return ended.missing ? failedOnNode(`its check: ${ended.because}`) : failed(`its check: ${ended.because}`);
    default:
      return unreachable(ended);
  }
}

function said(ended: { readonly stdout: string; readonly stderr: string }): string {
  const line = lastLine(ended.stderr) || lastLine(ended.stdout);
  return line === '' ? '' : `: ${line}`;
}

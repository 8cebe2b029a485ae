/** What an OCF agent's end means: its exit code, and what it wrote last. */
import type { Ms } from '../../core/model.ts';
import type { OpResult, Verb } from '../../core/ports.ts';
import { unreachable } from '../../lib/assert.ts';
import {
  type Failed,
  failed,
  failedInCluster,
  failedOnNode,
  failedUnknown,
  ok,
  running,
  runningPromoted,
  stopped,
} from '../driver.ts';
import type { Ended } from '../process/run.ts';
import { lastLine, linesOf } from '../process/tail.ts';

type Exited = Extract<Ended, { kind: 'exited' }>;

const meanings: Readonly<Record<number, string>> = {
  1: 'unspecified error',
  2: 'a parameter does not fit this node',
  3: 'not offered by this agent',
  4: 'not permitted',
  5: 'a program that it needs is not installed',
  6: 'a parameter is missing or wrong',
  7: 'not running',
  8: 'running, promoted',
  9: 'promoted, but broken',
  190: 'running, but about to fail',
  191: 'promoted, but about to fail',
};

/** Running well enough to be left alone. */
const runningCodes = [0, 8, 190, 191];
const promotedCodes = [8, 191];
const failedPromoted = 9;
const notRunning = 7;

/** `digest`: the definition that the running copy was started with, where that is known. */
export function judge(verb: Verb, ended: Ended, timeoutMs: Ms, digest: string | null): OpResult {
  switch (ended.kind) {
    case 'exited':
      return judgeExit(verb, ended, digest);
    case 'killed':
      return failedUnknown(`the agent was killed by ${ended.signal} during ${verb}${after(reasonIn(ended))}`);
    case 'timedOut':
      return failedUnknown(`the agent did not finish ${verb} within ${timeoutMs} ms${after(reasonIn(ended))}`);
    case 'notStarted':
      return ended.missing ? failedOnNode(ended.because) : failed(ended.because);
    default:
      return unreachable(ended);
  }
}

function judgeExit(verb: Verb, ended: Exited, digest: string | null): OpResult {
  const asks = verb === 'probe' || verb === 'check';
  if (asks && runningCodes.includes(ended.code))
    return promotedCodes.includes(ended.code) ? runningPromoted(digest) : running(digest);
  if (asks && ended.code === notRunning) return stopped;
  if (!asks && ended.code === 0) return ok;
  const failed = failure(ended.code, exitReason(ended.stderr) ?? described(verb, ended));
  return ended.code === failedPromoted ? { ...failed, promoted: true } : failed;
}

function failure(code: number, because: string): Failed {
  if (code >= 2 && code <= 5) return failedOnNode(because);
  return code === 6 ? failedInCluster(because) : failed(because);
}

const described = (verb: Verb, ended: Exited): string =>
  `${verb} ended with exit code ${ended.code} (${meanings[ended.code] ?? 'unknown to OCF'})${after(reasonIn(ended))}`;

const reasonMark = 'ocf-exit-reason:';

/** What the agent says for people, verbatim: the last line of its kind. */
export function exitReason(stderr: string): string | null {
  const line = linesOf(stderr).findLast((text) => text.startsWith(reasonMark));
  const reason = line?.slice(reasonMark.length).trim() ?? '';
  return reason === '' ? null : reason;
}

const reasonIn = (said: { readonly stdout: string; readonly stderr: string }): string =>
  exitReason(said.stderr) ?? (lastLine(said.stderr) || lastLine(said.stdout));

const after = (reason: string): string => (reason === '' ? '' : `: ${reason}`);

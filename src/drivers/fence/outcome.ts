/** What the end of a fence agent means: its exit code, and what it said. Pure. */
import type { FenceCall, FenceResult } from '../../core/ports.ts';
import { unreachable } from '../../lib/assert.ts';
import type { Ended } from '../process/run.ts';
import { lastLine, linesOf } from '../process/tail.ts';

/** Of the library that most agents share. */
const meanings: Readonly<Record<number, string>> = {
  1: 'it failed, or it could not make sure',
  2: 'bad arguments',
  3: 'the device refused the login',
  4: 'the connection was lost',
  5: 'the device did not answer in time',
  6: 'it did not go on in time',
  7: 'it did not go off in time',
  8: 'the device does not tell the power',
  9: 'the device does not tell the power',
  10: 'no password is given',
  11: 'the user may not do that on the device',
  12: 'no virtual machine has that id',
};

const statusOff = 2;

export function judge(action: FenceCall['action'], ended: Ended, timeoutMs: number): FenceResult {
  if (ended.kind !== 'exited') return { ok: false, because: howItEnded(ended, timeoutMs) };
  if (action === 'status' && ended.code === statusOff) return { ok: true, power: 'off' };
  if (ended.code === 0) return { ok: true, power: action === 'status' ? 'on' : null };
  return { ok: false, because: howItEnded(ended, timeoutMs) };
}

export function howItEnded(ended: Ended, timeoutMs: number): string {
  switch (ended.kind) {
    case 'exited':
      return `exit code ${ended.code} (${meanings[ended.code] ?? 'unknown to the fence agent API'})${after(reasonIn(ended))}`;
    case 'killed':
      return `it was killed by ${ended.signal}${after(reasonIn(ended))}`;
    case 'timedOut':
      return `no answer within ${timeoutMs} ms${after(reasonIn(ended))}`;
    case 'notStarted':
      return ended.because;
    default:
      return unreachable(ended);
  }
}

/** Agents log with date and level, and end with a hint that says nothing: the last error that says something. */
function reasonIn(said: { readonly stdout: string; readonly stderr: string }): string {
  const errors = linesOf(said.stderr).flatMap((line) => /\bERROR: (?:Failed: )?(.+)$/s.exec(line)?.[1] ?? []);
  const last = errors.findLast((line) => !line.startsWith('Please use'));
  return (last ?? (lastLine(said.stderr) || lastLine(said.stdout))).slice(0, 400);
}

const after = (reason: string): string => (reason === '' ? '' : `: ${reason}`);

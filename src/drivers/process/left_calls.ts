/**
 * Calls that a former life of the daemon left under way.
 *
 * An agent runs on when the daemon is killed. Its `start` may end well after the next life has asked whether the service runs and
 * was told that it does not; by then the service may have been started elsewhere. So each call is noted while it lasts, and a new
 * life ends what it finds before it asks anything.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupMembers, pollMsMin, processNow, signalGroup, slower } from './group.ts';
import { fieldsOf, readState, removeState, writeState } from './state_file.ts';

interface Call {
  readonly pid: number;
  readonly startTicks: string;
}

const endedMs = 1000;

/** Notes that this process leads the group of a call; the returned function says that the call has ended. */
export function noteCall(folder: string, name: string, pid: number): () => void {
  const path = pathOf(folder, name);
  const leader = processNow(pid);
  if (leader === null) return () => {};
  writeState(path, { pid, startTicks: leader.startTicks } satisfies Call);
  return () => removeState(path);
}

/** Kills the groups of all noted calls and waits, for a moment, until they are gone. Returns the names of those calls. */
export async function endLeftCalls(folder: string): Promise<string[]> {
  const ended: string[] = [];
  for (const name of namesOfLeftCalls(folder)) {
    const path = pathOf(folder, name);
    const read = readState(path, asCall);
    removeState(path);
    // The same id and the same start: it is that process, and not another one with a recycled id.
    if (read.kind !== 'state' || processNow(read.state.pid)?.startTicks !== read.state.startTicks) continue;
    signalGroup(read.state.pid, 'SIGKILL');
    await untilGone(read.state.pid);
    ended.push(name);
  }
  return ended;
}

async function untilGone(groupId: number): Promise<void> {
  const endMs = performance.now() + endedMs;
  for (let pauseMs = pollMsMin; performance.now() < endMs; pauseMs = slower(pauseMs)) {
    if ((await groupMembers(groupId)).length === 0) return;
    await sleep(pauseMs);
  }
}

const pathOf = (folder: string, name: string): string => join(folder, `${name}.json`);

/** Names of all calls of which nobody noted the end. They may have ended all the same. */
export function namesOfLeftCalls(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : []));
  } catch {
    return [];
  }
}

function asCall(value: unknown): Call | null {
  const { pid, startTicks } = fieldsOf(value) ?? {};
  return Number.isInteger(pid) && typeof startTicks === 'string' ? { pid: pid as number, startTicks } : null;
}

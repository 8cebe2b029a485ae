/** Process groups of the kernel: send a signal to one, ask who is left in it. */
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { hasEnded, type ProcStat, parseProcStat } from './proc_stat.ts';

/** A look at all processes costs: whoever waits for a group's end looks often at first, then less so. */
export const pollMsMin = 10;
export const slower = (pauseMs: number): number => Math.min(200, pauseMs * 1.5);

/** False when nobody is left to take the signal. */
export function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  // `kill(-1)` reaches every process of the machine and `kill(0)` our own group.
  if (!Number.isInteger(groupId) || groupId <= 1) return false;
  try {
    process.kill(-groupId, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Processes of the group that still run.
 *
 * Where nobody collects orphans (a container whose first process is no init), ended processes stay listed for ever and
 * `kill` reports them as alive: so a group that answers is looked at in /proc, without holding up the event loop.
 */
export async function groupMembers(groupId: number): Promise<ProcStat[]> {
  if (!signalGroup(groupId, 0)) return [];
  const members: ProcStat[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readStat(entry);
    if (stat !== null && stat.groupId === groupId && !hasEnded(stat)) members.push(stat);
  }
  return members;
}

async function readStat(pid: string): Promise<ProcStat | null> {
  try {
    return parseProcStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

/** The process with this id, null when there is none or it has ended. Cheap enough to be called without waiting. */
export function processNow(pid: number): ProcStat | null {
  try {
    const stat = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat === null || hasEnded(stat) ? null : stat;
  } catch {
    return null;
  }
}

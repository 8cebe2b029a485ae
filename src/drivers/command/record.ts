/**
 * The pid file of a command: which process is it, and which definition does it run with?
 *
 * A process id alone is soon given to somebody else; with the time of its start it names one process until the next boot.
 */
import { groupMembers, processNow } from '../process/group.ts';
import type { ProcStat } from '../process/proc_stat.ts';
import { fieldsOf } from '../process/state_file.ts';

export interface CommandRecord {
  /** Leader of its own process group and session, whose ids are the same number. */
  readonly pid: number;
  readonly startTicks: string;
  readonly digest: string;
}

export function parseRecord(value: unknown): CommandRecord | null {
  const { pid, startTicks, digest } = fieldsOf(value) ?? {};
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 1) return null;
  if (typeof startTicks !== 'string' || typeof digest !== 'string') return null;
  return { pid, startTicks, digest };
}

/** The program itself lives; processes that it started are not looked at. */
export function isAlive(record: CommandRecord): boolean {
  return processNow(record.pid)?.startTicks === record.startTicks;
}

/**
 * The program and all that it left in its process group; empty when nothing is left.
 *
 * The kernel gives a process id to nobody while a group of that number exists. So where another process bears the id, our
 * group is gone, and whoever is in a group of that number now must not be signalled.
 */
export async function survivors(record: CommandRecord): Promise<ProcStat[]> {
  const leader = processNow(record.pid);
  if (leader !== null && leader.startTicks !== record.startTicks) return [];
  const members = await groupMembers(record.pid);
  return members.filter((member) => member.sessionId === record.pid);
}

const namedMax = 5;

/** `4711 (httpd), 4712 (httpd, waits for a device)`: for messages. */
export function naming(processes: readonly ProcStat[]): string {
  const names = processes
    .slice(0, namedMax)
    .map(({ pid, name, state }) => `${pid} (${name}${state === 'D' ? ', waits for a device' : ''})`);
  const more = processes.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

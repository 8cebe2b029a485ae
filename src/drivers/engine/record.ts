/** Which process is the engine (a balancer program) of a service, and which definition does it run with? Outlives the daemon. */
import { groupMembers, processNow } from '../process/group.ts';
import type { ProcStat } from '../process/proc_stat.ts';
import { fieldsOf } from '../process/state_file.ts';

export interface EngineRecord {
  /** Leader of its own session and process group. */
  readonly pid: number;
  /** With the process id it names one process until the next boot. */
  readonly startTicks: string;
  readonly digest: string;
}

export function parseRecord(value: unknown): EngineRecord | null {
  const { pid, startTicks, digest } = fieldsOf(value) ?? {};
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 1) return null;
  if (typeof startTicks !== 'string' || typeof digest !== 'string') return null;
  return { pid, startTicks, digest };
}

export function isAlive(record: EngineRecord): boolean {
  return processNow(record.pid)?.startTicks === record.startTicks;
}

/** All that is left of its process group; empty when somebody else has got the process id meanwhile. */
export async function survivors(record: EngineRecord): Promise<ProcStat[]> {
  const leader = processNow(record.pid);
  if (leader !== null && leader.startTicks !== record.startTicks) return [];
  return (await groupMembers(record.pid)).filter((member) => member.sessionId === record.pid);
}

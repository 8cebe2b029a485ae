/**
 * Names a process so that it is never mistaken for another one: its number and the moment it began. Numbers are reused,
 * and a lab's record may be read hours after its processes ended.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks from the machine's boot to the start of the process. */
  readonly startTicks: string;
}

export function identify(pid: number): ProcessId | null {
  const stat = statOf(pid);
  return stat === null || stat.state === 'Z' ? null : { pid, startTicks: stat.startTicks };
}

export function isAlive(process: ProcessId): boolean {
  return identify(process.pid)?.startTicks === process.startTicks;
}

export const parentOf = (pid: number): number | null => statOf(pid)?.parent ?? null;

/** Sends the signal to that very process; false when it is gone. */
export function signal(target: ProcessId, name: NodeJS.Signals): boolean {
  if (!isAlive(target)) return false;
  try {
    return process.kill(target.pid, name);
  } catch {
    return false;
  }
}

/** The process `launcher` or the one descendant of it that is process 1 of its own process namespace. */
export function initBelow(launcher: number): ProcessId | null {
  const children = childOfEach();
  let pid: number | undefined = launcher;
  while (pid !== undefined && !isInit(pid)) pid = children.get(pid);
  return pid === undefined ? null : identify(pid);
}

/** Whether the innermost namespace that `pid` lives in knows it as 1. */
function isInit(pid: number): boolean {
  const line = /^NSpid:\s+(.*)$/m.exec(read(`/proc/${pid}/status`) ?? '');
  const numbers = line?.[1]?.split(/\s+/) ?? [];
  return numbers.length > 1 && numbers.at(-1) === '1';
}

/** From each process to its child: the launchers that we follow have one each. */
function childOfEach(): Map<number, number> {
  const children = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? statOf(Number(entry)) : null;
    if (stat !== null) children.set(stat.parent, Number(entry));
  }
  return children;
}

/** The name in parentheses may hold anything, so fields count from the last parenthesis. */
function statOf(pid: number): { state: string; parent: number; startTicks: string } | null {
  const text = read(`/proc/${pid}/stat`);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, startTicks] = [fields[0], fields[1], fields[19]];
  return state && parent && startTicks ? { state, parent: Number(parent), startTicks } : null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

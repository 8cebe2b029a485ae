/** Reads one line of `/proc/PID/stat`: who a process is, so that a recycled process id is never taken for the old one. */
export interface ProcStat {
  readonly pid: number;
  readonly name: string;
  /** One letter: R running, S sleeping, D waiting for a device, Z ended but not collected, X dead, ... */
  readonly state: string;
  readonly groupId: number;
  readonly sessionId: number;
  /** Clock ticks after boot; together with the process id it names one process for the whole time since boot. */
  readonly startTicks: string;
}

/** Null when the text is no such line: the process has ended while it was read. */
export function parseProcStat(text: string): ProcStat | null {
  // The name stands in parentheses and may itself hold spaces and parentheses: the last one ends it.
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 1 || close < open) return null;
  const pid = Number(text.slice(0, open).trim());
  const fields = text
    .slice(close + 1)
    .trim()
    .split(/\s+/);
  const [state, , group, session] = fields;
  const startTicks = fields[19];
  if (!Number.isInteger(pid) || state === undefined || startTicks === undefined) return null;
  return {
    pid,
    name: text.slice(open + 1, close),
    state,
    groupId: Number(group),
    sessionId: Number(session),
    startTicks,
  };
}

/** A process that ended but was not collected by its parent holds nothing any more. */
export const hasEnded = (stat: ProcStat): boolean => stat.state === 'Z' || stat.state === 'X';

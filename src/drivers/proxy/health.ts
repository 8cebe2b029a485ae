/** Is a server up? Counts the results of its checks. (Pure.) */
export interface Health {
  readonly up: boolean;
  /** Results in a row that speak against the present state. */
  readonly against: number;
  /** At least one check has ended. */
  readonly proven: boolean;
  /** The last result in words. */
  readonly lastCheck: string;
}

export interface Thresholds {
  readonly rise: number;
  readonly fall: number;
}

/** A new server is taken to be up, so that a start need not wait for checks; its first failure ends that. */
export const presumedUp: Health = { up: true, against: 0, proven: false, lastCheck: 'not checked yet' };

export function afterCheck(before: Health, succeeded: boolean, lastCheck: string, { rise, fall }: Thresholds): Health {
  if (succeeded === before.up) return { up: before.up, against: 0, proven: true, lastCheck };
  const against = before.against + 1;
  const needed = before.up ? (before.proven ? fall : 1) : rise;
  if (against >= needed) return { up: succeeded, against: 0, proven: true, lastCheck };
  return { ...before, against, proven: true, lastCheck };
}

/** A client's connection failed: one more failed check is enough. Connections alone never take a server out. */
export function afterRefusal(before: Health, { fall }: Thresholds): Health {
  return before.up ? { ...before, against: Math.max(before.against, fall - 1) } : before;
}

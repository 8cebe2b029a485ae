/** What HAProxy said: statistics as CSV, `show proc` of the master, server states, and its alerts. */
import type { BalanceResource } from '../../core/model.ts';

export interface ServerState {
  readonly id: string;
  readonly state: 'up' | 'down' | 'drain' | 'maint';
  readonly sessions: number;
  readonly weight: number;
  /** Result of the last check, in HAProxy's words. */
  readonly lastCheck: string;
}

/** Servers of `show stat`, in their order; an empty list when the text is no such table. */
export function parseStat(csv: string): ServerState[] {
  const [head, ...rows] = csv.split('\n').filter((line) => line !== '');
  if (head === undefined || !head.startsWith('# ')) return [];
  const names = head.slice(2).split(',');
  return rows.flatMap((row) => {
    const values = splitRow(row);
    const field = (name: string): string => values[names.indexOf(name)] ?? '';
    const isServer = field('type') === '2';
    return isServer ? [toServer(field)] : [];
  });
}

/** Only the last columns may hold text with commas, and then it stands in quotes. */
function splitRow(row: string): string[] {
  return [...row.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, value]) =>
    (value ?? '').replace(/^"(.*)"$/, '$1').replaceAll('""', '"'),
  );
}

function toServer(field: (name: string) => string): ServerState {
  return {
    id: field('svname'),
    state: stateOf(field('status')),
    sessions: Number(field('scur')) || 0,
    weight: Number(field('uweight') || field('weight')) || 0,
    lastCheck: [field('check_status').replace(/^\* /, ''), field('check_code'), field('last_chk')]
      .filter((part) => part !== '')
      .join(' '),
  };
}

/** `UP 1/3` is on its way down and `DOWN 1/2` on its way up: they count as what they still are. */
function stateOf(status: string): ServerState['state'] {
  if (status.startsWith('MAINT')) return 'maint';
  if (status.startsWith('DRAIN')) return 'drain';
  return status.startsWith('DOWN') || status.startsWith('NOLB') ? 'down' : 'up';
}

export interface Processes {
  readonly reloads: number;
  /** The last reload did not work, and the former worker goes on. */
  readonly failedReloads: number;
  /** The worker of the current configuration. */
  readonly worker: number | null;
}

/** `show proc` of the master; null when it is no such table. */
export function parseProcesses(text: string): Processes | null {
  const master = /^\d+\s+master\s+(\d+)(?:\s+\[failed: (\d+)\])?/m.exec(text);
  if (master === null) return null;
  const worker = /^(\d+)\s+worker\s+0\b/m.exec(text);
  return {
    reloads: Number(master[1]),
    failedReloads: Number(master[2] ?? 0),
    worker: worker === null ? null : Number(worker[1]),
  };
}

export const workerOfInfo = (text: string): number | null => {
  const pid = /^Pid: (\d+)$/m.exec(text)?.[1];
  return pid === undefined ? null : Number(pid);
};

/**
 * The dump of `show servers state`, without the servers whose address or port the new definition changes: HAProxy would take
 * the old ones from it.
 */
export function stateToKeep(dump: string, resource: BalanceResource): string {
  const lines = dump.split('\n').filter((line) => line !== '');
  const names =
    lines
      .find((line) => line.startsWith('# '))
      ?.slice(2)
      .split(' ') ?? [];
  const column = (name: string): number => names.indexOf(name);
  const kept = lines.filter((line) => {
    if (!/^\d+ /.test(line)) return true; // The version and the names of the columns.
    const values = line.split(' ');
    return resource.servers.some(
      ({ id, address, port }) =>
        values[column('srv_name')] === id &&
        values[column('srv_addr')] === address &&
        values[column('srv_port')] === String(port),
    );
  });
  return `${kept.join('\n')}\n`;
}

/** What is wrong, without the prefix that names a process: the first alert says most. */
export function alertsOf(lines: readonly string[]): string[] {
  return lines
    .map((line) => /^\[ALERT\]\s+(?:\S+\s+)?\(\d+\) : (.*)$/.exec(line)?.[1]?.trim() ?? '')
    .filter((text) => text !== '' && !/^config : (Error\(s\) found|Fatal errors found)/.test(text));
}

export type Blame = 'cluster' | 'node' | 'soft';

/** Is it the definition, this node, or the moment? */
export function blameOf(alerts: readonly string[]): Blame {
  const text = alerts.join('\n');
  if (/Address already in use|cannot bind UNIX socket|Resource temporarily unavailable|memory/i.test(text))
    return 'soft';
  if (/cannot bind|Permission denied|Operation not permitted|Cannot assign requested address/i.test(text))
    return 'node';
  return text.includes('config : ') || text.includes('parsing [') ? 'cluster' : 'soft';
}

/** What the driver tells the proxy program, as a JSON file, and what is said over the control socket. */
import { readFileSync } from 'node:fs';
import type { BalanceResource } from '../../core/model.ts';
import { fieldsOf } from '../process/state_file.ts';
import type { ServerStatus } from './pool.ts';

/** Counts up with each change that an older program would misunderstand: it outlives an upgrade of the daemon. */
export const settingsFormat = 1;

export interface Settings {
  readonly format: typeof settingsFormat;
  readonly resource: BalanceResource;
  readonly controlSocket: string;
  /** Listen only while this file names this node: the stand-in for an address of 127.0.0.0/8 that moves. */
  readonly hold: { readonly path: string; readonly node: string } | null;
}

/** The settings, or in words why they cannot be used. */
export function readSettings(path: string): Settings | string {
  try {
    const value = fieldsOf(JSON.parse(readFileSync(path, 'utf8')));
    if (value?.['format'] === settingsFormat) return value as unknown as Settings;
    return `${path} is not of format ${settingsFormat}: written by another version; restart the service`;
  } catch (error) {
    return `cannot read ${path}: ${(error as Error).message}`;
  }
}

export type ControlRequest =
  | { readonly do: 'status' }
  | { readonly do: 'drain'; readonly servers: readonly string[] }
  /** Read the settings again. */
  | { readonly do: 'reload' }
  /** Take nothing new, and end when the connections have ended or the time is over. */
  | { readonly do: 'stop'; readonly graceMs: number };

export type ControlAnswer =
  | { readonly ok: true; readonly status: ProxyStatus }
  | { readonly ok: false; readonly because: string };

export interface ProxyStatus {
  readonly listening: ListenState;
  readonly connections: number;
  readonly servers: readonly ServerStatus[];
}

export type ListenState =
  | { readonly state: 'listening' }
  /** The address is not on this node now; that is how a standby balancer is. */
  | { readonly state: 'waiting'; readonly because: string }
  | { readonly state: 'refused'; readonly because: string };

/** Null for anything that is no request. */
export function parseRequest(line: string): ControlRequest | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const { do: verb, servers, graceMs } = fieldsOf(value) ?? {};
  switch (verb) {
    case 'status':
    case 'reload':
      return { do: verb };
    case 'drain':
      return Array.isArray(servers) && servers.every((id) => typeof id === 'string') ? { do: verb, servers } : null;
    case 'stop':
      return typeof graceMs === 'number' && Number.isFinite(graceMs) && graceMs >= 0 ? { do: verb, graceMs } : null;
    default:
      return null;
  }
}

export function parseAnswer(line: string): ControlAnswer | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof fieldsOf(value)?.['ok'] === 'boolean' ? (value as ControlAnswer) : null;
  } catch {
    return null;
  }
}

/** What podman and docker say of a container. */
import type { NodeId, ServiceId } from '../../core/model.ts';
import type { Ended } from '../process/run.ts';
import { fieldsOf } from '../process/state_file.ts';
import { lastLine } from '../process/tail.ts';
import { labels } from './commands.ts';

export interface Seen {
  readonly status: string;
  readonly phase: Phase;
  /** How it ended; null: it did not, or nobody knows. */
  readonly exitCode: number | null;
  readonly labels: Readonly<Record<string, unknown>>;
}

/** ended: nothing of it runs. broken: it is there and does not work. unknown: in words that we do not know. */
export type Phase = 'running' | 'ended' | 'broken' | 'unknown';

const phases: Readonly<Record<string, Phase>> = {
  running: 'running',
  created: 'ended',
  configured: 'ended',
  initialized: 'ended',
  exited: 'ended',
  stopped: 'ended',
  dead: 'ended',
  paused: 'broken',
  restarting: 'broken',
  removing: 'broken',
  stopping: 'broken',
};

/** Null: it is not what `inspect` prints. */
export function parseInspect(text: string): Seen | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const fields = fieldsOf(value);
  if (fields === null || typeof fields['status'] !== 'string') return null;
  const { status, exitCode } = fields;
  const phase = Object.hasOwn(phases, status) ? phases[status] : undefined;
  return {
    status: status.slice(0, statusLengthMax),
    phase: phase ?? 'unknown',
    exitCode: phase === 'ended' && Number.isInteger(exitCode) ? (exitCode as number) : null,
    labels: fieldsOf(fields['labels']) ?? {},
  };
}

const statusLengthMax = 100;

export const isOf = ({ labels: said }: Seen, node: NodeId, service: ServiceId): boolean =>
  said[labels.node] === node && said[labels.service] === service;

export const digestOf = ({ labels: said }: Seen): string | null => {
  const digest = said[labels.digest];
  return typeof digest === 'string' ? digest : null;
};

export const endedWords = ({ exitCode, status }: Seen): string =>
  exitCode === null ? `its container is ${status}` : `its container ended with exit code ${exitCode}`;

type Succeeded = Extract<Ended, { kind: 'exited' }>;

export const succeeded = (ended: Ended): ended is Succeeded => ended.kind === 'exited' && ended.code === 0;

/** In a few words: what it said last, or how it ended. */
export function why(ended: Ended): string {
  switch (ended.kind) {
    case 'exited':
      return lastLine(ended.stderr) || lastLine(ended.stdout) || `exit code ${ended.code}`;
    case 'killed':
      return `killed by ${ended.signal}`;
    case 'timedOut':
      return lastLine(ended.stderr) || 'no answer in time';
    case 'notStarted':
      return ended.because;
  }
}

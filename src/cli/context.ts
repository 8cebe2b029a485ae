/** What every command gets, and how it ends: with an exit code, after words on what failed and what to do next. */
import type { Client } from '../api/client.ts';
import type { Failure } from '../lib/errors.ts';
import { exitFor } from '../lib/exit.ts';
import { paint, type Terminal } from './terminal.ts';

export type Format = 'table' | 'wide' | 'json' | 'yaml';

export interface Context {
  readonly terminal: Terminal;
  readonly client: Client;
}

/** Says what failed, where, why and what next; the result is the exit code. Never a stack trace. */
export function fail({ terminal }: Pick<Context, 'terminal'>, failure: Failure): number {
  terminal.note(`${paint(terminal.look, 'bad', 'error')} ${failure.code}: ${failure.message}`);
  if (failure.next !== null) terminal.note(`  next: ${failure.next}`);
  return exitFor(failure.code);
}

/** The same data for machines: with stable order, in JSON or YAML. */
export async function print(
  { terminal }: Pick<Context, 'terminal'>,
  format: 'json' | 'yaml',
  data: unknown,
): Promise<void> {
  if (format === 'json') terminal.out(`${JSON.stringify(data, null, 2)}\n`);
  else terminal.out((await import('yaml')).stringify(data, { aliasDuplicateObjects: false }));
}

export const isForMachines = (format: Format): format is 'json' | 'yaml' => format === 'json' || format === 'yaml';

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** `sempre apply FILE`: a changed cluster file takes effect everywhere; a bad one changes nothing. */
import { parseVersion } from '../api/history.ts';
import type { Version } from '../core/ports.ts';
import { type Change, type ChangeOptions, change } from './change.ts';
import { nameOf, readClusterFile } from './cluster-file.ts';
import { type Context, fail } from './context.ts';

/** Verbs after which something that served does not, for a moment at least. */
const interrupting = new Set(['stop']);

export async function apply(
  context: Context,
  file: string,
  ifVersion: string | null,
  options: ChangeOptions,
): Promise<number> {
  const version = ifVersion === null ? null : parseVersion(ifVersion);
  if (ifVersion !== null && version === null) {
    return fail(context, {
      code: 'USAGE',
      message: `--if-version takes a version such as 12.3, not ${ifVersion}`,
      next: 'sempre plan',
    });
  }
  const read = await readClusterFile(context, file);
  if (!read.ok) return read.exitCode;
  return change(context, applyChange(context, nameOf(file), read.source, version, options.reason), options);
}

/** A cluster file takes effect; `name` is what it is called. */
export function applyChange(
  context: Context,
  name: string,
  source: string,
  ifVersion: Version | null,
  because: string,
): Change {
  return {
    command: { kind: 'apply', source, ifVersion, because },
    foresee: { source },
    title: `${name} is applied`,
    needsYes: (plan) => {
      const actions = plan?.actions ?? [];
      return actions.some((action) => interrupting.has(action.verb)) || (context.terminal.canAsk && actions.length > 0);
    },
    missed: (status) => {
      const down = status.services
        .filter((service) => service.wanted > 0 && service.nodes.length === 0)
        .map((service) => service.name);
      return down.length === 0
        ? null
        : `${down.join(', ')} ${down.length === 1 ? 'does' : 'do'} not run; see: sempre why ${down[0]}`;
    },
  };
}

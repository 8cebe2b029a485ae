/** Times of operations that the file may say beside those of start, stop and check. */
import type { Service, TimedOperation } from '../../core/model.ts';
import { parseDuration } from '../duration.ts';
import type { Layer } from '../inherit.ts';

/** Operations, the keys that say their time, and the keys without which they never come. */
export const timedOperations = [
  { operation: 'promote', key: 'promote-timeout', of: 'promotable' },
  { operation: 'demote', key: 'demote-timeout', of: 'promotable' },
  { operation: 'migrateTo', key: 'migrate-to-timeout', of: 'migrate' },
  { operation: 'migrateFrom', key: 'migrate-from-timeout', of: 'migrate' },
  { operation: 'notify', key: 'notify-timeout', of: 'notify' },
] as const satisfies readonly { readonly operation: TimedOperation; readonly key: string; readonly of: string }[];

/** A time that a service takes over says nothing where that operation never comes. `own`: what it says itself; `group`: all of its group. */
export function withoutIdleTimes(service: Layer, own: Layer, group: Layer): Layer {
  const mayHave = 'agent' in service;
  const has = (key: string): boolean => mayHave && (service[key] ?? group[key] ?? false) !== false;
  const idle = timedOperations.filter(({ key, of }) => own[key] === undefined && !has(of));
  return Object.fromEntries(Object.entries(service).filter(([key]) => idle.every((each) => each.key !== key)));
}

type TimesFile = { readonly [each in (typeof timedOperations)[number]['key']]?: string | undefined };

/** Only what is said: an entry without a value is none. */
export function timeoutsOf(file: TimesFile): Service['timeouts'] {
  return Object.fromEntries(
    timedOperations.flatMap(({ operation, key }) => {
      const ms = parseDuration(file[key] ?? '');
      return ms === null ? [] : [[operation, ms]];
    }),
  );
}

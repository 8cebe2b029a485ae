/** Operations of a resource as the times and answers to failures that a service has. */
import type { AttributeSet, OperationConfig, PrimitiveConfig } from '../../../policy/input.ts';
import { readSets, roleOf } from '../../../policy/rule/index.ts';
import { booleanOf, durationMsOf, intervalMsOf } from '../../../policy/rule/text.ts';
import { defaults } from '../../defaults.ts';
import { formatDuration } from '../../duration.ts';
import type { ImportDraft } from './draft.ts';
import type { Entry } from './layers.ts';

/** What operations say that say nothing themselves. */
export interface OperationDefaults {
  /** Null: nothing is said. */
  readonly timeoutMs: number | null;
  readonly onFail: string | null;
}

export function operationDefaults(sets: readonly AttributeSet[], draft: ImportDraft): OperationDefaults {
  const values = readSets(sets, { nowS: 0 });
  for (const name of values.keys())
    if (!['timeout', 'on-fail', 'record-pending', 'interval'].includes(name))
      draft.note('op_defaults', `${name} for all operations is left out`);
  return { timeoutMs: durationMsOf(values.get('timeout')), onFail: values.get('on-fail') ?? null };
}

export interface OperationWords {
  /** `check`, `start-timeout` and the like, as far as they are not the usual. */
  readonly entry: Entry;
  readonly onFail: Entry;
}

type Kind = 'ocf' | 'systemd';

const answers: Readonly<Record<string, readonly string[]>> = {
  start: ['ignore', 'block', 'stop', 'restart', 'fence', 'standby'],
  stop: ['ignore', 'block', 'fence', 'standby'],
  check: ['ignore', 'block', 'stop', 'restart', 'fence', 'standby', 'demote'],
  promote: ['ignore', 'block', 'stop', 'restart', 'fence', 'standby', 'demote'],
  demote: ['ignore', 'block', 'stop', 'restart', 'fence', 'standby'],
};

/** What becomes of a resource beside starts, stops and checks. */
export interface Abilities {
  readonly isPromotable: boolean;
  readonly migrates: boolean;
  readonly isNotified: boolean;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

export function operationsOf(
  config: PrimitiveConfig,
  kind: Kind,
  abilities: Abilities,
  above: OperationDefaults,
  draft: ImportDraft,
): OperationWords {
  const { id } = config;
  const operations = config.operations.filter((each) => isUsed(each, id, draft));
  const monitor = monitorOf(operations, id, abilities.isPromotable, draft);
  const timeout = (operation: OperationConfig | undefined): number | null => {
    const own = durationMsOf(operation?.attributes.get('timeout') ?? metaOf(operation).get('timeout'));
    return own !== null && own > 0 ? own : null;
  };
  const find = (name: string) => operations.find((each) => each.name === name);
  const of = defaults.service;
  const usual = (usualMs: number): number => above.timeoutMs ?? usualMs;
  const startMs = timeout(find('start'));
  const stopMs = timeout(find('stop'));
  const everyMs = monitor === undefined ? null : intervalMsOf(monitor.attributes.get('interval'));
  const checkMs = timeout(monitor);
  const isOther = (ms: number | null, usualMs: number): ms is number => ms !== null && ms !== usualMs;
  const check = {
    ...(isOther(everyMs, of.checkEveryMs[kind]) ? { every: within(everyMs, 100, dayMs) } : {}),
    ...(isOther(checkMs, usual(of.checkTimeoutMs[kind])) ? { timeout: within(checkMs, 100, hourMs) } : {}),
  };
  if (monitor === undefined) draft.unchecked(id);
  return {
    entry: {
      ...(Object.keys(check).length === 0 ? {} : { check }),
      ...(isOther(startMs, usual(of.startTimeoutMs[kind])) ? { 'start-timeout': within(startMs, 100, dayMs) } : {}),
      ...(isOther(stopMs, usual(of.stopTimeoutMs[kind])) ? { 'stop-timeout': within(stopMs, 100, dayMs) } : {}),
      ...othersEntry(
        abilities,
        {
          start: startMs ?? usual(of.startTimeoutMs[kind]),
          stop: stopMs ?? usual(of.stopTimeoutMs[kind]),
          check: checkMs ?? usual(of.checkTimeoutMs[kind]),
        },
        (name) => timeout(find(name)) ?? above.timeoutMs,
      ),
    },
    onFail: onFailOf(operations, monitor, above, id, draft),
  };
}

const within = (ms: number, minMs: number, maxMs: number): string =>
  formatDuration(Math.min(Math.max(ms, minMs), maxMs));

const metaOf = (operation: OperationConfig | undefined): ReadonlyMap<string, string> =>
  readSets(
    (operation?.meta ?? []).filter(({ rule }) => rule === null),
    { nowS: 0 },
  );

function isUsed({ name, attributes, parameters, meta }: OperationConfig, id: string, draft: ImportDraft): boolean {
  const own = parameters.flatMap(({ values }) => values.map(([key]) => key));
  if (own.length > 0) draft.note(id, `its operation ${name} has parameters of its own, ${own.join(', ')}: left out`);
  if (meta.some(({ rule }) => rule !== null))
    draft.lose(id, `its operation ${name} has values that a rule switches on: left out`);
  if ((durationMsOf(attributes.get('start-delay')) ?? 0) > 0)
    draft.note(id, `its operation ${name} has a start-delay: left out, a check begins one interval after the start`);
  if (booleanOf(attributes.get('enabled')) !== false) return true;
  return false;
}

/** The one for what merely runs, and of several the most frequent. */
function monitorOf(
  operations: readonly OperationConfig[],
  id: string,
  isPromotable: boolean,
  draft: ImportDraft,
): OperationConfig | undefined {
  const everyMs = ({ attributes }: OperationConfig): number => intervalMsOf(attributes.get('interval'));
  const monitors = operations.filter((each) => each.name === 'monitor' && everyMs(each) > 0);
  const stopped = monitors.filter(({ attributes }) => roleOf(attributes.get('role')) === 'stopped');
  if (stopped.length > 0)
    draft.note(id, 'it was looked for on nodes where it should not run (monitor with role Stopped): left out');
  const [first, ...others] = monitors
    .filter((each) => !stopped.includes(each))
    .toSorted((a, b) => everyMs(a) - everyMs(b));
  if (first !== undefined && others.length > 0) {
    const each = isPromotable ? 'both roles are checked alike' : 'there is one check';
    draft.note(id, `it has ${others.length + 1} monitors; ${each} now, every ${formatDuration(everyMs(first))}`);
  }
  return first;
}

/** Times of operations that it has, as far as they are said and not what is usual. */
function othersEntry(
  abilities: Abilities,
  usual: Readonly<Record<'start' | 'stop' | 'check', number>>,
  saidOf: (name: string) => number | null,
): Entry {
  const entry: Entry = {};
  for (const { name, like, of } of others) {
    const ms = abilities[of] ? saidOf(name) : null;
    if (ms !== null && ms !== usual[like]) entry[`${name.replace('_', '-')}-timeout`] = within(ms, 100, dayMs);
  }
  return entry;
}

/** Other operations, and what they may take as long as where nothing is said. */
const others = [
  { name: 'promote', like: 'start', of: 'isPromotable' },
  { name: 'demote', like: 'stop', of: 'isPromotable' },
  { name: 'migrate_to', like: 'start', of: 'migrates' },
  { name: 'migrate_from', like: 'start', of: 'migrates' },
  { name: 'notify', like: 'check', of: 'isNotified' },
] as const;

function onFailOf(
  operations: readonly OperationConfig[],
  monitor: OperationConfig | undefined,
  above: OperationDefaults,
  id: string,
  draft: ImportDraft,
): Entry {
  const entry: Entry = {};
  for (const [word, taken] of Object.entries(answers)) {
    const operation = word === 'check' ? monitor : operations.find(({ name }) => name === word);
    const said = operation?.attributes.get('on-fail') ?? metaOf(operation).get('on-fail') ?? above.onFail;
    const answer = said?.toLowerCase().replace('nothing', 'ignore') ?? null;
    if (answer === null || (answer === 'restart' && word !== 'stop')) continue;
    if (taken.includes(answer)) entry[word] = answer;
    else if (answer !== 'restart') draft.note(id, `on-fail ${answer} of its ${word} has no word here: left out`);
  }
  return entry;
}

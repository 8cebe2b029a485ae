/** Operations of a resource as the times and answers to failures that a service has. */
import type { AttributeSet, OperationConfig, PrimitiveConfig } from '../../../policy/input.ts';
import { readSets, roleOf } from '../../../policy/rule/index.ts';
import { booleanOf, durationMsOf, intervalMsOf } from '../../../policy/rule/text.ts';
import { defaults } from '../../defaults.ts';
import { formatDuration } from '../../duration.ts';
import type { ImportDraft } from './draft.ts';
import type { Entry } from './layers.ts';
import { longestStopMs, operationRules, withRuledDefaults } from './operationRules.ts';
import type { Translating } from './translating.ts';

/** What operations say that say nothing themselves. */
export interface OperationDefaults {
  /** Null: nothing is said. */
  readonly timeoutMs: number | null;
  readonly onFail: string | null;
  /** Those that rules switch on, and all that are no matter of dates. */
  readonly sets: readonly AttributeSet[];
}

export function operationDefaults(sets: readonly AttributeSet[], draft: ImportDraft): OperationDefaults {
  const values = readSets(
    sets.filter(({ rule }) => rule === null),
    { nowS: 0 },
  );
  for (const name of values.keys())
    if (!['timeout', 'on-fail', 'record-pending', 'interval'].includes(name))
      draft.note('op_defaults', `${name} for all operations is left out`);
  return { timeoutMs: durationMsOf(values.get('timeout')), onFail: values.get('on-fail') ?? null, sets };
}

export interface OperationWords {
  /** `check`, `start-timeout` and the like, as far as they are not the usual. */
  readonly entry: Entry;
  readonly onFail: Entry;
  /** What is otherwise while a rule holds. */
  readonly rules: readonly Entry[];
}

type Kind = 'ocf' | 'systemd';

export const answers: Readonly<Record<string, readonly string[]>> = {
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
  /** Its nodes can be switched off. */
  readonly isFenced: boolean;
}

export const dayMs = 86_400_000;
export const hourMs = 3_600_000;

export function operationsOf(
  config: PrimitiveConfig,
  kind: Kind,
  abilities: Abilities,
  above: OperationDefaults,
  translating: Translating,
): OperationWords {
  const { id } = config;
  const { draft } = translating;
  const used = config.operations.filter((each) => isUsed(each, id, draft));
  const operations = withRuledDefaults(used, config, above, abilities);
  const monitors = monitorsOf(operations, id, abilities.isPromotable, draft);
  const [monitor] = monitors;
  const timeout = (operation: OperationConfig | undefined): number | null => {
    const own = durationMsOf(operation?.attributes.get('timeout') ?? metaOf(operation).get('timeout'));
    return own !== null && own > 0 ? own : null;
  };
  const find = (name: string) => operations.find((each) => each.name === name);
  const of = defaults.service;
  const usual = (usualMs: number): number => above.timeoutMs ?? usualMs;
  const startMs = timeout(find('start'));
  const longestMs = longestStopMs(operations, config, above, timeout(find('stop')) ?? usual(of.stopTimeoutMs[kind]));
  const stopMs = longestMs ?? timeout(find('stop'));
  if (longestMs !== null)
    draft.note(
      id,
      `how long a stop may take changed by a rule, and is the same at all times here: ${within(longestMs, 100, dayMs)}`,
    );
  const checkMs = timeout(monitor);
  const isOther = (ms: number | null, usualMs: number): ms is number => ms !== null && ms !== usualMs;
  const isSeveral = monitors.length > 1;
  const checks = monitors.map((each): Entry => {
    const [everyMs, timeoutMs, level] = [everyMsOf(each), timeout(each), levelOf(each, kind, id, draft)];
    const role = isSeveral && abilities.isPromotable ? { role: roleOfMonitor(each) ?? 'unpromoted' } : {};
    return {
      ...(isSeveral || everyMs !== of.checkEveryMs[kind] ? { every: within(everyMs, 100, dayMs) } : {}),
      ...(isOther(timeoutMs, usual(of.checkTimeoutMs[kind])) ? { timeout: within(timeoutMs, 100, hourMs) } : {}),
      ...role,
      ...(level === 0 ? {} : { level }),
      ...(isSeveral ? answerEntry('on-fail', 'check', each, above, id, draft) : {}),
    };
  });
  if (monitor === undefined) draft.unchecked(id);
  return {
    entry: {
      ...checkEntry(checks),
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
    onFail: onFailOf(operations, isSeveral ? null : monitor, above, id, draft),
    rules: operationRules(config, operations, monitors, abilities, above, translating),
  };
}

export const within = (ms: number, minMs: number, maxMs: number): string =>
  formatDuration(Math.min(Math.max(ms, minMs), maxMs));

const metaOf = (operation: OperationConfig | undefined): ReadonlyMap<string, string> =>
  readSets(
    (operation?.meta ?? []).filter(({ rule }) => rule === null),
    { nowS: 0 },
  );

/** One that says nothing is the usual. */
const checkEntry = ([first = {}, ...others]: readonly Entry[]): Entry =>
  others.length > 0 ? { check: [first, ...others] } : Object.keys(first).length > 0 ? { check: first } : {};

function isUsed({ name, attributes, parameters }: OperationConfig, id: string, draft: ImportDraft): boolean {
  const own = parameters.flatMap(({ values }) =>
    values.flatMap(([key]) => (name === 'monitor' && key === levelName ? [] : [key])),
  );
  if (own.length > 0) draft.note(id, `its operation ${name} has parameters of its own, ${own.join(', ')}: left out`);
  if ((durationMsOf(attributes.get('start-delay')) ?? 0) > 0)
    draft.note(id, `its operation ${name} has a start-delay: left out, a check begins one interval after the start`);
  if (booleanOf(attributes.get('enabled')) !== false) return true;
  return false;
}

const levelName = 'OCF_CHECK_LEVEL';

/** How thoroughly it looks; 0: the usual. */
function levelOf({ parameters }: OperationConfig, kind: Kind, id: string, draft: ImportDraft): number {
  const said = readSets(parameters, { nowS: 0 }).get(levelName);
  if (said === undefined) return 0;
  const level = /^\d{1,4}$/.test(said) ? Number(said) : Number.NaN;
  if (kind === 'ocf' && level <= 1000) return level;
  draft.note(id, `its monitor has ${levelName} ${said}: left out`);
  return 0;
}

const everyMsOf = ({ attributes }: OperationConfig): number => intervalMsOf(attributes.get('interval'));

/** Null: of copies that merely run. */
function roleOfMonitor({ attributes }: OperationConfig): 'promoted' | 'unpromoted' | 'stopped' | null {
  const role = roleOf(attributes.get('role'));
  return role === 'promoted' || role === 'unpromoted' || role === 'stopped' ? role : null;
}

/** Those that come, the most frequent first. */
function monitorsOf(
  operations: readonly OperationConfig[],
  id: string,
  isPromotable: boolean,
  draft: ImportDraft,
): readonly OperationConfig[] {
  const monitors = operations.filter((each) => each.name === 'monitor' && everyMsOf(each) > 0);
  const used = monitors.filter((each) => roleOfMonitor(each) !== 'stopped');
  if (used.length < monitors.length)
    draft.note(id, 'it was looked for on nodes where it should not run (monitor with role Stopped): left out');
  const comes = isPromotable ? used : used.filter((each) => roleOfMonitor(each) === null);
  if (comes.length < used.length) draft.note(id, 'it has a monitor for a role that its copies never have: left out');
  const sorted = comes.toSorted((a, b) => everyMsOf(a) - everyMsOf(b));
  const kept = sorted.filter((each, i) => i === 0 || everyMsOf(each) > everyMsOf(sorted[i - 1]!));
  for (const each of sorted.filter((one) => !kept.includes(one)))
    draft.note(
      id,
      `it has two monitors every ${formatDuration(everyMsOf(each))}, of which one was never used: left out`,
    );
  return kept;
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

/** `monitor`: null where each check has its own answer. */
function onFailOf(
  operations: readonly OperationConfig[],
  monitor: OperationConfig | undefined | null,
  above: OperationDefaults,
  id: string,
  draft: ImportDraft,
): Entry {
  const entry: Entry = {};
  for (const word of Object.keys(answers)) {
    if (word === 'check' && monitor === null) continue;
    const operation = word === 'check' ? (monitor ?? undefined) : operations.find(({ name }) => name === word);
    Object.assign(entry, answerEntry(word, word, operation, above, id, draft));
  }
  return entry;
}

/** What its failure leads to, under this key, where that is not the usual. */
function answerEntry(
  key: string,
  word: string,
  operation: OperationConfig | undefined,
  above: OperationDefaults,
  id: string,
  draft: ImportDraft,
): Entry {
  const said = operation?.attributes.get('on-fail') ?? metaOf(operation).get('on-fail') ?? above.onFail;
  const answer = said?.toLowerCase().replace('nothing', 'ignore') ?? null;
  if (answer === null || (answer === 'restart' && word !== 'stop')) return {};
  if (answer === 'demote' && key === 'on-fail' && operation !== undefined && roleOfMonitor(operation) !== 'promoted') {
    draft.note(id, 'on-fail demote of a monitor that is not for the promoted role says nothing: left out');
    return {};
  }
  if (answers[word]?.includes(answer) === true) return { [key]: answer };
  if (answer !== 'restart') draft.note(id, `on-fail ${answer} of its ${word} has no word here: left out`);
  return {};
}

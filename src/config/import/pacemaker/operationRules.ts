/** Values of operations that rules switch on: those that say nothing of dates are worked in, the others become rules of the service. */
import type { AttributeSet, Expression, OperationConfig, PrimitiveConfig, Rule } from '../../../policy/input.ts';
import { asksForDates, readSets, ruleHolds } from '../../../policy/rule/index.ts';
import { durationMsOf, intervalMsOf } from '../../../policy/rule/text.ts';
import type { Entry } from './layers.ts';
import { type Abilities, answers, dayMs, hourMs, type OperationDefaults, within } from './operations.ts';
import { ruleText } from './ruleText.ts';
import { type Switched, switchedIn, takesBack } from './switched.ts';
import type { Translating } from './translating.ts';

/** No set of a configuration is called like this. */
const fromDefaults = '#op_defaults';

/** Operations that come also where nothing is said of them. */
const always = ['start', 'stop'] as const;

const roleNames = ['promote', 'demote'] as const;
const moveNames = ['migrate_to', 'migrate_from'] as const;

/** As if each said itself what the defaults say of it alone. */
export function withRuledDefaults(
  used: readonly OperationConfig[],
  config: PrimitiveConfig,
  { sets }: OperationDefaults,
  abilities: Abilities,
): readonly OperationConfig[] {
  if (sets.every(({ rule }) => rule === null)) return used;
  const others = usualNames(abilities).filter((name) => used.every((each) => each.name !== name));
  const plain = readSets(
    sets.filter(({ rule }) => rule === null),
    { nowS: 0 },
  );
  return [...used, ...others.map(silent)].map((each) => {
    const context = { nowS: 0, agent: config.agent, operation: operationOf(each) };
    const undated = sets.filter(({ rule }) => rule === null || !asksForDates(rule));
    const own = [...readSets(undated, context)].filter(([name, value]) => plain.get(name) !== value);
    if (own.length === 0) return each;
    // In front: what the operation says itself counts before it.
    return { ...each, meta: [{ id: fromDefaults, score: null, rule: null, values: own }, ...each.meta] };
  });
}

const usualNames = ({ isPromotable, migrates, isNotified }: Abilities): readonly string[] => [
  ...always,
  ...(isPromotable ? roleNames : []),
  ...(migrates ? moveNames : []),
  ...(isNotified ? ['notify'] : []),
];

const operationOf = ({ name, attributes }: OperationConfig) => ({
  name,
  intervalMs: intervalMsOf(attributes.get('interval')),
});

/** `monitors`: those that come. */
export function operationRules(
  config: PrimitiveConfig,
  operations: readonly OperationConfig[],
  monitors: readonly OperationConfig[],
  abilities: Abilities,
  { sets }: OperationDefaults,
  translating: Translating,
): readonly Entry[] {
  const { isFenced } = abilities;
  const names = usualNames(abilities);
  const others = names.filter((name) => operations.every((each) => each.name !== name));
  const found = [...operations.filter(({ name }) => names.includes(name)), ...others.map(silent), ...monitors].flatMap(
    (each) => rulesOf(each, config, { isSeveral: monitors.length > 1, isFenced }, sets, translating),
  );
  return merged(found);
}

function rulesOf(
  operation: OperationConfig,
  config: PrimitiveConfig,
  { isSeveral, isFenced }: { readonly isSeveral: boolean; readonly isFenced: boolean },
  defaults: readonly AttributeSet[],
  translating: Translating,
): readonly Entry[] {
  const { names, nodeIds, draft } = translating;
  return datedIn(operation, config, defaults).flatMap((switched): readonly Entry[] => {
    const { set, rule } = switched;
    const values = isSeveral && operation.name === 'monitor' ? null : valuesOf(operation.name, switched, isFenced);
    const where = ruleText(rule, ['date', 'resource'], names, nodeIds);
    if (where !== null && values !== null && !takesBack(switched))
      return Object.keys(values).length === 0 ? [] : [{ where, ...values }];
    draft.lose(
      set.id || config.id,
      `a rule switches values of the operation ${operation.name} of ${config.id} on, and there are no words for it here: left out`,
    );
    return [];
  });
}

function datedIn(
  operation: OperationConfig,
  config: PrimitiveConfig,
  defaults: readonly AttributeSet[],
): readonly Switched[] {
  const known = defaults.flatMap((set) => {
    const rule = set.rule === null ? null : knowing(set.rule, operation, config);
    if (rule === null || rule.expressions.length > 0) return [{ ...set, rule }];
    return rule.join === 'and' ? [{ ...set, rule: null }] : [];
  });
  const own = operation.meta.filter(({ id }) => id !== fromDefaults);
  return switchedIn([own, known], operation.attributes.keys()).filter(({ rule }) => asksForDates(rule));
}

/** How long a stop may take is the same at all times here: with the longest of these. Null: it does not change. */
export function longestStopMs(
  operations: readonly OperationConfig[],
  config: PrimitiveConfig,
  { sets }: OperationDefaults,
  usualMs: number,
): number | null {
  const stop = operations.find(({ name }) => name === 'stop') ?? silent('stop');
  const times = datedIn(stop, config, sets).flatMap(({ values }) =>
    values.flatMap(([name, value]) => (name === 'timeout' ? (durationMsOf(value) ?? []) : [])),
  );
  return times.length === 0 ? null : Math.max(usualMs, ...times);
}

const silent = (name: string): OperationConfig => ({ id: name, name, attributes: new Map(), meta: [], parameters: [] });

/** What a rule asks about the agent and the operation is known here. One that can never hold has nothing left to ask. */
function knowing(rule: Rule, operation: OperationConfig, config: PrimitiveConfig): Rule {
  const context = { nowS: 0, agent: config.agent, operation: operationOf(operation) };
  const answers: (Expression | boolean)[] = rule.expressions.map((each) => {
    if (each.kind === 'rule') {
      const inner = knowing(each.rule, operation, config);
      return inner.expressions.length === 0 ? inner.join === 'and' : { kind: 'rule' as const, rule: inner };
    }
    if (each.kind !== 'resource' && each.kind !== 'operation') return each;
    return ruleHolds({ ...rule, join: 'and', expressions: [each] }, context);
  });
  const decides = rule.join === 'or';
  if (answers.includes(decides)) return { ...rule, join: decides ? 'and' : 'or', expressions: [] };
  const open = answers.filter((each) => typeof each !== 'boolean');
  return { ...rule, expressions: open };
}

/** Null: there are no words for one of them. */
function valuesOf(operation: string, { values }: Switched, isFenced: boolean): Entry | null {
  const entry: Record<string, unknown> = {};
  for (const [name, value] of values) {
    if (name === 'record-pending' || (name === 'timeout' && operation === 'stop')) continue;
    const own =
      name === 'timeout'
        ? timeoutOf(operation, value)
        : name === 'on-fail'
          ? answerOf(operation, value, isFenced)
          : null;
    if (own === null) return null;
    for (const [key, each] of Object.entries(own))
      entry[key] = typeof each === 'object' ? { ...(entry[key] as Entry | undefined), ...each } : each;
  }
  return entry;
}

function timeoutOf(operation: string, text: string): Readonly<Record<string, string | Entry>> | null {
  const ms = durationMsOf(text);
  if (ms === null || ms <= 0) return null;
  if (operation === 'monitor') return { check: { timeout: within(ms, 100, hourMs) } };
  return { [`${operation.replace('_', '-')}-timeout`]: within(ms, 100, dayMs) };
}

function answerOf(operation: string, text: string, isFenced: boolean): Readonly<Record<string, Entry>> | null {
  const word = operation === 'monitor' ? 'check' : operation;
  const answer = text.toLowerCase().replace('nothing', 'ignore');
  if (answer === 'fence' && !isFenced) return null;
  return answers[word]?.includes(answer) === true ? { 'on-fail': { [word]: answer } } : null;
}

/** Rules with the same condition, one behind the other, are one. */
function merged(rules: readonly Entry[]): readonly Entry[] {
  const found: Entry[] = [];
  for (const { where, ...values } of rules) {
    const last = found.at(-1);
    const before = last?.['where'] === where ? found.pop() : undefined;
    const both = Object.entries(values).map(([key, value]) => {
      const known = before?.[key];
      return [key, typeof known === 'object' ? { ...known, ...(value as Entry) } : value];
    });
    found.push({ ...(before ?? { where }), ...Object.fromEntries(both) });
  }
  return found;
}

/** Parameters that rules of a resource switch on, where they ask about nodes. */
import type { AttributeSet, Expression, PrimitiveConfig, Rule } from '../../../policy/input.ts';
import { readSets } from '../../../policy/rule/index.ts';
import { type Entry, plainValue } from './layers.ts';
import { ruleText } from './ruleText.ts';
import type { Translating } from './translating.ts';

/** What a rule of the file counts for above all that is plain, a set of the configuration only above what comes behind it. */
export function paramRules(
  { id, parameters }: PrimitiveConfig,
  kind: 'ocf' | 'systemd',
  translating: Translating,
): readonly Entry[] {
  if (parameters.every(({ rule }) => rule === null)) return [];
  const said = new Set<string>();
  const rules: Entry[] = [];
  for (const set of firstToLast(parameters)) {
    if (set.rule === null) for (const [name] of set.values) said.add(name);
    else rules.push(...ruleOf(id, set, set.rule, said, kind, translating));
  }
  // The later one counts first.
  return rules.toReversed();
}

/** The ones that count first in front. */
const firstToLast = (sets: readonly AttributeSet[]): readonly AttributeSet[] =>
  sets.toReversed().toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0));

function ruleOf(
  id: string,
  set: AttributeSet,
  rule: Rule,
  said: ReadonlySet<string>,
  kind: 'ocf' | 'systemd',
  translating: Translating,
): readonly Entry[] {
  const { names, nodeIds, draft } = translating;
  const values = [...readSets([{ ...set, rule: null }], { nowS: 0 })].filter(([name]) => !said.has(name));
  const isNamed = values.every(([name]) => /^[A-Za-z_][\w-]{0,99}$/.test(name));
  const where = isKnown(rule, translating) ? ruleText(rule, ['attribute', 'resource'], names, nodeIds) : null;
  if (values.length === 0) return [];
  if (kind === 'ocf' && where !== null && isNamed && !set.values.some(([, value]) => /^#default$/i.test(value)))
    return [{ where, params: Object.fromEntries(values.map(([name, value]) => [name, plainValue(value)])) }];
  draft.lose(set.id || id, `a rule switches parameters of ${id} on, and there are no words for it here: left out`);
  return [];
}

/** Attributes of the file are those that are there for good: others come and go, and the file does not see them. */
function isKnown(rule: Rule, { situation }: Translating): boolean {
  const isOne = (each: Expression): boolean => {
    if (each.kind === 'rule') return each.rule.expressions.every(isOne);
    if (each.kind !== 'attribute') return true;
    if ((each.valueSource ?? 'literal').toLowerCase() !== 'literal') return false;
    if (each.attribute.startsWith('#')) return /^#(uname|id|kind)$/.test(each.attribute);
    return situation.nodes.some(({ attributes }) => attributes.has(each.attribute));
  };
  return rule.expressions.every(isOne);
}

/** Behind those that switch meta attributes on. */
export const withParamRules = (entry: Entry, rules: readonly Entry[]): Entry =>
  rules.length === 0 ? entry : { ...entry, rules: [...((entry['rules'] as readonly Entry[]) ?? []), ...rules] };

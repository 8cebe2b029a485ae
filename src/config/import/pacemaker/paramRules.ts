/** Parameters that rules of a resource switch on. */
import type { AttributeSet, Expression, PrimitiveConfig, Rule } from '../../../policy/input.ts';
import { type Entry, plainValue } from './layers.ts';
import { ruleText } from './ruleText.ts';
import { type Switched, switchedIn, takesBack } from './switched.ts';
import type { Translating } from './translating.ts';

/** `above`: those of its group and its clone, the nearest one in front. */
export const paramRules = (
  { id, parameters }: PrimitiveConfig,
  above: readonly (readonly AttributeSet[])[],
  kind: 'ocf' | 'systemd',
  translating: Translating,
): readonly Entry[] =>
  switchedIn([parameters, ...above]).flatMap((switched) => ruleOf(id, switched, kind, translating));

function ruleOf(id: string, switched: Switched, kind: 'ocf' | 'systemd', translating: Translating): readonly Entry[] {
  const { names, nodeIds, draft } = translating;
  const { set, rule, values } = switched;
  const isNamed = values.every(([name]) => /^[A-Za-z_][\w-]{0,99}$/.test(name));
  const may = ['attribute', 'date', 'resource'] as const;
  const where = isKnown(rule, translating) ? ruleText(rule, may, names, nodeIds) : null;
  if (kind === 'ocf' && where !== null && isNamed && !takesBack(switched))
    return [{ where, params: Object.fromEntries(values.map(([name, value]) => [name, plainValue(value)])) }];
  draft.lose(set.id || id, `a rule switches parameters of ${id} on, and there are no words for it here: left out`);
  return [];
}

/** Attributes of the file are those that are there for good: others come and go, and the file does not see them. */
function isKnown(rule: Rule, { input }: Translating): boolean {
  const isOne = (each: Expression): boolean => {
    if (each.kind === 'rule') return each.rule.expressions.every(isOne);
    if (each.kind !== 'attribute') return true;
    if ((each.valueSource ?? 'literal').toLowerCase() !== 'literal') return false;
    if (each.attribute.startsWith('#')) return /^#(uname|id|kind)$/.test(each.attribute);
    return input.nodes.some(({ attributes }) =>
      attributes.some(({ values }) => values.some(([name]) => name === each.attribute)),
    );
  };
  return rule.expressions.every(isOne);
}

/** Behind those that switch meta attributes on. */
export const withMoreRules = (entry: Entry, rules: readonly Entry[]): Entry =>
  rules.length === 0 ? entry : { ...entry, rules: [...((entry['rules'] as readonly Entry[]) ?? []), ...rules] };

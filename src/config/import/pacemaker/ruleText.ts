/** Rules of a CIB as the text that a cluster file has for them. */
import type { Expression, Rule } from '../../../policy/input.ts';
import { parseRule } from '../../rule/parse.ts';
import { renderRule } from '../../rule/render.ts';
import type { ImportNames } from './names.ts';

type Kind = Expression['kind'];

/** Null: the cluster file has no words for it. `nodeIds`: names by id. `may`: what can be asked about where it stands. */
export function ruleText(
  rule: Rule,
  may: readonly Kind[],
  names: ImportNames,
  nodeIds: ReadonlyMap<string, string>,
): string | null {
  const renamed = withNames(rule, names, nodeIds);
  if (!onlyAsks(renamed, may)) return null;
  const text = renderRule(renamed);
  return parseRule(text).ok ? text : null;
}

/** Of several rules one is enough. */
export const anyOf = (rules: readonly Rule[]): Rule | null => {
  const [first, ...others] = rules;
  if (first === undefined || others.length === 0) return first ?? null;
  const expressions = rules.map((rule): Expression => ({ kind: 'rule', rule }));
  return { ...first, join: 'or', expressions };
};

const onlyAsks = (rule: Rule, may: readonly Kind[]): boolean =>
  rule.expressions.every((each) => (each.kind === 'rule' ? onlyAsks(each.rule, may) : may.includes(each.kind)));

/** Nodes are called by their new names, and have no other id. */
function withNames(rule: Rule, names: ImportNames, nodeIds: ReadonlyMap<string, string>): Rule {
  const expressions = rule.expressions.map((each): Expression => {
    if (each.kind === 'rule') return { kind: 'rule', rule: withNames(each.rule, names, nodeIds) };
    if (each.kind !== 'attribute' || each.value === null) return each;
    const isPlain = each.valueSource === null || each.valueSource.toLowerCase() === 'literal';
    if (!isPlain || (each.attribute !== '#uname' && each.attribute !== '#id')) return each;
    const name = each.attribute === '#id' ? (nodeIds.get(each.value) ?? null) : each.value;
    const now = name === null ? null : names.node(name);
    return { ...each, attribute: '#uname', value: now ?? each.value };
  });
  return { ...rule, expressions };
}

/** Writes rules as `parse.ts` reads them. Scores and roles of a rule are the matter of the constraint that it stands in. */
import type { Expression, Rule } from '../../policy/input.ts';
import type { DateExpression } from './dates.ts';
import { mustBeQuoted } from './words.ts';

export const renderRule = ({ join, expressions }: Rule): string =>
  expressions.length === 0
    ? empty(join)
    : expressions.map((each) => inside(each, join, expressions.length)).join(` ${join} `);

/** All of nothing hold, and none of nothing does. */
const empty = (join: Rule['join']): string => (join === 'and' ? 'always' : 'never');

/** «and» binds closer than «or»; everything else that is joined stands in brackets. */
function inside(expression: Expression, join: Rule['join'], count: number): string {
  if (expression.kind !== 'rule') return textOf(expression);
  const { rule } = expression;
  const [only] = rule.expressions;
  if (rule.expressions.length === 1 && only !== undefined) return inside(only, join, count);
  const isPlain = rule.expressions.length === 0 || count === 1 || (join === 'or' && rule.join === 'and');
  return isPlain ? renderRule(rule) : `(${renderRule(rule)})`;
}

function textOf(expression: Exclude<Expression, { readonly kind: 'rule' }>): string {
  switch (expression.kind) {
    case 'attribute':
      return attributeText(expression);
    case 'date':
      return dateText(expression);
    case 'resource':
      return `agent ${agentText(expression)}`;
    case 'operation':
      return `operation ${word(expression.name)}${expression.interval === null ? '' : ` ${expression.interval}`}`;
  }
}

function attributeText(expression: Extract<Expression, { readonly kind: 'attribute' }>): string {
  const { attribute, operation, value, type, valueSource } = expression;
  if (operation === 'defined' || operation === 'not_defined') return `${operation} ${word(attribute)}`;
  const how = type === null ? operation : `${type.toLowerCase()}:${operation}`;
  const source = valueSource?.toLowerCase();
  const isNamed = source === 'meta' || source === 'param';
  return `${word(attribute)} ${how} ${isNamed ? `${source}{${value ?? ''}}` : word(value ?? '')}`;
}

function dateText({ operation, start, end, duration, spec }: DateExpression): string {
  if (operation === 'date_spec') {
    const fields = Object.entries(spec ?? {}).map(([field, range]) => `${field} ${range.replaceAll(/\s/g, '')}`);
    return fields.length === 0 ? 'always' : fields.join(' ');
  }
  if (operation === 'gt') return `date after ${moment(start)}`;
  if (operation === 'lt') return `date before ${moment(end)}`;
  if (end === null && duration !== null) {
    const parts = Object.entries(duration).map(([unit, count]) => `${count} ${unit}`);
    return `date in ${moment(start)} for ${parts.join(' ')}`;
  }
  return `date in ${moment(start)}..${moment(end)}`;
}

/** Day, time and zone are one word without the spaces that others put between them. */
function moment(text: string | null): string {
  return text === null ? '' : word(text.trim().replace(/^(\d\S*) +(\d\S*)(?: +(\S+))?$/, '$1T$2$3'));
}

function agentText({ standard, provider, type }: Extract<Expression, { readonly kind: 'resource' }>): string {
  if (provider !== null) return `${standard ?? ''}:${provider}:${type ?? ''}`;
  return type === null ? (standard ?? '') : `${standard ?? ''}:${type}`;
}

function word(text: string): string {
  if (!mustBeQuoted(text)) return text;
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}

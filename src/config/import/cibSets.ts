/** Sets of name/value pairs, and rules. */
import type { AttributeSet, Expression, Rule } from '../../policy/input.ts';
import {
  attributeOf,
  attributesBut,
  childOf,
  childrenOf,
  describe,
  type Element,
  faultAt,
  requiredOf,
} from './element.ts';
import { roleOf, roleOrNull } from './numbers.ts';
import type { Reading } from './reading.ts';

/** The sets of that name directly inside of `parent`. */
export function setsOf(reading: Reading, parent: Element | null, name: string): AttributeSet[] {
  const sets: AttributeSet[] = [];
  for (const element of childrenOf(parent, name)) {
    const resolved = reading.resolve(element);
    if (resolved !== null) sets.push(setOf(reading, resolved));
  }
  return sets;
}

const setOf = (reading: Reading, element: Element): AttributeSet => ({
  id: element.attributes['id'] ?? '',
  score: reading.score(element),
  rule: ruleOfSet(reading, element),
  values: valuesOf(reading, element),
});

/** Before Pacemaker 1.0 the pairs stood in an element of their own. */
function valuesOf(reading: Reading, set: Element): [string, string][] {
  const values: [string, string][] = [];
  for (const pair of childrenOf(childOf(set, 'attributes') ?? set, 'nvpair')) {
    const value = pairOf(reading, pair);
    if (value !== null) values.push(value);
  }
  return values;
}

/** Null: no value, which is as if it were not there. */
function pairOf(reading: Reading, pair: Element): [string, string] | null {
  const other = reading.resolve(pair);
  const name = attributeOf(pair, 'name') ?? other?.attributes['name'];
  const value = attributeOf(pair, 'value') ?? other?.attributes['value'];
  return name === undefined || value === undefined ? null : [name, value];
}

/** Of several rules one is enough. */
function ruleOfSet(reading: Reading, set: Element): Rule | null {
  const rules = rulesOf(reading, set);
  if (rules.length <= 1) return rules[0] ?? null;
  const expressions = rules.map((rule): Expression => ({ kind: 'rule', rule }));
  return { id: set.attributes['id'] ?? '', join: 'or', expressions, score: null, scoreAttribute: null, role: null };
}

/** The rules directly inside of an element. */
export function rulesOf(reading: Reading, parent: Element | null): Rule[] {
  const rules: Rule[] = [];
  for (const element of childrenOf(parent, 'rule')) {
    const resolved = reading.resolve(element);
    if (resolved !== null) rules.push(ruleOf(reading, resolved, 0));
  }
  return rules;
}

const nestedMax = 100;

/** Rules that refer to each other would never end. */
function ruleOf(reading: Reading, element: Element, depth: number): Rule {
  if (depth > nestedMax) throw faultAt(element, `${describe(element)}: rules are nested deeper than ${nestedMax}`);
  return {
    id: element.attributes['id'] ?? '',
    join: attributeOf(element, 'boolean-op')?.toLowerCase() === 'or' ? 'or' : 'and',
    expressions: expressionsOf(reading, element, depth),
    score: reading.score(element),
    scoreAttribute: attributeOf(element, 'score-attribute') ?? attributeOf(element, 'score-attribute-mangled'),
    role: roleOrNull(attributeOf(element, 'role')),
  };
}

function expressionsOf(reading: Reading, rule: Element, depth: number): Expression[] {
  const expressions: Expression[] = [];
  for (const element of rule.children) {
    const resolved = reading.resolve(element);
    if (resolved !== null) expressions.push(expressionOf(reading, resolved, depth));
  }
  return expressions;
}

function expressionOf(reading: Reading, element: Element, depth: number): Expression {
  switch (element.name) {
    case 'rule':
      return { kind: 'rule', rule: ruleOf(reading, element, depth + 1) };
    case 'expression':
      return attributeExpression(element);
    case 'date_expression':
      return dateExpression(element);
    case 'rsc_expression': {
      const agent = { standard: attributeOf(element, 'class'), provider: attributeOf(element, 'provider') };
      return { kind: 'resource', ...agent, type: attributeOf(element, 'type') };
    }
    case 'op_expression': {
      const name = requiredOf(element, 'name', 'it says which operations are meant');
      return { kind: 'operation', name, interval: attributeOf(element, 'interval') };
    }
    default:
      throw faultAt(element, `<${element.name}> is no expression of a rule`);
  }
}

function attributeExpression(element: Element): Expression {
  const attribute = requiredOf(element, 'attribute', 'it says what is compared');
  const value = attributeOf(element, 'value');
  return {
    kind: 'attribute',
    attribute,
    operation: requiredOf(element, 'operation', 'it says how to compare').toLowerCase(),
    value: attribute === '#role' && value !== null ? roleOf(value) : value,
    type: attributeOf(element, 'type'),
    valueSource: attributeOf(element, 'value-source'),
  };
}

function dateExpression(element: Element): Expression {
  const duration = childOf(element, 'duration');
  const spec = childOf(element, 'date_spec');
  return {
    kind: 'date',
    operation: (attributeOf(element, 'operation') ?? 'in_range').toLowerCase(),
    start: attributeOf(element, 'start'),
    end: attributeOf(element, 'end'),
    duration: duration === null ? null : Object.fromEntries(attributesBut(duration, 'id')),
    spec: spec === null ? null : Object.fromEntries(attributesBut(spec, 'id')),
  };
}

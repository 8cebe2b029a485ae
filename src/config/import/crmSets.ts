/** Attribute sets and rules as the crm shell writes them, made into the elements that a CIB has for them. */

import { type Attributes, type Element, elementNear } from './element.ts';
import { isScore } from './numbers.ts';
import type { Words } from './words.ts';

/** Words that end a list of values. */
const sections = new Set([
  ...['params', 'meta', 'utilization', 'operations', 'op', 'op_params', 'op_meta', 'rule', 'attributes'],
  ...['network', 'storage', 'port-mapping', 'storage-mapping', 'primitive', 'docker', 'podman', 'rkt'],
]);

const idPattern = /^\$id=(.*)$/is;
const idRefPattern = /^\$id-ref=(.*)$/is;
const scorePattern = /^([^:]+):$/s;

/** `[$id=...] [SCORE:] [rule ...] name=value ...`, or `$id-ref=...`. */
export function readSet(words: Words, element: string, defaultId: string): Element {
  const place = words.place;
  const reference = words.take(idRefPattern);
  if (reference !== null) return elementNear(place, element, { 'id-ref': reference[0] });
  const id = words.take(idPattern)?.[0] ?? defaultId;
  const score = words.take(scorePattern)?.[0];
  const children = [...readRules(words, id), ...readPairs(words)];
  return elementNear(place, element, { id, score }, children);
}

export function readPairs(words: Words): Element[] {
  const pairs: Element[] = [];
  while (!words.isEnd && !sections.has(words.text.toLowerCase())) {
    const place = words.place;
    const attributes = readPair(words);
    if (attributes === null) break;
    pairs.push(elementNear(place, 'nvpair', attributes));
  }
  return pairs;
}

/** Null: the next word is no pair. A name alone has no value. */
function readPair(words: Words): Attributes | null {
  const reference = words.take(/^@([^:]+)(?::(.+))?$/s);
  if (reference !== null) return { 'id-ref': reference[0], name: reference[1] };
  const withId = words.take(/^\$([^:=]+)(?::([^=]+))?=(.*)$/s);
  if (withId !== null) return { id: withId[0], name: withId[1] ?? withId[0], value: withId[2] };
  const plain = words.take(/^([^=@$][^=]*)=(.*)$/s);
  if (plain !== null) return { name: plain[0], value: plain[1] };
  const alone = words.take(/^([^:={}()[\]]+)$/s);
  return alone === null ? null : { name: alone[0] };
}

// ---------------------------------------------------------------- rules

export function readRules(words: Words, owner: string): Element[] {
  const rules: Element[] = [];
  for (let place = words.place; words.takeWord('rule') !== null; place = words.place)
    rules.push(elementNear(place, 'rule', ...readRule(words, `${owner}-rule-${rules.length}`)));
  return rules;
}

function readRule(words: Words, defaultId: string): [Attributes, Element[]] {
  const reference = words.take(idRefPattern);
  if (reference !== null) return [{ 'id-ref': reference[0] }, []];
  const id = words.take(idPattern)?.[0] ?? defaultId;
  const role = words.take(/^\$?role=(.+)$/is)?.[0];
  const score = words.take(scorePattern)?.[0] ?? 'INFINITY';
  const expressions = [readExpression(words)];
  let join: string | null = null;
  for (let word = words.takeWord('and', 'or'); word !== null; word = words.takeWord('and', 'or')) {
    if (join !== null && join !== word)
      throw words.fault(`one rule joins with «${join}» or with «${word}», not with both`);
    join = word;
    expressions.push(readExpression(words));
  }
  return [{ id, role, ...scoreAttributes(score), 'boolean-op': join ?? 'and' }, expressions];
}

const namedScores: ReadonlyMap<string, string> = new Map([
  ['advisory', '0'],
  ['mandatory', 'INFINITY'],
]);

/** What is no number is the name of a node attribute. */
export function scoreAttributes(text: string): Attributes {
  const score = namedScores.get(text.toLowerCase()) ?? text;
  return isScore(score) ? { score } : { 'score-attribute': score };
}

function readExpression(words: Words): Element {
  const place = words.place;
  if (words.takeWord('date') !== null) return readDate(words);
  const unary = words.takeWord('defined', 'not_defined');
  if (unary !== null) {
    const attribute = words.next('the name of an attribute').text;
    return elementNear(place, 'expression', { operation: unary, attribute });
  }
  const attribute = words.next('an expression').text;
  const comparison = words.take(/^(?:(string|integer|number|version):)?(lt|gt|lte|gte|eq|ne)$/i);
  if (comparison === null) throw words.fault('a comparison (eq, ne, lt, gt, lte, gte) is missing');
  const value = words.next('a value to compare with').text;
  const sourced = /^(literal|param|meta)\{(.+)\}$/s.exec(value);
  return elementNear(place, 'expression', {
    attribute,
    operation: comparison[1],
    type: comparison[0],
    value: sourced?.[2] ?? value,
    'value-source': sourced?.[1],
  });
}

const dateFields = /^(hours|monthdays|weekdays|years?days|months|weeks|years|weekyears|moon|minutes|seconds)=(.+)$/is;

function readDate(words: Words): Element {
  const place = words.place;
  switch (words.takeWord('lt', 'gt', 'in', 'in_range', 'spec', 'date_spec')) {
    case 'lt':
      return elementNear(place, 'date_expression', { operation: 'lt', end: words.next('a date').text });
    case 'gt':
      return elementNear(place, 'date_expression', { operation: 'gt', start: words.next('a date').text });
    case 'in':
    case 'in_range':
      return readRange(words);
    case 'spec':
    case 'date_spec':
      return elementNear(place, 'date_expression', { operation: 'date_spec' }, [
        elementNear(place, 'date_spec', readDateFields(words)),
      ]);
    default:
      throw words.fault('lt, gt, in or spec is missing behind «date»');
  }
}

function readRange(words: Words): Element {
  const place = words.place;
  const attributes: Attributes = { operation: 'in_range' };
  const fields: Attributes = {};
  for (;;) {
    const end = words.take(/^(start|end)=(.+)$/is);
    if (end !== null) attributes[end[0]?.toLowerCase() ?? ''] = end[1];
    else if (!takeDateField(words, fields)) break;
  }
  const children = Object.keys(fields).length === 0 ? [] : [elementNear(place, 'duration', fields)];
  return elementNear(place, 'date_expression', attributes, children);
}

function readDateFields(words: Words): Attributes {
  const fields: Attributes = {};
  while (takeDateField(words, fields));
  if (Object.keys(fields).length === 0) throw words.fault('a field such as hours=9-16 is missing');
  return fields;
}

function takeDateField(words: Words, fields: Attributes): boolean {
  const field = words.take(dateFields);
  if (field !== null) fields[field[0]?.toLowerCase() ?? ''] = field[1];
  return field !== null;
}

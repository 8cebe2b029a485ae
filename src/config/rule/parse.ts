/**
 * Reads rules: «site eq east and (disk eq ssd or hours 9-17 weekdays 1-5)».
 *
 *     rule       and-terms with «or» between them; «and» binds closer; brackets
 *     attribute  NAME eq|ne|lt|gt|lte|gte VALUE; number:lt and the like say how to compare; meta{NAME} and param{NAME} are values too
 *                defined NAME, not_defined NAME; NAME defined, NAME not_defined
 *     date       date in START..END, START.., ..END, START for 8 hours; date after START; date before END
 *     spec       one or more of: hours 9-17, weekdays 1-5, monthdays 1, months 6-8, ...
 *     others     agent ocf:heartbeat:Dummy; operation monitor 10s; always; never
 */
import type { Expression, Rule } from '../../policy/input.ts';
import { quote } from '../show.ts';
import { didYouMean } from '../suggest.ts';
import { readDate, readSpec } from './dates.ts';
import { RuleError, type RuleFault, type Token, tokensOf } from './tokens.ts';
import { comparisons, dateFields, fieldRange, isField, valueTypes } from './words.ts';

export type ParsedRule =
  | { readonly ok: true; readonly value: Rule }
  | { readonly ok: false; readonly fault: RuleFault };

const textLengthMax = 4000;
const nestedMax = 8;

export function parseRule(text: string): ParsedRule {
  try {
    if (text.length > textLengthMax) throw new RuleError(0, `longer than ${textLengthMax} characters`);
    const words = new RuleWords(tokensOf(text));
    const expression = readAny(words, 0);
    const rest = words.peek();
    if (rest.kind !== 'end') throw wrongBehind(rest);
    return { ok: true, value: expression.kind === 'rule' ? expression.rule : joined('and', [expression]) };
  } catch (error) {
    if (error instanceof RuleError) return { ok: false, fault: error.fault };
    throw error;
  }
}

/** For texts that were checked: a mistake is told of there, and the rule never holds. */
export function ruleOf(text: string, id: string): Rule {
  const parsed = parseRule(text);
  return { ...(parsed.ok ? parsed.value : joined('or', [])), id };
}

/** The words that are still to be read. */
export class RuleWords {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#next + ahead] ?? { kind: 'end', text: '', at: 0 };
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  isWord(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'word' && token.text === text;
  }

  takeIf(text: string): boolean {
    const is = this.isWord(text);
    if (is) this.#next++;
    return is;
  }

  /** A word or a quoted text; a fault says what was to come. */
  value(wanted: string): Token {
    const token = this.peek();
    const isName = token.kind === 'quoted' || (token.kind === 'word' && token.text !== 'and' && token.text !== 'or');
    if (!isName) throw new RuleError(token.at, `${wanted} is missing here`);
    return this.take();
  }
}

const joined = (join: Rule['join'], expressions: readonly Expression[]): Rule => ({
  id: '',
  join,
  expressions,
  score: null,
  scoreAttribute: null,
  role: null,
});

const asExpression = (join: Rule['join'], expressions: readonly Expression[]): Expression => {
  const [only] = expressions;
  return expressions.length === 1 && only !== undefined ? only : { kind: 'rule', rule: joined(join, expressions) };
};

function readAny(words: RuleWords, depth: number): Expression {
  const terms = [readAll(words, depth)];
  while (words.takeIf('or')) terms.push(readAll(words, depth));
  return asExpression('or', terms);
}

function readAll(words: RuleWords, depth: number): Expression {
  const terms = [readTerm(words, depth)];
  while (words.takeIf('and')) terms.push(readTerm(words, depth));
  return asExpression('and', terms);
}

function readTerm(words: RuleWords, depth: number): Expression {
  const first = words.peek();
  if (first.kind === 'open') return readBrackets(words, depth);
  if (first.kind !== 'word' && first.kind !== 'quoted') throw new RuleError(first.at, 'a condition is missing here');
  if (first.kind === 'quoted') return readComparison(words);
  if (isSpec(words)) return readSpec(words);
  switch (first.text) {
    case 'and':
    case 'or':
      throw new RuleError(first.at, `a condition is missing before ${quote(first.text)}`);
    case 'not':
      throw new RuleError(first.at, '«not» has no meaning here', 'say ne, not_defined, or the opposite comparison');
    case 'always':
    case 'never':
      words.take();
      return { kind: 'rule', rule: joined(first.text === 'always' ? 'and' : 'or', []) };
    case 'defined':
    case 'not_defined':
      return readDefined(words);
    case 'date':
      return readDate(words);
    case 'agent':
      words.take();
      return agentExpression(words.value('the name of an agent, such as ocf:heartbeat:IPaddr2,').text);
    case 'operation':
      return readOperation(words);
    default:
      return readComparison(words);
  }
}

function readBrackets(words: RuleWords, depth: number): Expression {
  const { at } = words.take();
  if (depth >= nestedMax) throw new RuleError(at, `brackets are nested more than ${nestedMax} deep`);
  const inner = readAny(words, depth + 1);
  const end = words.take();
  if (end.kind === 'close') return inner;
  throw end.kind === 'end' ? new RuleError(at, 'the bracket that opens here is not closed') : wrongBehind(end);
}

function wrongBehind(token: Token): RuleError {
  if (token.kind === 'close') return new RuleError(token.at, 'no bracket was opened that this one closes');
  const message = `${quote(token.text)} does not belong here`;
  const hint = token.kind === 'word' ? didYouMean(token.text, ['and', 'or']) : null;
  return new RuleError(
    token.at,
    message,
    hint ?? 'join conditions with «and» or «or»; text with spaces stands in quotes',
  );
}

/** A field of a date, with a value: attributes may have the same names. */
const isSpec = (words: RuleWords): boolean =>
  isField(words.peek().text) && words.peek(1).kind === 'word' && fieldRange.test(words.peek(1).text);

const attributeExpression = (
  attribute: string,
  operation: string,
  more: { readonly value?: string; readonly type?: string | null; readonly valueSource?: string | null } = {},
): Expression => ({
  kind: 'attribute',
  attribute,
  operation,
  value: more.value ?? null,
  type: more.type ?? null,
  valueSource: more.valueSource ?? null,
});

function readDefined(words: RuleWords): Expression {
  const operation = words.take().text;
  return attributeExpression(words.value('the name of an attribute').text, operation);
}

function readComparison(words: RuleWords): Expression {
  const attribute = words.take().text;
  const operator = words.peek();
  if (operator.kind === 'word' && /^(not_)?defined$/.test(operator.text))
    return attributeExpression(attribute, words.take().text);
  if (words.isWord('not') && words.isWord('defined', 1)) {
    words.take();
    words.take();
    return attributeExpression(attribute, 'not_defined');
  }
  const { type, operation } = readOperator(words, attribute);
  const value = words.value(`the value to compare ${quote(attribute)} with`);
  const sourced = value.kind === 'word' ? /^(meta|param)\{(.+)\}$/.exec(value.text) : null;
  return attributeExpression(attribute, operation, {
    value: sourced?.[2] ?? value.text,
    type,
    valueSource: sourced?.[1] ?? null,
  });
}

const signs: Readonly<Record<string, string>> = {
  '=': 'eq',
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '<=': 'lte',
  '>': 'gt',
  '>=': 'gte',
};

function readOperator(
  words: RuleWords,
  attribute: string,
): { readonly type: string | null; readonly operation: string } {
  const token = words.peek();
  if (token.kind !== 'word') {
    if (isField(attribute)) throw wrongField(attribute, token);
    throw new RuleError(token.at, `a comparison is missing behind ${quote(attribute)}`, operatorHint);
  }
  const colon = token.text.indexOf(':');
  const type = colon < 0 ? null : token.text.slice(0, colon);
  const operation = token.text.slice(colon + 1);
  if (!(comparisons as readonly string[]).includes(operation)) {
    const sign = signs[operation];
    if (sign === undefined && isField(attribute)) throw wrongField(attribute, token);
    const hint = sign === undefined ? didYouMean(operation, [...comparisons, 'defined']) : `say ${sign}`;
    throw new RuleError(token.at, `${quote(operation)} is no comparison`, hint ?? operatorHint);
  }
  if (type !== null && !(valueTypes as readonly string[]).includes(type)) {
    const hint = didYouMean(type, valueTypes) ?? `there are ${valueTypes.join(', ')}`;
    throw new RuleError(token.at, `${quote(type)} is no way to compare`, hint);
  }
  words.take();
  return { type, operation };
}

/** A date was meant: `weekdays mon-fri`, or a field without its value. */
function wrongField(field: string, { kind, text, at }: Token): RuleError {
  const [min = 0, max = 0] = dateFields[field] ?? [];
  const message = kind === 'word' ? `${quote(text)} is no value of «${field}»` : `a value is missing behind «${field}»`;
  const hint =
    field === 'weekdays' ? '1 is Monday, 7 is Sunday: weekdays 1-5' : `${field} are numbers from ${min} to ${max}`;
  return new RuleError(at, message, hint);
}

const operatorHint = `one of ${comparisons.join(', ')}, defined, not_defined`;

function agentExpression(text: string): Expression {
  const [standard = '', second, third] = text.split(':');
  const [provider, type] = third === undefined ? [null, second] : [second, third];
  return { kind: 'resource', standard: standard || null, provider: provider || null, type: type || null };
}

function readOperation(words: RuleWords): Expression {
  words.take();
  const { text } = words.value('the name of an operation, such as monitor,');
  const next = words.peek();
  const interval = next.kind === 'word' && /^\d+(ms|s|m|h|d)?$/.test(next.text) ? words.take().text : null;
  return { kind: 'operation', name: text, interval };
}

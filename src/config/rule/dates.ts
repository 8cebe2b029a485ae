/** Dates of rules. All are UTC where no zone is said. */
import type { Expression } from '../../policy/input.ts';
import { timeOf } from '../../policy/rule/calendar.ts';
import { quote } from '../show.ts';
import { didYouMean } from '../suggest.ts';
import type { RuleWords } from './parse.ts';
import { RuleError, type Token } from './tokens.ts';
import { dateFields, durationUnits, fieldRange, isField } from './words.ts';

export type DateExpression = Extract<Expression, { readonly kind: 'date' }>;

const plain: DateExpression = {
  kind: 'date',
  operation: 'in_range',
  start: null,
  end: null,
  duration: null,
  spec: null,
};

export function readDate(words: RuleWords): DateExpression {
  words.take();
  const { kind, text, at } = words.take();
  if (kind === 'word' && text === 'in') return readRange(words);
  if (kind === 'word' && (text === 'after' || text === 'gt'))
    return { ...plain, operation: 'gt', start: dateText(words.value('a date')) };
  if (kind === 'word' && (text === 'before' || text === 'lt'))
    return { ...plain, operation: 'lt', end: dateText(words.value('a date')) };
  const hint = kind === 'word' ? didYouMean(text, ['in', 'after', 'before']) : null;
  throw new RuleError(at, 'behind «date» stands in, after or before', hint ?? 'date in 2026-12-01..2026-12-05, say');
}

function readRange(words: RuleWords): DateExpression {
  const first = words.peek();
  const start = first.kind === 'range' ? null : dateText(words.value('a date'));
  if (words.takeIf('for')) return { ...plain, start, duration: readDuration(words) };
  const range = words.take();
  if (range.kind !== 'range')
    throw new RuleError(range.at, '«..» or «for» is missing here', 'START..END, START.., ..END, or START for 8 hours');
  const behind = words.peek();
  const isOpen =
    start !== null && ((behind.kind !== 'word' && behind.kind !== 'quoted') || /^(and|or)$/.test(behind.text));
  if (isOpen) return { ...plain, start };
  const end = dateText(words.value('a date'));
  if (start !== null && (timeOf(start, 0) ?? 0) > (timeOf(end, 0) ?? 0))
    throw new RuleError(behind.at, `${quote(end)} is before ${quote(start)}: the range never holds`);
  return { ...plain, start, end };
}

function dateText({ text, at }: Token): string {
  if (timeOf(text, 0) !== null && isDay(text)) return text;
  throw new RuleError(at, `${quote(text)} is no date`, 'write 2026-12-24, or 2026-12-24T18:00:00Z');
}

/** The calendar takes any numbers and goes on counting: here they are a mistake. */
function isDay(text: string): boolean {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)/.exec(text);
  if (match === null) return true;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= ([31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0);
}

function readDuration(words: RuleWords): Record<string, string> {
  const duration: Record<string, string> = {};
  do {
    const count = words.value('a number');
    if (!/^\d{1,6}$/.test(count.text))
      throw new RuleError(count.at, `${quote(count.text)} is no number`, 'for 8 hours, say');
    const unit = words.value(`what there are ${count.text} of, such as hours,`);
    const name = durationUnits.find((each) => each === unit.text || each === `${unit.text}s`);
    if (name === undefined)
      throw new RuleError(
        unit.at,
        `${quote(unit.text)} is no unit`,
        didYouMean(unit.text, durationUnits) ?? `there are ${durationUnits.join(', ')}`,
      );
    duration[name] = count.text;
  } while (/^\d+$/.test(words.peek().text) && words.peek().kind === 'word');
  return duration;
}

/** All fields that stand side by side are one specification. */
export function readSpec(words: RuleWords): DateExpression {
  const spec: Record<string, string> = {};
  for (let field = words.peek(); isField(field.text) && field.kind === 'word'; field = words.peek()) {
    if (!fieldRange.test(words.peek(1).text) || words.peek(1).kind !== 'word') break;
    words.take();
    if (spec[field.text] !== undefined)
      throw new RuleError(field.at, `${quote(field.text)} stands twice here`, 'join the two with «or»');
    spec[field.text] = rangeText(field.text, words.take());
  }
  return { ...plain, operation: 'date_spec', spec };
}

function rangeText(field: string, { text, at }: Token): string {
  const [min, max] = dateFields[field] ?? [0, 0];
  const [low, , high] = (fieldRange.exec(text) ?? []).slice(1);
  const [from, to] = [Number(low ?? min), Number(high ?? low ?? max)];
  if (text === '-' || [low, high].some((each) => each !== undefined && (Number(each) < min || Number(each) > max)))
    throw new RuleError(at, `${field} are from ${min} to ${max}, not ${quote(text)}`);
  if (high !== undefined && from > to) {
    const hint = `over the end it is two: ${field} ${from}- or ${field} -${to}`;
    throw new RuleError(at, `${quote(text)} begins behind its end: it never holds`, hint);
  }
  return text;
}

/** Date expressions: a range, a point, or a specification of fields as in a table of jobs. */
import type { Expression } from '../input.ts';
import { addMonths, type Moment, momentOf, secondsOfDay, timeOf } from './calendar.ts';
import { wholeOf } from './text.ts';

export type DateExpression = Extract<Expression, { readonly kind: 'date' }>;

/** Ranges contain their ends; «later» and «earlier» do not contain the point. What cannot be read is never true. */
export function dateHolds(expression: DateExpression, nowS: number): boolean {
  const startS = expression.start === null ? null : timeOf(expression.start, nowS);
  const endS = endOf(expression, startS, nowS);
  switch (expression.operation.toLowerCase()) {
    case 'date_spec':
      return specHolds(expression.spec ?? {}, nowS);
    case 'gt':
      return startS !== null && nowS > startS;
    case 'lt':
      return endS !== null && nowS < endS;
    case 'in_range':
    case '':
      return (startS !== null || endS !== null) && nowS >= (startS ?? nowS) && nowS <= (endS ?? nowS);
    default:
      return false;
  }
}

/**
 * The first moment after `nowS` from which on the expression may hold otherwise; null: never. It may be too early: a specification of
 * fields is looked at again at the end of the finest unit that it names.
 */
export function dateChangesS(expression: DateExpression, nowS: number): number | null {
  const { spec, start, end } = expression;
  const startS = start === null ? null : timeOf(start, nowS);
  const moments = [startS, endOf(expression, startS, nowS)].flatMap((at) => (at === null ? [] : [at, at + 1]));
  // A time without a day is another moment each day.
  if ([start, end].some((text) => text !== null && isOfToday(text))) moments.push(endOfUnit(nowS, secondsOfDay));
  if (expression.operation.toLowerCase() === 'date_spec') moments.push(endOfUnit(nowS, unitOf(spec ?? {})));
  const later = moments.filter((at) => at > nowS);
  return later.length === 0 ? null : Math.min(...later);
}

const isOfToday = (text: string): boolean => timeOf(text, 0) !== timeOf(text, secondsOfDay);

const endOfUnit = (nowS: number, unitS: number): number => (Math.floor(nowS / unitS) + 1) * unitS;

function unitOf(spec: Readonly<Record<string, string>>): number {
  if (spec['seconds'] !== undefined) return 1;
  if (spec['minutes'] !== undefined) return 60;
  return spec['hours'] === undefined ? secondsOfDay : 3600;
}

function endOf(expression: DateExpression, startS: number | null, nowS: number): number | null {
  const endS = expression.end === null ? null : timeOf(expression.end, nowS);
  if (endS !== null || startS === null || expression.duration === null) return endS;
  return addDuration(startS, expression.duration);
}

const secondsOf: Readonly<Record<string, number>> = {
  weeks: 604_800,
  days: 86_400,
  hours: 3600,
  minutes: 60,
  seconds: 1,
};

function addDuration(startS: number, duration: Readonly<Record<string, string>>): number {
  const months = (wholeOf(duration['years']) ?? 0) * 12 + (wholeOf(duration['months']) ?? 0);
  let timeS = addMonths(startS, months);
  for (const [unit, length] of Object.entries(secondsOf)) timeS += (wholeOf(duration[unit]) ?? 0) * length;
  return timeS;
}

const fields: Readonly<Record<string, (moment: Moment) => number>> = {
  years: (moment) => moment.year,
  months: (moment) => moment.month,
  monthdays: (moment) => moment.day,
  hours: (moment) => moment.hour,
  minutes: (moment) => moment.minute,
  seconds: (moment) => moment.second,
  yeardays: (moment) => moment.yearDay,
  weekyears: (moment) => moment.weekYear,
  weeks: (moment) => moment.week,
  weekdays: (moment) => moment.weekDay,
  moon: (moment) => moonOf(moment),
};

function specHolds(spec: Readonly<Record<string, string>>, nowS: number): boolean {
  const moment = momentOf(nowS);
  return Object.entries(fields).every(([name, fieldOf]) => isWithin(spec[name], fieldOf(moment)));
}

/** `3`, `3-5`, `3-`, `-5`; a field that is missing or cannot be read restricts nothing. */
function isWithin(range: string | undefined, value: number): boolean {
  if (range === undefined) return true;
  const match = /^\s*(\d+)?\s*(-)?\s*(\d+)?\s*$/.exec(range);
  if (match === null) return true;
  const [, low, dash, high] = match;
  if (dash === undefined) return low === undefined || value === Number(low);
  return value >= Number(low ?? value) && value <= Number(high ?? value);
}

/** Eighths of the moon's circle, 0 being new and 4 full, by the age of the moon on New Year's day. */
function moonOf({ year, yearDay }: Moment): number {
  const golden = (year % 19) + 1;
  let epact = (11 * golden + 18) % 30;
  if ((epact === 25 && golden > 11) || epact === 24) epact += 1;
  return Math.floor((((yearDay + epact) * 6 + 11) % 177) / 22) & 7;
}

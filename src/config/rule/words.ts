/** The words of rules, for the reader and the writer alike. */

export const comparisons = ['eq', 'ne', 'lt', 'gt', 'lte', 'gte'] as const;

/** How values are compared where that is not to be guessed: `number:lt`. */
export const valueTypes = ['string', 'integer', 'number', 'version'] as const;

/** Words that stand for themselves unless they are quoted. */
const reserved: ReadonlySet<string> = new Set([
  ...['and', 'or', 'not', 'defined', 'not_defined', 'always', 'never'],
  ...['date', 'agent', 'operation'],
]);

/** What a date may be asked for, with the smallest and the largest value. Weekday 1 is Monday, moon 0 is new and 4 full. */
export const dateFields: Readonly<Record<string, readonly [min: number, max: number]>> = {
  years: [0, 9999],
  months: [1, 12],
  monthdays: [1, 31],
  hours: [0, 23],
  minutes: [0, 59],
  seconds: [0, 59],
  yeardays: [1, 366],
  weekyears: [0, 9999],
  weeks: [1, 53],
  weekdays: [1, 7],
  moon: [0, 7],
};

export const isField = (text: string): boolean => Object.hasOwn(dateFields, text);

export const durationUnits = ['years', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds'] as const;

/** `9-17`, `9-`, `-17`, `9`. */
export const fieldRange = /^(\d{1,4})?(-)?(\d{1,4})?$/;

/** Words that have to be quoted to be a name or a value. */
export const mustBeQuoted = (text: string): boolean =>
  !/^[^\s()"'{}]+$/.test(text) || text.includes('..') || reserved.has(text) || isField(text);

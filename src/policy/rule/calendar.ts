/** Days, weeks and times of the day in UTC, from and to seconds since 1970: all that rules ask of a calendar. */

export interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

export const secondsOfDay = 86_400;

/** Days since 1970-01-01, by the proleptic Gregorian calendar (eras of 400 years that begin in March). */
export function daysOf({ year, month, day }: Civil): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export function civilOf(days: number): Civil {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch + (monthFromMarch < 10 ? 3 : -9);
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

const monthLength = (year: number, month: number): number =>
  daysOf(month === 12 ? { year: year + 1, month: 1, day: 1 } : { year, month: month + 1, day: 1 }) -
  daysOf({ year, month, day: 1 });

/** The moment so many months later, at the month's last day where the day is missing there. */
export function addMonths(timeS: number, months: number): number {
  const days = Math.floor(timeS / secondsOfDay);
  const { year, month, day } = civilOf(days);
  const count = year * 12 + month - 1 + months;
  const newYear = Math.floor(count / 12);
  const newMonth = count - newYear * 12 + 1;
  const newDay = Math.min(day, monthLength(newYear, newMonth));
  return timeS + (daysOf({ year: newYear, month: newMonth, day: newDay }) - days) * secondsOfDay;
}

/** Fields as a date specification names them, without the plural. */
export interface Moment extends Civil {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 1 to 366. */
  readonly yearDay: number;
  /** Of ISO 8601: the week's year, its number, and the day, 1 being Monday. */
  readonly weekYear: number;
  readonly week: number;
  readonly weekDay: number;
}

export function momentOf(timeS: number): Moment {
  const days = Math.floor(timeS / secondsOfDay);
  const rest = timeS - days * secondsOfDay;
  const civil = civilOf(days);
  const weekDay = weekDayOf(days);
  // A week belongs to the year of its Thursday.
  const thursday = days - weekDay + 4;
  const weekYear = civilOf(thursday).year;
  return {
    ...civil,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    yearDay: days - daysOf({ year: civil.year, month: 1, day: 1 }) + 1,
    weekYear,
    week: Math.floor((thursday - daysOf({ year: weekYear, month: 1, day: 1 })) / 7) + 1,
    weekDay,
  };
}

/** 1 is Monday; 1970 began on a Thursday. */
const weekDayOf = (days: number): number => ((((days + 3) % 7) + 7) % 7) + 1;

/**
 * ISO 8601: a day of a month, a year or a week, with or without dashes, and perhaps a time and a zone. A text without a day
 * means today's. Seconds since 1970; null: not to be read.
 */
export function timeOf(text: string, nowS: number): number | null {
  const trimmed = text.trim();
  if (trimmed === 'epoch') return 0;
  const [dayText = '', clockText = ''] = partsOf(trimmed);
  const days = dayText === '' ? Math.floor(nowS / secondsOfDay) : dayOf(dayText);
  const clockS = clockText === '' ? 0 : clockOf(clockText);
  return days === null || clockS === null ? null : days * secondsOfDay + clockS;
}

function partsOf(text: string): readonly string[] {
  const split = /^([^T\s]*)[T\s]\s*(.*)$/i.exec(text);
  if (split !== null) return [split[1] ?? '', split[2] ?? ''];
  return /^\d{1,2}:/.test(text) ? ['', text] : [text, ''];
}

function dayOf(text: string): number | null {
  const week = /^(\d{4})-?W(\d{1,2})-?(\d)$/i.exec(text);
  if (week !== null) return dayOfWeek(Number(week[1]), Number(week[2]), Number(week[3]));
  const date = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (date !== null) return daysOf({ year: Number(date[1]), month: Number(date[2]), day: Number(date[3]) });
  const ordinal = /^(\d{4})-?(\d{1,3})$/.exec(text);
  return ordinal === null ? null : daysOf({ year: Number(ordinal[1]), month: 1, day: 1 }) + Number(ordinal[2]) - 1;
}

/** The fourth of January is in the first week. */
function dayOfWeek(year: number, week: number, weekDay: number): number {
  const fourth = daysOf({ year, month: 1, day: 4 });
  return fourth - weekDayOf(fourth) + 1 + (week - 1) * 7 + weekDay - 1;
}

function clockOf(text: string): number | null {
  const clock = /^(\d{2})(?::?(\d{2}))?(?::?(\d{2}))?(?:\.\d+)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i.exec(text.trim());
  if (clock === null) return null;
  const [, hours, minutes = '0', seconds = '0', zone = 'Z'] = clock;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) - zoneOf(zone);
}

function zoneOf(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (match === null) return 0;
  const ahead = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60;
  return match[1] === '-' ? -ahead : ahead;
}

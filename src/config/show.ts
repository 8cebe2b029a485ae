/** How a user's own words appear in a message: short, and without characters that could move the cursor or recolour the screen. */

const shownMax = 40;

/** Control characters, among them those that turn the direction of writing, as «·». */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '·');

/** Cut in the middle of a character it shows «·» there. */
export const shorten = (text: string): string =>
  printable(text.length > shownMax ? `${text.slice(0, shownMax)}…` : text);

export const quote = (text: string): string => `«${shorten(text)}»`;

/** A value of the file in a few words. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'a mapping';
}

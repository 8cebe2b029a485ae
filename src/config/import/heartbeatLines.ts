/** Lines of Heartbeat's files as words with places, and the values that they share. */
import { ImportFault, type Place } from './fault.ts';
import { type Token, Words } from './words.ts';

export interface Placed<T> extends Place {
  readonly value: T;
}

/** Lines as words; what stands behind # is a comment, unless inside of a word. `continued`: a backslash ends no line. */
export function linesOf(text: string, continued: boolean): Words[] {
  const lines: Token[][] = [];
  let isOpen = false;
  for (const [i, line] of text.split(/\r\n|\n|\r/).entries()) {
    const words = wordsOf(line, i + 1);
    const goesOn = continued && words.at(-1)?.text === '\\';
    if (goesOn) words.pop();
    if (isOpen) lines.at(-1)?.push(...words);
    else lines.push(words);
    isOpen = goesOn;
  }
  return lines.flatMap((words) => (words[0] === undefined ? [] : [new Words(words[0], words)]));
}

function wordsOf(line: string, number: number): Token[] {
  const words: Token[] = [];
  for (const match of line.matchAll(/\S+/g)) {
    if (match[0].startsWith('#')) break;
    const column = match.index + 1;
    words.push({ text: match[0], line: number, column, end: { line: number, column: column + match[0].length } });
  }
  return words;
}

export const placeOf = ({ line, column }: Place): { line: number; column: number } => ({ line, column });

export const placed = <T>(place: Place, value: T): Placed<T> => ({ ...placeOf(place), value });

/** The rest of the line, which must not be empty. */
export function some(words: Words, what: string): readonly Token[] {
  if (words.isEnd) throw words.fault(`${what} is missing`);
  return words.rest();
}

export function wholeOf(token: Token, min: number, max: number): number {
  const number = /^\d+$/.test(token.text) ? Number(token.text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new ImportFault(token, `«${token.text}» is no whole number from ${min} to ${max}`);
}

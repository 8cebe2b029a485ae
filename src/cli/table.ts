/** Aligned columns. Pure. The last column wraps on a narrow terminal; nothing is ever cut off. */
import { type Look, paint, type Tone } from './terminal.ts';

export type Cell = string | { readonly text: string; readonly tone: Tone };

const gap = 2;
const indent = 2;
/** With less room than this the last column goes under its row. */
const lastColumnMin = 24;
const underIndent = 6;

/** A title, the heads of the columns, and the rows. Columns that are empty in all rows are left out. */
export function section(
  look: Look,
  title: string,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  if (rows.length === 0) return '';
  const kept = heads.map((_, column) => column).filter((column) => rows.some((row) => textOf(row[column]) !== ''));
  const pick = (row: readonly Cell[]): Cell[] => kept.map((column) => row[column] ?? '');
  const head = pick(heads).map((cell): Cell => ({ text: textOf(cell), tone: 'dim' }));
  const lines = alignedLines(look, heads.length === 1 ? rows.map(pick) : [head, ...rows.map(pick)]);
  return `${paint(look, 'strong', title)}\n${lines.map((line) => `${line}\n`).join('')}`;
}

function alignedLines(look: Look, rows: readonly (readonly Cell[])[]): string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(textOf(row[column])))),
  );
  const start = indent + widths.slice(0, -1).reduce((sum, width) => sum + width + gap, 0);
  const room = look.width === null ? Number.POSITIVE_INFINITY : look.width - start;
  const under =
    room < lastColumnMin && (widths.at(-1) ?? 0) > room && look.width !== null ? look.width - underIndent : null;
  return rows.flatMap((row, index) => {
    const first =
      ' '.repeat(indent) +
      row
        .slice(0, -1)
        .map((cell, column) => padded(look, cell, widths[column] ?? 0))
        .join('');
    const last = row.at(-1) ?? '';
    if (under === null) return hung(first, start, wrapped(look, last, room));
    const isHead = index === 0;
    return [
      first.trimEnd(),
      ...(isHead || textOf(last) === '' ? [] : hung(' '.repeat(underIndent), underIndent, wrapped(look, last, under))),
    ];
  });
}

const wrapped = (look: Look, cell: Cell, room: number): string[] =>
  wrap(textOf(cell), room).map((piece) => paint(look, toneOf(cell), piece));

const hung = (first: string, indentRest: number, pieces: readonly string[]): string[] =>
  pieces.map((piece, index) => ((index === 0 ? first : ' '.repeat(indentRest)) + piece).trimEnd());

function padded(look: Look, cell: Cell, width: number): string {
  const text = textOf(cell);
  return paint(look, toneOf(cell), text) + ' '.repeat(width - widthOf(text) + gap);
}

/** Breaks at spaces; a word that is longer than the room stays whole. */
export function wrap(text: string, room: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > room) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

export const textOf = (cell: Cell | undefined): string =>
  cell === undefined ? '' : typeof cell === 'string' ? cell : cell.text;

const toneOf = (cell: Cell): Tone => (typeof cell === 'string' ? 'plain' : cell.tone);

/** Code points: names and the words of our own are narrow characters. */
const widthOf = (text: string): number => Array.from(text).length;

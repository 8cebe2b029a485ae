/** Where the ids stand that notes are about. */
import type { PacemakerNote } from './draft.ts';

/** Of several places, the first one. */
export function placesIn(text: string, isXml: boolean): (note: PacemakerNote) => PacemakerNote {
  const found = new Map<string, number>();
  // In XML the value of an attribute; in the text of the shell whatever stands between spaces and the like.
  const names = isXml ? /\b(?:id|uname|name)\s*=\s*["']([^"']*)["']/g : /([^\s:"'()[\]{}=,@]+)/g;
  for (const match of text.matchAll(names)) {
    const [, name = ''] = match;
    if (!found.has(name)) found.set(name, match.index);
  }
  const lines = [0];
  for (const end of text.matchAll(/\r\n|\n|\r/g)) lines.push(end.index + end[0].length);
  return (note) => {
    const offset = note.about === null || note.line !== null ? undefined : found.get(note.about);
    if (offset === undefined) return note;
    const line = lineOf(lines, offset);
    return { ...note, line: line + 1, column: offset - (lines[line] ?? 0) + 1 };
  };
}

/** The last line that begins at the offset or before it. */
function lineOf(lines: readonly number[], offset: number): number {
  let [from, to] = [0, lines.length - 1];
  while (from < to) {
    const middle = (from + to + 1) >> 1;
    if ((lines[middle] ?? 0) <= offset) from = middle;
    else to = middle - 1;
  }
  return from;
}

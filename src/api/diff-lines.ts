/** The difference of two texts, line by line, in the form that `diff -u` and `patch` use. Pure. */

export interface DiffLine {
  readonly kind: 'head' | 'hunk' | 'same' | 'added' | 'removed';
  readonly text: string;
}

interface Edit {
  readonly kind: 'same' | 'added' | 'removed';
  readonly line: string;
}

const contextLines = 3;

/** Texts that differ in more places than this are shown as replaced where they differ: nobody reads more, and it costs the square. */
const editsMax = 800;

/** Empty when the texts are the same. `names` are put in the two first lines. */
export function unifiedDiff(before: string, after: string, names: readonly [string, string]): DiffLine[] {
  if (before === after) return [];
  const edits = editsBetween(linesOf(before), linesOf(after));
  return [
    { kind: 'head', text: `--- ${names[0]}` },
    { kind: 'head', text: `+++ ${names[1]}` },
    ...hunksOf(edits).flatMap(({ from, to }) => showHunk(edits, from, to)),
  ];
}

/** A missing line end at the end counts as a difference of the last line. */
function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') return lines.slice(0, -1);
  return [...lines.slice(0, -1), `${lines.at(-1)}\n\\ No newline at end of file`];
}

function editsBetween(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const room = Math.min(before.length, after.length) - start;
  while (end < room && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const same = (lines: readonly string[]): Edit[] => lines.map((line) => ({ kind: 'same', line }));
  return [
    ...same(before.slice(0, start)),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

/** The shortest list of edits (Myers). `rounds[d]` holds, for each diagonal, how far `d` edits reach in `before`. */
function middle(before: readonly string[], after: readonly string[]): Edit[] {
  const rounds: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= Math.min(before.length + after.length, editsMax); edits++) {
    rounds.push(reach);
    const next = new Map<number, number>();
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = comesByAdding(reach, diagonal, edits) ? reachOn(reach, diagonal + 1) : reachOn(reach, diagonal - 1) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
      next.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return walkBack(before, after, rounds);
    }
    reach = next;
  }
  return [
    ...before.map((line): Edit => ({ kind: 'removed', line })),
    ...after.map((line): Edit => ({ kind: 'added', line })),
  ];
}

/** Whether a diagonal is best reached by an added line (from the diagonal above it) and not by a removed one. */
const comesByAdding = (reach: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean =>
  diagonal === -edits || (diagonal !== edits && reachOn(reach, diagonal - 1) < reachOn(reach, diagonal + 1));

const reachOn = (reach: ReadonlyMap<number, number>, diagonal: number): number => reach.get(diagonal) ?? -1;

/** From the end to the beginning, one edit and the equal lines after it a round. */
function walkBack(before: readonly string[], after: readonly string[], rounds: readonly Map<number, number>[]): Edit[] {
  const edits: Edit[] = [];
  let x = before.length;
  let y = after.length;
  for (let count = rounds.length - 1; count >= 0; count--) {
    const reach = rounds[count] ?? new Map<number, number>();
    const isAdded = comesByAdding(reach, x - y, count);
    const diagonal = x - y + (isAdded ? 1 : -1);
    const fromX = Math.max(0, reachOn(reach, diagonal));
    const fromY = fromX - diagonal;
    while (x > fromX && y > fromY) {
      edits.push({ kind: 'same', line: before[--x] ?? '' });
      y--;
    }
    if (count === 0) break;
    if (isAdded) edits.push({ kind: 'added', line: after[--y] ?? '' });
    else edits.push({ kind: 'removed', line: before[--x] ?? '' });
  }
  return edits.reverse();
}

interface Hunk {
  readonly from: number;
  readonly to: number;
}

/** Stretches of edits with the context around them; those that touch become one. */
function hunksOf(edits: readonly Edit[]): Hunk[] {
  const hunks: Hunk[] = [];
  for (const [at, { kind }] of edits.entries()) {
    if (kind === 'same') continue;
    const from = Math.max(0, at - contextLines);
    const to = Math.min(edits.length, at + contextLines + 1);
    const last = hunks.at(-1);
    if (last !== undefined && from <= last.to) hunks[hunks.length - 1] = { from: last.from, to };
    else hunks.push({ from, to });
  }
  return hunks;
}

function showHunk(edits: readonly Edit[], from: number, to: number): DiffLine[] {
  const count = (part: readonly Edit[], without: Edit['kind']): number =>
    part.filter(({ kind }) => kind !== without).length;
  const before = edits.slice(0, from);
  const part = edits.slice(from, to);
  const range = (without: Edit['kind']): string => {
    const lines = count(part, without);
    return `${count(before, without) + (lines === 0 ? 0 : 1)},${lines}`;
  };
  const marks = { same: ' ', added: '+', removed: '-' } as const;
  return [
    { kind: 'hunk', text: `@@ -${range('added')} +${range('removed')} @@` },
    ...part.map(({ kind, line }): DiffLine => ({ kind, text: `${marks[kind]}${line}` })),
  ];
}

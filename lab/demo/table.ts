/** What the demo prints: one line while it goes on, a table at the end, the same as JSON. Pure. */
import type { Row } from './act.ts';

export interface Result {
  readonly ok: boolean;
  readonly faults: readonly Pick<Row, 'fault' | 'requests' | 'failed' | 'outageMs' | 'takenOverBy' | 'why'>[];
  readonly stallMsMax: number;
}

export function resultOf(rows: readonly Row[], completed: boolean, stallMsMax: number): Result {
  return {
    ok: completed && rows.every((row) => row.problem === null),
    faults: rows.map(({ fault, requests, failed, outageMs, takenOverBy, why }) => ({
      fault,
      requests,
      failed,
      outageMs,
      takenOverBy,
      why,
    })),
    stallMsMax: Math.round(stallMsMax * 10) / 10,
  };
}

export function progressLine(row: Row): string {
  const verdict = row.problem === null ? 'ok' : 'FAILED';
  const lost =
    row.failed === 0
      ? 'no request failed'
      : `${row.failed} of ${row.requests} requests failed, outage ${row.outageMs} ms`;
  const details = row.problem === null ? `${row.takenOverBy} serves` : row.problem;
  return `${verdict}: ${lost}; ${details}; settled after ${(row.settledMs / 1000).toFixed(1)} s`;
}

const titles = ['FAULT', 'REQUESTS', 'FAILED', 'OUTAGE', 'TAKEN OVER BY', 'WHY'];
const rightAligned = [1, 2, 3];

/** `width`: of the terminal; null: as wide as needed. The last column is wrapped. */
export function renderTable(rows: readonly Row[], width: number | null): string {
  const cells = rows.map((row) => [
    row.fault,
    `${row.requests}`,
    `${row.failed}`,
    `${row.outageMs} ms`,
    row.takenOverBy,
    row.problem ?? row.why,
  ]);
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  const lastWidth = width === null ? Infinity : Math.max(20, width - before);
  const lines = cells.flatMap((line) => renderLine(line, widths, lastWidth));
  return [...renderLine(titles, widths, lastWidth), ...lines].map((line) => line.trimEnd()).join('\n');
}

function renderLine(line: readonly string[], widths: readonly number[], lastWidth: number): string[] {
  const head = line
    .slice(0, -1)
    .map((cell, i) => (rightAligned.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)));
  const wrapped = wrap(line.at(-1) ?? '', lastWidth);
  const indent = ' '.repeat(head.reduce((sum, cell) => sum + cell.length + 2, 0));
  return wrapped.map((part, i) => (i === 0 ? `${head.join('  ')}  ${part}` : `${indent}${part}`));
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

/** Problems for people: place, sentence, the line itself with a mark under the spot, and what to do. */
import type { Problem } from './problems.ts';
import { printable } from './show.ts';

/** Of a longer line, the part around the mark is shown. */
const lineLengthMax = 120;
const lineBeforeMax = 60;

export function renderProblems(problems: readonly Problem[], text: string): string {
  const lines = text.split('\n');
  return problems.map((problem) => renderProblem(problem, lines[problem.line - 1])).join('\n');
}

function renderProblem(problem: Problem, line: string | undefined): string {
  const { file, line: number, column, severity, message, hint } = problem;
  const head = `${printable(file)}:${number}:${column}: ${severity}: ${message}`;
  const source = line === undefined || line.trim() === '' ? [] : renderSource(line, number, column - 1);
  const next = hint === null ? [] : [`  hint: ${hint}`];
  return `${[head, ...source, ...next].join('\n')}\n`;
}

function renderSource(line: string, number: number, offset: number): string[] {
  const from = offset > lineBeforeMax && line.length > lineLengthMax ? offset - lineBeforeMax : 0;
  const shown = line.slice(from, from + lineLengthMax).trimEnd();
  const gutter = String(number).padStart(5);
  // One space for each character before the mark; tabs stay tabs, so that both lines are equally wide.
  const indent = line.slice(from, offset).replace(/[^\t]/gu, ' ');
  return [`${gutter} | ${keepTabs(shown)}`, `${' '.repeat(gutter.length)} | ${indent}^`];
}

const keepTabs = (text: string): string => text.split('\t').map(printable).join('\t');

import { expect, test } from 'vitest';
import type { Problem } from './problems.ts';
import { renderProblems } from './render.ts';

const problem = (line: number, column: number, hint: string | null = null): Problem => ({
  severity: 'error',
  code: 'UNKNOWN_KEY',
  file: 'cluster.yaml',
  line,
  column,
  message: 'unknown key «intrval»',
  hint,
});

test('shows place, sentence, line, mark and hint', () => {
  const text = 'cluster: c\nheartbeat:\n  intrval: 1s\n';
  expect(renderProblems([problem(3, 3, 'did you mean «interval»?')], text)).toBe(
    [
      'cluster.yaml:3:3: error: unknown key «intrval»',
      '    3 |   intrval: 1s',
      '      |   ^',
      '  hint: did you mean «interval»?',
      '',
    ].join('\n'),
  );
});

test('shows no line where there is none', () => {
  expect(renderProblems([problem(1, 1), problem(99, 1)], '')).toBe(
    'cluster.yaml:1:1: error: unknown key «intrval»\n\ncluster.yaml:99:1: error: unknown key «intrval»\n',
  );
});

test('keeps tabs before the mark, and control characters off the screen', () => {
  const [, line, mark] = renderProblems([problem(1, 7)], 'a:\t\u001b[2Jb\r\n').split('\n');
  expect(line).toBe('    1 | a:\t·[2Jb');
  expect(mark).toBe('      |   \t   ^');
});

test('shows of a long line the part around the mark', () => {
  const [, line = '', mark = ''] = renderProblems([problem(1, 1001)], `${'x'.repeat(1000)}Y${'z'.repeat(1000)}`).split(
    '\n',
  );
  expect(line.length).toBeLessThan(140);
  expect(line[mark.indexOf('^')]).toBe('Y');
});

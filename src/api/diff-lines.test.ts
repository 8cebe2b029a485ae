import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unifiedDiff } from './diff-lines.ts';

const diff = (before: string, after: string): string =>
  unifiedDiff(before, after, ['a', 'b'])
    .map(({ text }) => `${text}\n`)
    .join('');

it('shows nothing for the same text, and both names else', () => {
  expect(diff('x\n', 'x\n')).toBe('');
  expect(diff('a\nb\nc\n', 'a\nx\nc\n')).toBe('--- a\n+++ b\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n');
});

it('keeps hunks that are far from each other apart', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `${index}`);
  const changed = lines.map((line, index) => (index === 2 || index === 27 ? 'x' : line));
  const text = diff(`${lines.join('\n')}\n`, `${changed.join('\n')}\n`);
  expect(text.match(/^@@.*@@$/gm)).toEqual(['@@ -1,6 +1,6 @@', '@@ -25,6 +25,6 @@']);
});

/** What `patch` does: every hunk must fit where its head says. */
function patched(before: string, shown: string): string {
  const rest = linesOf(before);
  const done: string[] = [];
  for (const [, from, count, body] of shown.matchAll(/^@@ -(\d+),(\d+) \+\d+,\d+ @@\n((?:[ +\-\\].*\n)*)/gm)) {
    const start = Number(from) - (count === '0' ? 0 : 1);
    while (done.filter((line) => !line.startsWith('+')).length < start) done.push(` ${rest.shift()}`);
    for (const line of (body ?? '').replace(/\n\\/g, '\\').split('\n').slice(0, -1)) {
      if (!line.startsWith('+')) expect(rest.shift()).toBe(line.slice(1));
      done.push(line);
    }
  }
  const lines = [...done.filter((line) => !line.startsWith('-')).map((line) => line.slice(1)), ...rest];
  return lines
    .map((line) => `${line}\n`)
    .join('')
    .replace('\\ No newline at end of file\n', '');
}

const linesOf = (text: string): string[] =>
  text === '' ? [] : (text.endsWith('\n') ? text : `${text}\\ No newline at end of file\n`).slice(0, -1).split('\n');

it('turns the one text into the other', () => {
  const line = fc.constantFrom('a', 'b', 'c', '', 'services:');
  const text = fc.tuple(fc.array(line, { maxLength: 25 }), fc.boolean()).map(([lines, ends]) => {
    const joined = lines.join('\n');
    return ends && joined !== '' ? `${joined}\n` : joined;
  });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const shown = diff(before, after);
      expect(shown === '' ? before : patched(before, shown)).toBe(after);
    }),
    { numRuns: 500 },
  );
});

it('gives up on texts that have little in common, in bounded time', () => {
  const text = (mark: string): string => Array.from({ length: 5000 }, (_, index) => `${mark}${index}\n`).join('');
  const startMs = performance.now();
  expect(diff(text('a'), text('b')).split('\n').length).toBe(10_004);
  expect(performance.now() - startMs).toBeLessThan(5000);
});

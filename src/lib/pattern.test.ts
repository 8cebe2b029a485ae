import { expect, test } from 'vitest';
import { patternOf } from './pattern.ts';

test.each([
  ['^web-', 'web-1', ['web-']],
  ['web-([0-9]+)(x)?', 'my-web-12', ['web-12', '12', undefined]],
  ['[[:alpha:]]+', '12', null],
  ['', 'web', ['']],
])('%s in %s', (text, name, expected) => expect(patternOf(text)?.match(name)).toEqual(expected));

test.each(['(a', 'a**', '[', '(a)\\1', '((a{0,100}){0,100}){0,100}'])('%s is none', (text) =>
  expect(patternOf(text)).toBeNull(),
);

test('what looks for all ways at once is found in time', () => {
  expect(patternOf('^(a+)+$')?.match(`${'a'.repeat(60)}b`)).toBeNull();
  expect(patternOf('(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x$')?.match('a'.repeat(60))).toBeNull();
});

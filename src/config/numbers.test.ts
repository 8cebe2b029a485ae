import { expect, test } from 'vitest';
import { addressAfter, asksForNumber, numbered } from './numbers.ts';

/** As it stands in a line for a shell. */
const shells = ['$', '{copy}'].join('');

test.each([
  ['{copy}', '3'],
  ['/srv/{copy}/x{copy}', '/srv/3/x3'],
  ['{copy+8080}:80', '8083:80'],
  [shells, shells],
  ['{copy-1} {copies} { copy }', '{copy-1} {copies} { copy }'],
])('%j becomes %j', (text, made) => {
  expect(numbered(text, 3)).toBe(made);
  expect(asksForNumber(text)).toBe(text !== made);
});

test('in all texts of plain data, and nowhere else', () => {
  const data = { a: ['{copy}', 1, null, true], '{copy}': { b: 'x{copy+1}' } };
  expect(numbered(data, 0)).toEqual({ a: ['0', 1, null, true], '{copy}': { b: 'x1' } });
});

test.each([
  ['10.0.0.9', 0, '10.0.0.9'],
  ['10.0.0.9', 3, '10.0.0.12'],
  ['10.0.0.254', 3, '10.0.1.1'],
  ['255.255.255.255', 1, '0.0.0.0'],
  ['2001:db8::fffe', 3, '2001:db8::1:1'],
])('%s, %i further on: %s', (address, steps, found) => expect(addressAfter(address, steps)).toBe(found));

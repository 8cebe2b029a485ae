import { describe, expect, test } from 'vitest';
import { atKey, atValue, offsetOf } from './places.ts';
import { readYaml } from './yaml.ts';

describe('values', () => {
  test.each([
    ['80', 80],
    ['-1', -1],
    ['0.5', 0.5],
    ['true', true],
    ['~', null],
    ['', null],
    ['text', 'text'],
    ['"80"', '80'],
    // Not spelt as JSON would: the user's text is kept.
    ['0755', '0755'],
    ['1.10', '1.10'],
    ['0x1f', '0x1f'],
    ['+1', '+1'],
    ['1e3', '1e3'],
    ['.nan', '.nan'],
    ['True', 'True'],
    ['yes', 'yes'],
    ['12345678901234567890', '12345678901234567890'],
    ['2001-01-01', '2001-01-01'],
    ['|\n  a\n  b\n', 'a\nb\n'],
  ])('%j is %j', (text, expected) => {
    expect(readYaml(`a: ${text}`).value).toEqual({ a: expected });
  });

  test('are not changed by an older YAML version in the text either', () => {
    const text = '%YAML 1.1\n---\na: [yes, 1:30, 0755, 2001-01-01]\n<<: {b: 1}\n';
    expect(readYaml(text).value).toEqual({ a: ['yes', '1:30', '0755', '2001-01-01'], '<<': { b: 1 } });
  });

  test('follow aliases', () => {
    expect(readYaml('a: &x {b: 1}\nc: [*x, *x]\n')).toMatchObject({
      value: { a: { b: 1 }, c: [{ b: 1 }, { b: 1 }] },
      faults: [],
    });
  });

  test('have keys that JavaScript knows', () => {
    expect(readYaml('constructor: 1\ntoString: 2\n').value).toEqual({ constructor: 1, toString: 2 });
  });
});

describe('places', () => {
  const text = 'a: 1\nb:\n  c: [x,  y]\nd: &l {e: 2}\nf: *l\n';
  const { places } = readYaml(text);
  const at = (offset: number): string => text.slice(offset, offset + 3);

  test.each([
    ['the file', atKey(), 'a: '],
    ['a key', atKey('b', 'c'), 'c: '],
    ['a value', atValue('a'), '1\nb'],
    ['a block mapping, at its key', atValue('b'), 'b:\n'],
    ['a list in brackets', atValue('b', 'c'), '[x,'],
    ['an item', atValue('b', 'c', 1), 'y]\n'],
    ['an alias', atValue('f'), '*l\n'],
    ['a value in an alias, where it is written', atValue('f', 'e'), '2}\n'],
    ['a missing key, at the mapping', atKey('b', 'z', 'z'), 'b:\n'],
    ['an item of what is no list, at the value', atValue('a', 0), '1\nb'],
  ])('of %s', (_, spot, expected) => {
    expect(at(offsetOf(places, spot, text))).toBe(expected);
  });
});

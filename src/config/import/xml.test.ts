import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { ImportFault } from './fault.ts';
import { readXml } from './xml.ts';

interface Tree {
  readonly name: string;
  readonly attributes: Record<string, string | undefined>;
  readonly children: Tree[];
}

const plain = ({ name, attributes, children }: Tree): Tree => ({
  name,
  attributes: { ...attributes },
  children: children.map(plain),
});

/** Null: it is refused. */
function ours(text: string | Uint8Array): Tree | null {
  try {
    return plain(readXml(text, null));
  } catch (error) {
    if (error instanceof ImportFault) return null;
    throw error;
  }
}

/** The same by a library that many rely on. It takes document types, which we do not, and `<?p?x?>`, which is not well-formed. */
function theirs(text: string): Tree | null {
  const root: Tree = { name: '', attributes: {}, children: [] };
  const open = [root];
  let isGood = true;
  const parser = new SaxesParser({ xmlns: false, defaultXMLVersion: '1.0', forceXMLVersion: true });
  const refuse = () => {
    isGood = false;
  };
  parser.on('error', refuse);
  parser.on('doctype', refuse);
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, children: [] };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => open.pop());
  parser.write(text).close();
  return isGood && root.children[0] !== undefined ? plain(root.children[0]) : null;
}

const pieces: readonly string[] = [
  ...[
    '<a',
    '<b',
    '</a>',
    '</b>',
    '/>',
    '>',
    ' x="1"',
    " y='\"'",
    ' x = "2"',
    ' é="é"',
    ' z="a\t\r\nb\rc"',
    '<a x="1"y="2"/>',
  ],
  ...[
    '&amp;',
    '&lt;&gt;&quot;&apos;',
    '&#65;',
    '&#x1F600;',
    '&#X41;',
    '&#0;',
    '&#xD800;',
    '&x;',
    '&',
    ';',
    '&amp',
    '<',
    '"',
    "'",
  ],
  ...['<!-- c -->', '<!-- a--b -->', '<!---->', '<!--->', '-->', '<![CDATA[ <&> ]]>', '<![CDATA[', ']]>', ']]', ']'],
  ...[
    '<?xml version="1.0"?>',
    "<?xml version='1.0' encoding='UTF-8' standalone='no' ?>",
    '<?xml?>',
    '<?p i?>',
    '<?p?>',
    '<??>',
  ],
  ...[
    '<?xml version="1"?>',
    '<?XML a?>',
    '<?xmlish?>',
    '<!DOCTYPE a>',
    '<!ELEMENT a>',
    '\ufeff',
    '\u0001',
    '\u007f',
    '\u0085',
  ],
  ...[
    '\ufffe',
    '\u{1f600}',
    '\u2028',
    '=',
    '/',
    '-',
    '.',
    ':',
    '1',
    'é',
    '·',
    '×',
    ' ',
    '\n',
    '\r',
    '\r\n',
    '\t',
    'text',
  ],
  ...[
    '<__proto__ constructor="1" __proto__="2"/>',
    '<a:b c:d="e"/>',
    '<-a/>',
    '<1/>',
    '<a-1.·/>',
    '</a >',
    '<a  >',
    '< a>',
  ],
];

/** A document that is right, until some pieces of it are taken out or put in. */
const documents = fc
  .record({
    inside: fc.array(fc.constantFrom(...pieces), { maxLength: 3 }),
    outside: fc.array(fc.constantFrom(...pieces), { maxLength: 1 }),
    before: fc.constantFrom('', '\ufeff', '<?xml version="1.0"?>\n', '<!-- c --> ', '\n'),
    cut: fc.option(fc.nat(80), { freq: 5 }),
  })
  .map(({ inside, outside, before, cut }) => {
    const text = `${before}<r s="${inside[0] ?? ''}">${inside.join('')}<a x="&#9;y"><b/></a></r>${outside.join('')}`;
    return cut === null ? text : Array.from(text).toSpliced(cut, 1).join('');
  })
  .filter((text) => !/<\?[^\s?]+\?[^>]/.test(text));

const settings = { numRuns: 2000 };

test('takes and refuses what saxes takes and refuses, and reads the same', () => {
  fc.assert(
    fc.property(documents, (text) => {
      expect(ours(text)).toEqual(theirs(text));
      expect(ours(Buffer.from(text))).toEqual(ours(text));
    }),
    settings,
  );
});

test('pieces in any order', () => {
  const anything = fc.array(fc.constantFrom(...pieces), { maxLength: 12 });
  fc.assert(
    fc.property(anything, (parts) => {
      const text = `<a>${parts.join('')}</a>`;
      expect(ours(text)).toEqual(theirs(text));
      expect(ours(parts.join(''))).toEqual(theirs(parts.join('')));
    }),
    settings,
  );
});

const suite = join(import.meta.dirname, '../../../../shared/peers/scheduler/cases');

test.skipIf(!existsSync(suite))('reads the files of the suite in ../shared as saxes does', { timeout: 60_000 }, () => {
  for (const file of readdirSync(suite)) {
    const text = readFileSync(join(suite, file), 'utf8');
    expect(ours(text), file).toEqual(theirs(text));
  }
});

test('names that mean something to JavaScript are names', () => {
  const { attributes } = readXml('<a __proto__="1" constructor="2"/>', null);
  expect(Object.entries(attributes)).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
  ]);
  expect(attributes['toString']).toBeUndefined();
});

test('tells the place in characters, whatever ends the lines', () => {
  const text = '<r>\n<a/>\r\n  <b/>\r<c é="é"/><d/>\u{1f600}<e/></r>';
  expect(readXml(text, null).children.map(({ name, line, column }) => [name, line, column])).toEqual([
    ['a', 2, 1],
    ['b', 3, 3],
    ['c', 4, 1],
    ['d', 4, 11],
    ['e', 4, 16],
  ]);
});

test.each([
  ['<a>\n <b x="1" x="2"/></a>', 'line 2, column 11: this is no well-formed XML: the attribute x is there twice'],
  ['<a>\n <b></a>', 'line 2, column 5: this is no well-formed XML: </a> stands where <b> should end'],
  ['<a><b>', 'line 1, column 7: this is no well-formed XML: <b> has no end'],
  ['<a b="1', 'line 1, column 8: this is no well-formed XML: the file ends inside of a value'],
  ['<a b="<"/>', 'line 1, column 7: this is no well-formed XML: a < inside of a value'],
  ['<a b=1/>', 'line 1, column 6: this is no well-formed XML: a value without quotes'],
  ['<a b/>', 'line 1, column 5: this is no well-formed XML: the attribute b has no value'],
  [
    '<a>\n<!-- x\n -- -->',
    'line 3, column 2: this is no well-formed XML: a -- inside of a comment (it begins in line 2)',
  ],
  ['<a/><b/>', 'line 1, column 5: this is no well-formed XML: there is more than one outermost element'],
  ['<!DOCTYPE a><a/>', 'line 1, column 1: this is no well-formed XML: a document type, which is not read'],
  ['<a>\ud800</a>', 'line 1, column 4: this is no well-formed XML: bytes that are not UTF-8'],
])('%j is refused', (text, message) => {
  expect(() => readXml(text, null)).toThrow(message);
});

test('a file in one line is read in time', () => {
  const text = `<r>${'<a é="é&amp;"/>'.repeat(50_000)}</r>`;
  const { children } = readXml(text, null);
  expect(children.at(-1)).toMatchObject({ line: 1, column: 4 + 49_999 * 15, attributes: { é: 'é&' } });
});

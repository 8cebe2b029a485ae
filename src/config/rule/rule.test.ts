import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Expression, Rule } from '../../policy/input.ts';
import { ruleHolds } from '../../policy/rule/index.ts';
import { parseRule } from './parse.ts';
import { renderRule } from './render.ts';

function read(text: string): Rule {
  const parsed = parseRule(text);
  if (!parsed.ok) throw new Error(`${parsed.fault.at}: ${parsed.fault.message}`);
  return parsed.value;
}

describe('a rule is written as it is read', () => {
  test.each([
    'site eq east',
    'site eq east and defined disk',
    'site eq east and (disk eq ssd or memory gte 64) and not_defined broken',
    'a eq 1 and b eq 2 or c eq 3',
    'a eq 1 or (b eq 2 or c eq 3)',
    'release version:lt 2.10',
    'site eq meta{site}',
    'site ne param{where}',
    '#uname eq n1',
    'room eq "first floor"',
    'room eq \'the "big" one\'',
    '"hours" eq 5',
    'a eq "and"',
    'a eq "1..2"',
    'date in 2026-12-01..2026-12-05',
    'date in 2026-12-01..',
    'date in ..2026-12-05',
    'date in 2026-12-01T22:00:00Z for 8 hours 30 minutes',
    'date after 2026-12-01',
    'date before 2026-12-01T10:00:00+02:00',
    'hours 9-17 weekdays 1-5',
    'hours 22- and weekdays 1-5',
    'months -3',
    'agent ocf:heartbeat:IPaddr2',
    'agent systemd:cron',
    'agent ocf',
    'operation monitor 10s',
    'operation start',
    'always',
    'never or a eq 1',
  ])('%s', (text) => {
    expect(renderRule(read(text))).toBe(text);
  });
});

test.each([
  ['disk defined', 'defined disk'],
  ['disk not defined', 'not_defined disk'],
  ['disk not_defined', 'not_defined disk'],
  ['(a eq 1)', 'a eq 1'],
  ['((a eq 1 and b eq 2))', 'a eq 1 and b eq 2'],
  ['(a eq 1 and b eq 2) or c eq 3', 'a eq 1 and b eq 2 or c eq 3'],
  ['date in 2026-12-01 for 1 day', 'date in 2026-12-01 for 1 days'],
  ['date gt "2026-12-01 10:00"', 'date after 2026-12-01T10:00'],
  ['date in "2026-12-01 10:00:00 -05:00"..', 'date in 2026-12-01T10:00:00-05:00..'],
])('%s is written %s', (text, written) => {
  expect(renderRule(read(text))).toBe(written);
});

test.each<[string, string, number, string | null]>([
  ['', 'a condition is missing here', 0, null],
  ['site', 'a comparison is missing behind «site»', 4, 'one of eq, ne, lt, gt, lte, gte, defined, not_defined'],
  ['site = east', '«=» is no comparison', 5, 'say eq'],
  ['site eqq east', '«eqq» is no comparison', 5, 'did you mean «eq»?'],
  ['memory numbr:gt 5', '«numbr» is no way to compare', 7, 'did you mean «number»?'],
  ['site eq', 'the value to compare «site» with is missing here', 7, null],
  ['site eq and disk eq ssd', 'the value to compare «site» with is missing here', 8, null],
  ['site eq east adn disk eq ssd', '«adn» does not belong here', 13, 'did you mean «and»?'],
  ['site eq east and', 'a condition is missing here', 16, null],
  ['not site eq east', '«not» has no meaning here', 0, 'say ne, not_defined, or the opposite comparison'],
  ['(site eq east', 'the bracket that opens here is not closed', 0, null],
  ['site eq east)', 'no bracket was opened that this one closes', 12, null],
  ['room eq "first', 'the quote that begins here does not end', 8, null],
  ['date on 2026-12-01', 'behind «date» stands in, after or before', 5, 'did you mean «in»?'],
  ['date in 2026-13-01..', '«2026-13-01» is no date', 8, 'write 2026-12-24, or 2026-12-24T18:00:00Z'],
  ['date in 2026-02-29..', '«2026-02-29» is no date', 8, 'write 2026-12-24, or 2026-12-24T18:00:00Z'],
  ['date in 2026-12-05..2026-12-01', '«2026-12-01» is before «2026-12-05»: the range never holds', 20, null],
  ['date in 2026-12-01 for 8 hors', '«hors» is no unit', 25, 'did you mean «hours»?'],
  ['hours 9-25', 'hours are from 0 to 23, not «9-25»', 6, null],
  ['weekdays mon-fri', '«mon-fri» is no value of «weekdays»', 9, '1 is Monday, 7 is Sunday: weekdays 1-5'],
  ['hours', 'a value is missing behind «hours»', 5, 'hours are numbers from 0 to 23'],
  ['hours 22-6', '«22-6» begins behind its end: it never holds', 6, 'over the end it is two: hours 22- or hours -6'],
])('%s', (text, message, at, hint) => {
  expect(parseRule(text)).toEqual({ ok: false, fault: { at, message, hint } });
});

test('what was read means what it says', () => {
  const rule = read('site eq east and (disk defined or hours 9-16 weekdays 1-5)');
  // 1970-01-01 was a Thursday.
  const holds = (values: Record<string, string>, nowS: number) =>
    ruleHolds(rule, { nowS, nodeAttributes: new Map(Object.entries(values)) });
  expect(holds({ site: 'east', disk: 'ssd' }, 0)).toBe(true);
  expect(holds({ site: 'east' }, 0)).toBe(false);
  expect(holds({ site: 'east' }, 10 * 3600)).toBe(true);
  expect(holds({ site: 'west', disk: 'ssd' }, 10 * 3600)).toBe(false);
});

test('brackets have an end', () => {
  const deep = (depth: number) => `${'('.repeat(depth)}a eq 1${')'.repeat(depth)}`;
  expect(parseRule(deep(8))).toMatchObject({ ok: true });
  expect(parseRule(deep(9))).toMatchObject({ fault: { at: 8, message: 'brackets are nested more than 8 deep' } });
});

const word = fc.oneof(
  fc.constantFrom('site', 'and', 'date', 'hours', 'a b', '1..2', '', 'not', '(', "it's", '9-17', '#uname'),
  fc.stringMatching(/^[a-z]{1,3}$/),
);
const plain: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({
    kind: fc.constant('attribute' as const),
    attribute: word,
    operation: fc.constantFrom('eq', 'ne', 'lt', 'gte'),
    value: word,
    type: fc.constantFrom(null, 'number', 'string'),
    valueSource: fc.constant(null),
  }),
  fc.record({
    kind: fc.constant('attribute' as const),
    attribute: word,
    operation: fc.constantFrom('defined', 'not_defined'),
    value: fc.constant(null),
    type: fc.constant(null),
    valueSource: fc.constant(null),
  }),
  fc.record({
    kind: fc.constant('date' as const),
    operation: fc.constant('date_spec'),
    start: fc.constant(null),
    end: fc.constant(null),
    duration: fc.constant(null),
    spec: fc.constantFrom({ hours: '1-5' }, { weekdays: '4', hours: '0-' }),
  }),
);
const made: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.record({
    id: fc.constant(''),
    join: fc.constantFrom('and' as const, 'or' as const),
    expressions: fc.array(
      fc.oneof({ maxDepth: 3 }, plain, fc.record({ kind: fc.constant('rule' as const), rule: tie('rule') })),
      { maxLength: 3 },
    ),
    score: fc.constant(null),
    scoreAttribute: fc.constant(null),
    role: fc.constant(null),
  }),
})).rule;

test('a rule that was written and read again holds when it held before', () => {
  const attributes = fc.dictionary(word, word, { maxKeys: 4, noNullPrototype: true });
  fc.assert(
    fc.property(made, attributes, fc.nat(86_400 * 7), (rule, values, nowS) => {
      const context = { nowS, nodeAttributes: new Map(Object.entries(values)) };
      const text = renderRule(rule);
      const again = read(text);
      expect(ruleHolds(again, context)).toBe(ruleHolds(rule, context));
      expect(renderRule(again)).toBe(text);
    }),
    { numRuns: 500 },
  );
});

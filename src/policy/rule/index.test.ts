import { describe, expect, it } from 'vitest';
import type { AttributeSet, Expression, Rule } from '../input.ts';
import { asksForDates, readSets, ruleHolds, rulesChangeS } from './index.ts';

const rule = (join: 'and' | 'or', ...expressions: Expression[]): Rule => ({
  id: 'r',
  join,
  expressions,
  score: null,
  scoreAttribute: null,
  role: null,
});

const attribute = (
  name: string,
  operation: string,
  value: string | null = null,
  type: string | null = null,
): Expression => ({
  kind: 'attribute',
  attribute: name,
  operation,
  value,
  type,
  valueSource: null,
});

const date = (operation: string, fields: Partial<Extract<Expression, { kind: 'date' }>>): Expression => ({
  kind: 'date',
  operation,
  start: null,
  end: null,
  duration: null,
  spec: null,
  ...fields,
});

const nowS = 1_118_145_600; // 2005-06-07 12:00:00 UTC, a Tuesday
const nodeAttributes = new Map([
  ['#uname', 'alpha'],
  ['memory', '16'],
  ['release', '2.10.1'],
]);

const holds = (expression: Expression): boolean => ruleHolds(rule('and', expression), { nowS, nodeAttributes });

describe('attribute expressions', () => {
  it.each([
    [attribute('#uname', 'eq', 'ALPHA'), true],
    [attribute('#uname', 'ne', 'alpha'), false],
    [attribute('rack', 'ne', 'a'), true],
    [attribute('rack', 'lt', '1'), false],
    [attribute('rack', 'not_defined'), true],
    [attribute('memory', 'gte', '9'), true],
    [attribute('memory', 'gt', '9', 'string'), false],
    [attribute('memory', 'lt', '16.5'), true],
    [attribute('memory', 'eq', '16.9', 'integer'), true],
    [attribute('release', 'gt', '2.9', 'version'), true],
  ])('%j: %s', (expression, expected) => {
    expect(holds(expression)).toBe(expected);
  });

  it('never hold without a node', () => {
    expect(ruleHolds(rule('and', attribute('rack', 'not_defined')), { nowS })).toBe(false);
  });
});

describe('date expressions', () => {
  it.each([
    [date('in_range', { start: '2005-06-07', end: '2005-06-08' }), true],
    [date('in_range', { start: '2005-06-07 13:00:00+01:00', end: '2005-06-07T12:00:00Z' }), true],
    [date('in_range', { start: '2005-05-31', duration: { months: '1' } }), true],
    [date('gt', { start: '2005-W23-2 12:00:00' }), false],
    [date('lt', { end: '2005-159' }), true],
    [
      date('date_spec', {
        spec: { hours: '9-16', weekdays: '1-5' },
      }),
      true,
    ],
    [date('date_spec', { spec: { weeks: '24-' } }), false],
  ])('%j: %s', (expression, expected) => {
    expect(holds(expression)).toBe(expected);
  });
});

describe('rules', () => {
  it('join their expressions', () => {
    const [yes, no] = [attribute('memory', 'defined'), attribute('rack', 'defined')];
    expect(ruleHolds(rule('or', no, { kind: 'rule', rule: rule('and', yes) }), { nowS, nodeAttributes })).toBe(true);
    expect(ruleHolds(rule('and', yes, no), { nowS, nodeAttributes })).toBe(false);
  });
});

describe('sets of values', () => {
  const set = (id: string, score: number | null, value: string, own: Rule | null = null): AttributeSet => ({
    id,
    score,
    rule: own,
    values: [['v', value]],
  });

  it('are read by score, later ones first, if their rule holds', () => {
    const context = { nowS, nodeAttributes };
    expect(readSets([set('a', 1, 'a'), set('b', 2, 'b')], context).get('v')).toBe('b');
    expect(readSets([set('a', null, 'a'), set('b', null, 'b')], context).get('v')).toBe('b');
    expect(readSets([set('cib-bootstrap-options', null, 'a'), set('b', 5, 'b')], context).get('v')).toBe('a');
    const never = rule('and', attribute('rack', 'defined'));
    expect(readSets([set('a', null, 'a'), set('b', null, 'b', never)], context).get('v')).toBe('a');
  });
});

describe('until when an answer holds', () => {
  const day = 86_400;
  it.each<[string, Expression, number | null]>([
    ['a point to come', date('gt', { start: '2005-06-07 13:00' }), 3600],
    ['a point that is over', date('lt', { end: '2005-06-07 11:00' }), null],
    ['the end of a range', date('in_range', { start: '2005-06-01', end: '2005-06-08' }), day / 2],
    ['after a duration', date('in_range', { start: '2005-06-07', duration: { hours: '13' } }), 3600],
    ['hours', date('date_spec', { spec: { hours: '9-17' } }), 3600],
    ['minutes', date('date_spec', { spec: { hours: '9', minutes: '5' } }), 60],
    ['days', date('date_spec', { spec: { weekdays: '1-5' } }), day / 2],
    ['a time of each day', date('lt', { end: '11:00' }), day / 2],
    ['inside of another rule', { kind: 'rule', rule: rule('or', date('gt', { start: '2005-06-07 13:00' })) }, 3600],
    ['something else', attribute('disk', 'eq', 'ssd'), null],
  ])('%s', (_, expression, inS) => {
    expect(rulesChangeS([rule('and', expression)], nowS)).toBe(inS === null ? null : nowS + inS);
    expect(asksForDates(rule('and', expression))).toBe(expression.kind !== 'attribute');
  });

  it('is nowhere too late', () => {
    const expressions = [
      date('in_range', { start: '2005-06-06 23:59:59', end: '2005-06-07 00:00:01' }),
      date('gt', { start: '2005-06-07' }),
      date('lt', { end: '2005-06-07 00:30' }),
      date('in_range', { start: '2005-06-06', duration: { days: '1', minutes: '1' } }),
      date('date_spec', { spec: { hours: '0-22' } }),
      date('date_spec', { spec: { minutes: '30-', weekdays: '2' } }),
      date('date_spec', { spec: { seconds: '10-20', moon: '0-6' } }),
    ].map((each) => rule('and', each));
    const around = Date.UTC(2005, 5, 7) / 1000;
    for (const each of expressions) {
      let untilS = Number.NEGATIVE_INFINITY;
      for (let atS = around - 4000; atS < around + 4000; atS++) {
        if (atS < untilS) expect(ruleHolds(each, { nowS: atS })).toBe(ruleHolds(each, { nowS: atS - 1 }));
        else untilS = rulesChangeS([each], atS) ?? Number.POSITIVE_INFINITY;
      }
    }
  });
});

import { expect, test } from 'vitest';
import type { PolicyAction } from '../plan.ts';
import { essentialOrder } from './essential.ts';
import { inSequence } from './sequence.ts';

/** Each line: name and what it comes after; capitals are what somebody wants to see. */
function actionsOf(...lines: readonly string[]): PolicyAction[] {
  const names = lines.map((line) => line.charAt(0));
  return lines.map((line, id) => ({
    id,
    task: 'start',
    resource: null,
    node: null,
    intervalMs: 0,
    how: line.charAt(0),
    delayMs: 0,
    isPseudo: false,
    after: line
      .slice(1)
      .trim()
      .split('')
      .map((name) => names.indexOf(name)),
    because: '',
  }));
}

const isCapital = ({ how }: PolicyAction): boolean => how === how?.toUpperCase();

test.each([
  ['direct', ['A', 'B A'], ['AB']],
  ['through a step', ['A', 'b A', 'C b'], ['AC']],
  ['what follows from two others is left out', ['A', 'B A', 'C AB'], ['AB', 'BC']],
  ['also through steps', ['A', 'B A', 'c A', 'D cB'], ['AB', 'BD']],
  ['two that wait for nothing', ['A', 'B', 'c', 'D ABc'], ['AD', 'BD']],
])('essential order: %s', (_, lines, expected) => {
  const pairs = essentialOrder(actionsOf(...lines), isCapital).map(([first, second]) => `${first.how}${second.how}`);
  expect(pairs.sort()).toEqual(expected);
});

test('a loop is a broken plan', () => {
  expect(() => inSequence(actionsOf('A B', 'B A'))).toThrow('no loops');
});

test('in a row, whatever the numbers', () => {
  expect(inSequence(actionsOf('A C', 'B', 'C B')).map(({ how }) => how)).toEqual(['B', 'C', 'A']);
});

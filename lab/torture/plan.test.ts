import { expect, test } from 'vitest';
import { roundPlan, showFault } from './plan.ts';

const nodes = ['n1', 'n2', 'n3'];

test('the same seed and round give the same faults, others give others', () => {
  expect(roundPlan(7, 3, nodes)).toEqual(roundPlan(7, 3, nodes));
  const plans = Array.from({ length: 50 }, (_, round) => roundPlan(7, round, nodes).map(showFault).join());
  expect(new Set(plans).size).toBe(50);
});

test('every kind is drawn, and only nodes that there are', () => {
  const faults = Array.from({ length: 500 }, (_, round) => roundPlan(1, round, nodes)).flat();
  expect(new Set(faults.map(({ kind }) => kind)).size).toBe(14);
  for (const fault of faults) {
    if ('node' in fault) expect(nodes).toContain(fault.node);
    if (fault.kind === 'oneWay') expect(fault.from).not.toBe(fault.to);
  }
});

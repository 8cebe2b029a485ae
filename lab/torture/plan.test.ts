import { expect, test } from 'vitest';
import { roundPlan, showFault } from './plan.ts';

const nodes = ['n1', 'n2', 'n3'];
const stage = { nodes, witness: null };

test('the same seed and round give the same faults, others give others', () => {
  expect(roundPlan(7, 3, stage)).toEqual(roundPlan(7, 3, stage));
  const plans = Array.from({ length: 50 }, (_, round) => roundPlan(7, round, stage).map(showFault).join());
  expect(new Set(plans).size).toBe(50);
});

test('every kind is drawn, and only nodes that there are', () => {
  const faults = Array.from({ length: 500 }, (_, round) => roundPlan(1, round, stage)).flat();
  expect(new Set(faults.map(({ kind }) => kind)).size).toBe(14);
  for (const fault of faults) {
    if ('node' in fault) expect(nodes).toContain(fault.node);
    if (fault.kind === 'oneWay') expect(fault.from).not.toBe(fault.to);
  }
});

test('a witness has faults of machines, and no operators', () => {
  const pair = { nodes: ['n1', 'n2'], witness: 'w' };
  const faults = Array.from({ length: 300 }, (_, round) => roundPlan(1, round, pair)).flat();
  const hit = faults.filter((fault) => 'node' in fault && fault.node === 'w');
  expect([...new Set(hit.map(({ kind }) => kind))].sort()).toEqual(['cut', 'kill', 'loss', 'pause', 'powerOff']);
});

import { expect, it } from 'vitest';
import type { EventLine } from '../../src/api/status.ts';
import type { Service } from '../../src/core/model.ts';
import { reasonOf } from './act.ts';

const event = (what: string, to: string, because: string): EventLine => ({
  seq: 1,
  at: '',
  node: 'b2',
  what,
  from: '',
  to,
  because,
});
const fault = { target: 'b1', follows: [{ id: 'vip' } as Service] };

it('tells how the fault was noticed and why the service is where it is', () => {
  const events = [
    event('view', '7', 'b1 no longer heard by b2'),
    event('service vip on b2', 'probing', 'to see whether it runs already'),
    event('service vip on b1', 'starting', 'not this one'),
    event('service vip on b2', 'starting', 'only b2 can run it'),
  ];
  expect(reasonOf(fault, events, ['b2'])).toBe('b1 no longer heard by b2; only b2 can run it');
  expect(reasonOf(fault, [], ['b1'])).toBe('nothing had to change');
});

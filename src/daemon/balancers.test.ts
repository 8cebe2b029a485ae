import { expect, it } from 'vitest';
import { readServers } from './balancers.ts';

it('reads what a balancer driver tells, and leaves out what has another shape', () => {
  const web1 = { id: 'web1', state: 'up', weight: 100, sessions: 2, lastCheck: 'L7OK 200', node: 'web1' };
  expect(readServers({ kind: 'balance', servers: [web1, null, 7, { state: 'up' }, { name: 'web2' }] })).toEqual([
    { name: 'web1', state: 'up', weight: 100, sessions: 2, lastCheck: 'L7OK 200' },
    { name: 'web2', state: 'unknown', weight: null, sessions: null, lastCheck: null },
  ]);
  for (const odd of [null, 'text', {}, { servers: 'x' }]) expect(readServers(odd)).toEqual([]);
});

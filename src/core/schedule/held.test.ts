import { expect, test } from 'vitest';
import type { ServiceState } from '../ports.ts';
import { clusterOf, plainService } from './cases/arbitrary.ts';
import { blankRecord } from './cases/world.ts';
import { type Held, nothingHeld, remember } from './index.ts';

const cluster = clusterOf(
  ['a', 'b', 'c'],
  [plainService('db', ['a', 'b']), { ...plainService('web', ['a', 'b', 'c']), clone: true, instances: 2 }],
);

type States = Readonly<Record<string, Readonly<Record<string, ServiceState>>>>;

function seen(before: Held, states: States): Record<string, readonly string[]> {
  const records = Object.entries(states).map(([node, services]) => {
    const entries = Object.entries(services).map(([id, state]) => [id, { ...blankRecord, state }] as const);
    return [node, { node, boot: 1, version: 1, services: Object.fromEntries(entries) }] as const;
  });
  return Object.fromEntries(remember(before, cluster, new Map(records)));
}

test('what runs is remembered while it is stopped to be started again', () => {
  expect(seen(new Map([['db', ['b']]]), { a: { db: 'stopped' }, b: { db: 'stopped' } })).toEqual({ db: ['b'] });
});

test('it is forgotten where it was once it runs elsewhere', () => {
  expect(seen(new Map([['db', ['b']]]), { a: { db: 'starting' }, b: { db: 'stopped' } })).toEqual({ db: ['a'] });
});

test('a copy of a clone is remembered until there are enough others', () => {
  const held: Held = new Map([['web', ['a', 'b']]]);
  expect(seen(held, { a: { web: 'running' }, b: { web: 'stopped' } })).toEqual({ web: ['a', 'b'] });
  expect(seen(held, { a: { web: 'running' }, b: { web: 'stopped' }, c: { web: 'running' } })).toEqual({
    web: ['a', 'c'],
  });
});

test('a copy that is broken, unknown or blocked proves nothing', () => {
  for (const state of ['failed', 'unknown', 'probing', 'blocked', 'stopping'] as const)
    expect(seen(nothingHeld, { a: { db: state } })).toEqual({});
});

import { expect, test } from 'vitest';
import { blankRecord } from '../execute/services.ts';
import type { ServiceState } from '../ports.ts';
import { clusterOf, plainService } from './cases/arbitrary.ts';
import { type Held, type HeldService, nothingHeld, remember } from './index.ts';

const cluster = clusterOf(
  ['a', 'b', 'c'],
  [plainService('db', ['a', 'b']), { ...plainService('web', ['a', 'b', 'c']), clone: true, instances: 2 }],
);

type States = Readonly<Record<string, Readonly<Record<string, ServiceState>>>>;

function seen(before: Held, states: States): Record<string, HeldService> {
  const records = Object.entries(states).map(([node, services]) => {
    const entries = Object.entries(services).map(([id, state]) => [id, { ...blankRecord, state }] as const);
    return [
      node,
      { node, boot: 1, version: 1, watchdog: 'none', fencings: [], services: Object.fromEntries(entries) },
    ] as const;
  });
  return Object.fromEntries(remember(before, cluster, new Map(records)));
}

const ranOn = (...nodes: string[]): HeldService => ({ nodes, ran: true });

test('what runs is remembered while it is stopped to be started again', () => {
  const held: Held = new Map([['db', ranOn('b')]]);
  expect(seen(held, { a: { db: 'stopped' }, b: { db: 'stopped' } })).toEqual({ db: ranOn('b') });
});

test('where it was is forgotten once it runs elsewhere', () => {
  const held: Held = new Map([['db', ranOn('b')]]);
  expect(seen(held, { a: { db: 'starting' }, b: { db: 'failed' } })).toEqual({ db: ranOn('a') });
});

test('a copy of a clone is remembered until there are enough others', () => {
  const held: Held = new Map([['web', ranOn('a', 'b')]]);
  expect(seen(held, { a: { web: 'running' }, b: { web: 'stopped' } })).toEqual({ web: ranOn('a', 'b') });
  const others = { a: { web: 'running' }, b: { web: 'stopped' }, c: { web: 'running' } } as const;
  expect(seen(held, others)).toEqual({ web: ranOn('a', 'c') });
});

test('that it failed does not prove that it ran', () => {
  expect(seen(nothingHeld, { a: { db: 'failed' } })).toEqual({ db: { nodes: ['a'], ran: false } });
});

test('what was found running, and nobody here has started, proves nothing', () => {
  const found = { ...blankRecord, state: 'running' } as const;
  const heldBy = (digest: string | null): Held => {
    const services = { db: { ...found, digest } };
    const record = { node: 'a', boot: 1, version: 1, watchdog: 'none', fencings: [], services } as const;
    return remember(nothingHeld, cluster, new Map([['a', record]]));
  };
  expect(heldBy(null).get('db')).toEqual({ nodes: ['a'], ran: false });
  expect(heldBy('db-1').get('db')).toEqual(ranOn('a'));
});

test('a copy that is unknown, blocked or being stopped says nothing', () => {
  for (const state of ['unknown', 'probing', 'blocked', 'stopping', 'stopped'] as const)
    expect(seen(nothingHeld, { a: { db: state } })).toEqual({});
});

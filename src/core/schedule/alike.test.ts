/** Roles among copies that differ, where a former file had more of them. */
import { expect, test } from 'vitest';
import { withAllCopies } from '../copies.ts';
import { blankRecord } from '../execute/services.ts';
import { type NodeRecord, noAdmin, type ServiceRecord } from '../ports.ts';
import { clusterOf, plainService } from './cases/arbitrary.ts';
import { nothingHeld, remember, schedule } from './index.ts';

const service = {
  ...plainService('db', ['a', 'b', 'c']),
  takeover: 'fencing' as const,
  promotable: { max: 1, perNode: 1 },
  onScore: 0,
  copyOf: { service: 'db', number: 0, max: 2, perNode: 1 },
};
const cluster = withAllCopies(clusterOf(['a', 'b', 'c'], [service]), (each) => each);
const running: ServiceRecord = { ...blankRecord, state: 'running', digest: service.digest, role: 'unpromoted' };
const stopped: ServiceRecord = { ...blankRecord, state: 'stopped', role: 'unpromoted' };

const recordOf = (node: string, services: NodeRecord['services']): [string, NodeRecord] => [
  node,
  { node, boot: 1, version: 1, services, watchdog: 'none', fencings: [] },
];

/** Two copies run on b and c; a is lost, or a member on which `former` is what is left of a third one. */
function promoteOf(former: ServiceRecord | null, stray: typeof noAdmin.stray = {}) {
  const nothing = { 'db:0': stopped, 'db:1': stopped };
  const records = new Map([
    ...(former === null ? [] : [recordOf('a', { ...nothing, 'db:2': former })]),
    recordOf('b', { ...nothing, 'db:0': { ...running, promotion: 10 } }),
    recordOf('c', { ...nothing, 'db:1': running }),
  ]);
  const { actions } = schedule({
    cluster,
    admin: { ...noAdmin, stray },
    view: { number: 1, members: [...records.keys()], coordinator: 'b' },
    records,
    held: remember(nothingHeld, cluster, records),
    lost: new Map(former === null ? [['a', 0]] : []),
    provable: true,
    watched: new Set(),
    doomed: new Set(),
    nowMs: 1_000_000,
  });
  return actions.find(({ verb }) => verb === 'promote');
}

test('copies that were all seen on members are on no lost node', () => {
  expect(promoteOf(null)).toMatchObject({ service: 'db:0', on: 'b', blocked: null });
});

test('a copy that the file has no more may be promoted on a node that has not heard of it', () => {
  const because = 'it was away';
  expect(promoteOf(null, { a: { because, mayRun: ['other:2'] } })?.blocked).toBeNull();
  expect(promoteOf(null, { a: { because, mayRun: ['db:2'] } })?.blocked).toMatch(/^a is lost and may still run db/);
});

test('and one that is being stopped counts until it has stopped', () => {
  expect(promoteOf(running)?.blocked).toBeNull();
  expect(promoteOf({ ...running, role: 'promoted' })?.blocked).toBe(
    'db:2 may be promoted on a, and is not in the cluster file any more',
  );
  expect(promoteOf({ ...stopped, role: 'promoted' })?.blocked).toBeNull();
});

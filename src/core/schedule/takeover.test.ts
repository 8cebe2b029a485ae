import { expect, test } from 'vitest';
import { clusterOf, plainService } from './cases/arbitrary.ts';
import { leaseTakeoverAt } from './index.ts';

const disk = { ...plainService('disk', ['a', 'b']), stopTimeoutMs: 5000 };
const db = { ...plainService('db', ['a', 'b']), needs: ['disk'], stopTimeoutMs: 20_000 };
const web = { ...plainService('web', ['a', 'b']), needs: ['disk', 'db'], stopTimeoutMs: 300 };
const log = { ...plainService('log', ['a', 'b']), needs: ['disk'], stopTimeoutMs: 1000 };
const cluster = clusterOf(['a', 'b'], [disk, db, web, log]);

test('lease, stop time, drift of the lost clock, and two turns of its loop', () => {
  // dead 1000 ms + stop 300 ms, 1 % slower, + 2 x 200 ms
  expect(leaseTakeoverAt(cluster, web, 50_000)).toBe(50_000 + 1313 + 400);
});

test('what needs it is stopped first, one after the other along the slowest chain', () => {
  expect(leaseTakeoverAt(cluster, db, 0)).toBe(Math.ceil((1000 + 20_000 + 300) * 1.01) + 400);
  expect(leaseTakeoverAt(cluster, disk, 0)).toBe(Math.ceil((1000 + 5000 + 20_000 + 300) * 1.01) + 400);
});

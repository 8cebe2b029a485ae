import { describe, expect, test } from 'vitest';
import { processNow } from '../process/group.ts';
import { isAlive, naming, parseRecord } from './record.ts';

describe('parseRecord', () => {
  const good = { pid: 4711, startTicks: '99', digest: 'd' };
  test('knows its own', () => expect(parseRecord({ ...good })).toEqual(good));

  test.each([
    null,
    [],
    'x',
    {},
    { ...good, pid: 1 },
    { ...good, pid: 0 },
    { ...good, pid: -5 },
    { ...good, pid: 1.5 },
    { ...good, digest: 1 },
  ])('refuses %j, which must never reach kill', (value) => expect(parseRecord(value)).toBeNull());
});

test('a process is alive by its id and start time together', () => {
  const { startTicks } = processNow(process.pid) ?? expect.fail('this process is not in /proc');
  expect(isAlive({ pid: process.pid, startTicks, digest: '' })).toBe(true);
  expect(isAlive({ pid: process.pid, startTicks: '1', digest: '' })).toBe(false);
});

test('naming is short and says what cannot be killed', () => {
  const one = (pid: number, state = 'S') => ({ pid, name: 'httpd', state, groupId: 1, sessionId: 1, startTicks: '1' });
  expect(naming([one(7), one(8, 'D')])).toBe('7 (httpd), 8 (httpd, waits for a device)');
  expect(naming([1, 2, 3, 4, 5, 6, 7].map((pid) => one(pid)))).toMatch(/5 \(httpd\) and 2 more$/);
});

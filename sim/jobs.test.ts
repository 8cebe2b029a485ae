/** How many cores work on the seeds changes nothing of what is found. */
import { expect, test } from 'vitest';
import { runRange } from './jobs.ts';

const range = (jobs: number) => ({
  from: 1,
  count: 24,
  world: 'single',
  jobs,
  untilMs: Number.POSITIVE_INFINITY,
  onProgress: () => undefined,
});

test('the same seeds on one core and on two', async () => {
  const one = await runRange(range(1));
  expect(one).toMatchObject({ done: 24, failed: null });
  expect(await runRange(range(2))).toEqual(one);
});

test('a time that is over ends it', async () => {
  expect(await runRange({ ...range(1), count: Number.POSITIVE_INFINITY, untilMs: 0 })).toMatchObject({ done: 0 });
});

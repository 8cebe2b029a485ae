import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)('reliable channel: leaves a link that is cut, with everything that was on its way', async () => {
  const program = new URL('./cut.testing.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)('unshare', ['--net', process.execPath, program], { timeout: 60_000 });
  const { before, answer, asked, answerMs, after, unanswered, healed, six } = JSON.parse(stdout);
  expect(answer).toEqual({ ok: true, answer: 1 });
  expect(answerMs).toBeLessThan(2500);
  expect(after.link).toBe(1 - before.link);
  expect(after.ms).toBeLessThan(500);
  expect(unanswered).toEqual({ ok: false, because: 'n2 gave no answer within 1000 ms' });
  expect(asked).toBeLessThanOrEqual(2);
  expect(six).toEqual({ ok: true, answer: { from: 'n1', question: 'six?' } });
  expect(healed.ms).toBeLessThan(8000);
});

import { expect, it } from 'vitest';
import { formatLine } from './log.ts';

it('writes one line with a priority for journald, and with a time for everybody else', () => {
  expect(formatLine('error', 'it broke\n  at line 1\n', null)).toBe('<3>it broke | at line 1\n');
  expect(formatLine('warning', 'careful', new Date('2026-11-20T21:04:11Z'))).toBe(
    '2026-11-20T21:04:11.000Z warning: careful\n',
  );
  expect(formatLine('info', 'view: 1 => 2', null)).toBe('<6>view: 1 => 2\n');
});

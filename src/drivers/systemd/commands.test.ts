import { describe, expect, test } from 'vitest';
import { digestIn, dropIn, dropInPath, startUnit, unitName } from './commands.ts';

describe('unitName', () => {
  test.each([
    ['apache2', 'apache2.service'],
    ['apache2.service', 'apache2.service'],
    ['php8.2-fpm', 'php8.2-fpm.service'],
    ['postgresql@15-main.service', 'postgresql@15-main.service'],
    ['srv-data.mount', 'srv-data.mount'],
    ['dev-disk-by\\x2dlabel-data.mount', 'dev-disk-by\\x2dlabel-data.mount'],
  ])('%s is %s', (written, name) => expect(unitName(written)).toBe(name));

  test.each(['', '--all', '-x.service', 'a b', '../a', 'a/b.service', 'a*', '\0', 'a\nb', `${'x'.repeat(300)}`])(
    '%j is no name of a unit',
    (written) => expect(unitName(written)).toBeNull(),
  );
});

test('the name of a unit can never be read as an option', () => {
  expect(startUnit('web.service').slice(-2)).toEqual(['--', 'web.service']);
});

test('a drop-in gives back the definition that it was written for', () => {
  expect(digestIn(dropIn('sha256-ab12'))).toBe('sha256-ab12');
  expect(digestIn('[Service]\nRestart=no\n')).toBeNull();
  expect(dropIn('evil\n[Service]\nExecStart=/bin/evil')).not.toContain('ExecStart=');
});

test('only services take a drop-in', () => {
  expect(dropInPath('web.service')).toBe('web.service.d/50-sempre.conf');
  expect(dropInPath('srv.mount')).toBeNull();
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cannotLoad, describe as inWords, parseShow, phaseOf } from './parse.ts';

const shown = (name: string) => {
  const text = readFileSync(join(import.meta.dirname, 'captures', `show-252-${name}.txt`), 'utf8');
  return parseShow(text) ?? expect.fail(`${name} was not understood`);
};

describe('what systemd 252 shows', () => {
  test.each([
    ['active', 'running', 'web.service is active (running)'],
    ['inactive', 'stopped', 'web.service is inactive (dead)'],
    ['failed', 'failed', 'web.service is failed (failed, exit-code)'],
    ['killed', 'failed', 'web.service is failed (failed, signal)'],
    ['activating', 'moving', 'web.service is activating (start)'],
    ['auto-restart', 'moving', 'web.service is activating (auto-restart, exit-code)'],
    ['deactivating', 'moving', 'web.service is deactivating (stop-sigterm)'],
    ['not-found', 'stopped', 'web.service is inactive (dead)'],
    ['masked', 'stopped', 'web.service is inactive (dead)'],
    ['mount', 'running', 'web.service is active (mounted)'],
  ])('%s', (name, phase, words) => {
    expect(phaseOf(shown(name))).toBe(phase);
    expect(inWords('web.service', shown(name))).toBe(words);
  });

  test('says which units cannot be started, and why', () => {
    expect(cannotLoad('web.service', shown('active'))).toBeNull();
    expect(cannotLoad('web.service', shown('not-found'))).toContain('systemd knows no unit web.service');
    expect(cannotLoad('web.service', shown('masked'))).toContain('systemctl unmask web.service');
    expect(cannotLoad('web.service', shown('bad-setting'))).toContain('cannot read the unit file');
  });
});

test('other text is not understood', () => {
  expect(parseShow('')).toBeNull();
  expect(parseShow('ActiveState=active\n')).toBeNull();
  expect(parseShow('no equals sign\nLoadState\n')).toBeNull();
});

test('a state of a newer systemd counts as moving, never as stopped', () => {
  expect(phaseOf({ load: 'loaded', active: 'something-new', sub: '', result: '' })).toBe('moving');
});

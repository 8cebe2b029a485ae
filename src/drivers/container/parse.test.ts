import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf, endedWords, isOf, parseInspect } from './parse.ts';

const seenIn = (name: string) =>
  parseInspect(readFileSync(join(import.meta.dirname, 'captures', `${name}.json`), 'utf8')) ?? expect.fail('no state');

describe.each(['podman-4.3.1', 'docker-20.10.24'])('%s', (engine) => {
  test('one that runs says whose it is', () => {
    const seen = seenIn(`${engine}.running`);
    expect(seen).toMatchObject({ status: 'running', phase: 'running', exitCode: null });
    expect(isOf(seen, 'n1', 'web:0')).toBe(true);
    expect(isOf(seen, 'n2', 'web:0')).toBe(false);
    expect(isOf(seen, 'n1', 'web:1')).toBe(false);
    expect(digestOf(seen)).toBe('0123456789abcdef');
  });

  test('one that was killed, one that is paused, one that was never started', () => {
    expect(endedWords(seenIn(`${engine}.killed`))).toBe('its container ended with exit code 137');
    expect(seenIn(`${engine}.paused`)).toMatchObject({ phase: 'broken', exitCode: null });
    const created = seenIn(`${engine}.created`);
    expect(created).toMatchObject({ phase: 'ended' });
    expect(isOf(created, 'n1', 'web:0')).toBe(false);
    expect(digestOf(created)).toBeNull();
  });
});

test.each(['', 'null', '[]', '{"status":1}', 'Error: no such container', '{"status":"running"', '{"labels":{}}'])(
  '%j is no state',
  (text) => expect(parseInspect(text)).toBeNull(),
);

test.each(['constructor', '__proto__', 'toString', 'brand-new', ''])('the state %j is not known', (status) => {
  expect(parseInspect(JSON.stringify({ status, exitCode: 0, labels: [] }))).toMatchObject({ phase: 'unknown' });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseAnswer, parseRequest, readSettings } from './settings.ts';
import { isAllowed, statsPage } from './stats.ts';

it('requests are read strictly', () => {
  expect(parseRequest('{"do":"status","more":1}')).toEqual({ do: 'status' });
  expect(parseRequest('{"do":"drain","servers":["web1"]}')).toEqual({ do: 'drain', servers: ['web1'] });
  expect(parseRequest('{"do":"drain","servers":[1]}')).toBeNull();
  expect(parseRequest('{"do":"stop","graceMs":-1}')).toBeNull();
  expect(parseRequest('{"do":"stop","graceMs":1e999}')).toBeNull();
  expect(parseRequest('{"do":"dance"}')).toBeNull();
});

it('nothing that comes over the socket throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      parseRequest(line);
      parseAnswer(line);
    }),
  );
});

it('settings that are missing are refused in words', () => {
  expect(readSettings('/nowhere/settings.json')).toContain('cannot read /nowhere/settings.json');
});

it('the statistics page lets in who knows the password, and writes no markup of others', () => {
  const header = `Basic ${Buffer.from('admin:secret').toString('base64')}`;
  expect(isAllowed(header, { user: 'admin', password: 'secret' })).toBe(true);
  expect(isAllowed(header, { user: 'admin', password: 'other' })).toBe(false);
  expect(isAllowed(undefined, { user: '', password: '' })).toBe(false);
  const page = statsPage([{ id: 'web1', state: 'up', sessions: 1, weight: 1, lastCheck: '<script>' }]);
  expect(page).toContain('&lt;script&gt;');
});

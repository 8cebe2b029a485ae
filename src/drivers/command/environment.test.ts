import { expect, test } from 'vitest';
import { commandEnvironment } from './environment.ts';

test('passes on little of the daemon, and nothing that is its own', () => {
  const daemon = { PATH: '/opt/node/bin:/usr/bin', HOME: '/root', NOTIFY_SOCKET: '/run/x', SECRET: 's', LANG: '' };
  expect(commandEnvironment(daemon, {}, 'web1', 'site')).toEqual({
    PATH: '/opt/node/bin:/usr/bin',
    HOME: '/root',
    SEMPRE_NODE: 'web1',
    SEMPRE_SERVICE: 'site',
  });
});

test('the cluster file has the last word', () => {
  const env = commandEnvironment({ PATH: '/usr/bin' }, { PATH: '/opt', PORT: '80' }, 'web1', 'site');
  expect(env).toMatchObject({ PATH: '/opt', PORT: '80' });
});

test('there is a PATH even when the daemon has none', () => {
  expect(commandEnvironment({}, {}, 'web1', 'site').PATH).toContain('/usr/sbin');
});

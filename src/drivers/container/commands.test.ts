import { expect, test } from 'vitest';
import { plainContainer as plain } from '../../core/container.testing.ts';
import type { ContainerResource } from '../../core/model.ts';
import { testService } from '../contract.ts';
import { containerName, execute, list, misfit, run } from './commands.ts';

const address = (text: string, family: 4 | 6) =>
  ({ kind: 'address', address: text, prefix: 24, family, interface: null, probeMs: 0, drainMs: 0 }) as const;

const argvOf = (resource: ContainerResource): readonly string[] =>
  run('sempre_n1_web.0', testService('web:0', resource), resource, 'n1');

test('a container has one name on a node, whatever the other services are called', () => {
  expect(containerName('n1', 'web:0')).toBe('sempre_n1_web.0');
  expect(containerName('n1', 'web-0')).toBe('sempre_n1_web-0');
  expect(list('docker', 'sempre_n1_web.0').at(-1)).toBe('name=^sempre_n1_web\\.0$');
});

test('the simple case', () => {
  expect(argvOf(plain)).toEqual([
    'podman',
    'run',
    '--hostname=web-0',
    '--detach',
    '--name=sempre_n1_web.0',
    '--restart=no',
    '--pull=missing',
    '--label=sempre.node=n1',
    '--label=sempre.service=web:0',
    '--label=sempre.digest=digest-1',
    '--env=SEMPRE_NODE=n1',
    '--env=SEMPRE_SERVICE=web:0',
    'localhost/web:1',
  ]);
});

test('all that can be said; what is ours comes after what the user says', () => {
  const argv = argvOf({
    ...plain,
    engine: 'docker',
    pull: false,
    argv: ['httpd', '-D', 'FOREGROUND'],
    env: { WORD: 'a b' },
    directory: '/srv',
    stopSignal: 'SIGQUIT',
    network: 'lan',
    ports: ['8080:80/tcp', '53:53/udp'],
    mounts: [
      { from: '/srv/web', to: '/var/www', options: ['ro', 'Z'], create: false },
      { from: 'data', to: '/data', options: [], create: false },
    ],
    options: ['--memory=512m', '--restart=always'],
    address: address('192.0.2.7', 4),
    agent: { kind: 'ocf', provider: 'heartbeat', type: 'apache', params: {}, paramsOn: {} },
  });
  expect(argv.indexOf('--restart=no')).toBeGreaterThan(argv.indexOf('--restart=always'));
  expect(argv.slice(argv.indexOf('--label=sempre.digest=digest-1') + 1)).toEqual([
    '--network=lan',
    '--workdir=/srv',
    '--stop-signal=SIGQUIT',
    '--env=SEMPRE_NODE=n1',
    '--env=SEMPRE_SERVICE=web:0',
    '--env=WORD=a b',
    '--publish=192.0.2.7:8080:80/tcp',
    '--publish=192.0.2.7:53:53/udp',
    '--volume=/srv/web:/var/www:ro,Z',
    '--volume=data:/data',
    '--tmpfs=/run/resource-agents',
    'localhost/web:1',
    'httpd',
    '-D',
    'FOREGROUND',
  ]);
});

test('an address of the sixth version stands in brackets', () => {
  const resource = { ...plain, ports: ['80:80/tcp'], address: address('2001:db8::7', 6) };
  expect(argvOf(resource)).toContain('--publish=[2001:db8::7]:80:80/tcp');
});

test('values of variables stand in no list of processes', () => {
  expect(execute('podman', 'c', ['OCF_RESKEY_password'], ['/agent', 'monitor'])).toEqual([
    'podman',
    'exec',
    '--env=OCF_RESKEY_password',
    'c',
    '/agent',
    'monitor',
  ]);
});

test.each([
  { image: '--privileged' },
  { image: '' },
  { options: ['x'] },
  { options: ['-v'] },
  { options: ['--'] },
  { ports: ['80'] },
  { ports: ['80:80/tcp --privileged'] },
  { mounts: [{ from: '/a:/b', to: '/c', options: [], create: false }] },
  { mounts: [{ from: '', to: '/c', options: [], create: false }] },
  { mounts: [{ from: '/a', to: '/c', options: ['ro:rw'], create: false }] },
  { argv: ['\0'] },
  { env: { A: '\0' } },
])('%j would be taken for something else', (part) => {
  expect(misfit({ ...plain, ...part })).not.toBeNull();
  expect(misfit(plain)).toBeNull();
});

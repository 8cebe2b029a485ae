import { expect, test } from 'vitest';
import type { ContainerResource, Service } from '../core/model.ts';
import { parseClusterFile } from './parse.ts';

const nodes =
  'cluster: c\nwatchdog: {device: /dev/watchdog}\nnodes: {n1: 10.0.0.1/24, n2: 10.0.0.2/24, n3: 10.0.0.3/24}\ndefaults: {takeover: lease}\n';

function services(text: string, more = ''): readonly Service[] {
  const { cluster, problems } = parseClusterFile(`${nodes}${more}services:\n  s: {${text}}\n`, 'cluster.yaml');
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return cluster?.services ?? [];
}

const container = ({ resource }: Service): ContainerResource =>
  resource.kind === 'container' ? resource : expect.fail('it is no container');

test('an image in a word is a container that says no more than it must', () => {
  const [service = expect.fail('none')] = services('container: localhost/a:1');
  expect(service).toMatchObject({
    check: { everyMs: 10_000, timeoutMs: 20_000 },
    startTimeoutMs: 60_000,
    stopTimeoutMs: 20_000,
  });
  expect(container(service)).toEqual({
    kind: 'container',
    engine: 'podman',
    image: 'localhost/a:1',
    pull: true,
    argv: [],
    env: {},
    directory: null,
    stopSignal: null,
    network: null,
    ports: [],
    mounts: [],
    options: [],
    address: null,
    checkArgv: null,
    agent: null,
  });
});

test('all that can be said of one', () => {
  const [service = expect.fail('none')] = services(
    `container: {image: a, engine: docker, pull: never, network: lan, address: {ip: 10.0.0.9, probe: 0s},
      ports: [80, "8080:81", "53:53/udp"], mounts: ["/a:/b:ro,Z", {from: data, to: /c}, {from: /d, to: /e, create: true}], options: [--init, "--label-file=a b"]},
    command: [run, -x, 1], env: {A: 2}, directory: /w, stop-signal: SIGQUIT, check: {command: [test, -e, /x]},
    agent: "ocf:heartbeat:apache", params: {port: 80}`,
  );
  expect(container(service)).toMatchObject({
    engine: 'docker',
    pull: false,
    argv: ['run', '-x', '1'],
    env: { A: '2' },
    directory: '/w',
    stopSignal: 'SIGQUIT',
    network: 'lan',
    ports: ['80:80/tcp', '8080:81/tcp', '53:53/udp'],
    mounts: [
      { from: '/a', to: '/b', options: ['ro', 'Z'], create: false },
      { from: 'data', to: '/c', options: [], create: false },
      { from: '/d', to: '/e', options: [], create: true },
    ],
    options: ['--init', '--label-file=a b'],
    address: { address: '10.0.0.9', prefix: 24, probeMs: 0, drainMs: 0 },
    checkArgv: ['test', '-e', '/x'],
    agent: { kind: 'ocf', provider: 'heartbeat', type: 'apache', params: { port: '80' } },
  });
});

test('each copy has its number in its texts, its address and its environment', () => {
  const copies = services(
    `container: {image: a, address: 10.0.0.9, ports: ["{copy+8080}:80"], mounts: [{from: "/d/{copy}", to: /e, create: true}]},
    env: {NAME: "web-{copy}"}, agent: "ocf:a:b", params: {id: "{copy}"}, instances: 3, unique: true, per-node: 2`,
  );
  expect(copies.map(({ id }) => id)).toEqual(['s:0', 's:1', 's:2']);
  const [, second = expect.fail('none')] = copies;
  expect(container(second)).toMatchObject({
    address: { address: '10.0.0.10' },
    ports: ['8081:80/tcp'],
    mounts: [{ from: '/d/1' }],
    env: { SEMPRE_COPY: '1', NAME: 'web-1' },
    agent: { params: { id: '1' } },
  });
  expect(new Set(copies.map(({ digest }) => digest)).size).toBe(3);
});

test('a parameter that changes by the date has the number of its copy', () => {
  const [, second] = services(
    `container: {image: a}, agent: "ocf:a:b", instances: 2, unique: true,
    rules: [{where: date after 2020-01-01, params: {id: "{copy+10}"}}]`,
  );
  expect(second?.ruled).toMatchObject([{ params: { id: '11' } }]);
});

/** As it stands in a line for a shell. */
const shells = ['$', '{copy}'].join('');

test('a command or an agent in copies may ask for its number too', () => {
  const argv = services(`command: [a, "--port={copy+80}", "${shells}"], instances: 2, unique: true`).map(
    ({ resource }) => (resource.kind === 'command' ? resource.argv : []),
  );
  expect(argv).toEqual([
    ['a', '--port=80', shells],
    ['a', '--port=81', shells],
  ]);
});

test('what is only read at a check or before a start is no new definition', () => {
  const digest = (text: string): string => services(text)[0]?.digest ?? '';
  const plain = digest('container: {image: a, address: 10.0.0.9}');
  expect(digest('container: {image: a, address: {ip: 10.0.0.9, probe: 1s}, pull: never}, check: {command: [b]}')).toBe(
    plain,
  );
  expect(digest('container: {image: b, address: 10.0.0.9}')).not.toBe(plain);
  expect(digest('container: {image: a, address: 10.0.0.8}')).not.toBe(plain);
});

test('a template may have what containers have in common', () => {
  const [service = expect.fail('none')] = services(
    'template: t, container: {ports: [80]}',
    'templates: {t: {container: {image: a, engine: docker}, env: {A: b}}}\n',
  );
  expect(container(service)).toMatchObject({ image: 'a', engine: 'docker', ports: ['80:80/tcp'], env: { A: 'b' } });
});

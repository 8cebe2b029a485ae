import { describe, expect, test } from 'vitest';
import type { Cluster, Service } from '../core/model.ts';
import { must } from '../lib/assert.ts';
import { parseClusterFile } from './parse.ts';

function read(services: string): Cluster {
  const nodes =
    'cluster: c\nwatchdog: /dev/watchdog\nnodes:\n  n1: [10.0.0.1, fd00::1]\n  n2: [10.0.0.2, fd00::2/48]\n  n3: {addresses: [10.0.0.3, fd00::3]}\n';
  const { cluster, problems } = parseClusterFile(`${nodes}services:\n${services}`, 'f');
  if (cluster === null) throw new Error(JSON.stringify(problems, null, 1));
  return cluster;
}

function service(text: string): Service {
  const [only] = read(`  s: {${text}}\n`).services;
  if (only === undefined) throw new Error('no service');
  return only;
}

describe('the cluster', () => {
  test('has the defaults of the heartbeat and of prefixes', () => {
    const { name, heartbeat, nodes } = read('  s: {command: a}\n');
    expect({ name, heartbeat }).toEqual({ name: 'c', heartbeat: { intervalMs: 200, deadMs: 1000, port: 7354 } });
    expect(nodes).toMatchObject([
      {
        id: 'n1',
        links: [
          { address: '10.0.0.1', prefix: 24 },
          { address: 'fd00::1', prefix: 64 },
        ],
      },
      {
        id: 'n2',
        links: [
          { address: '10.0.0.2', prefix: 24 },
          { address: 'fd00::2', prefix: 48 },
        ],
      },
      {
        id: 'n3',
        links: [
          { address: '10.0.0.3', prefix: 24 },
          { address: 'fd00::3', prefix: 64 },
        ],
      },
    ]);
  });

  test('may have no services', () => {
    expect(parseClusterFile('cluster: c\nnodes: {n1: 10.0.0.1}\n', 'f').cluster?.services).toEqual([]);
  });
});

describe('a service', () => {
  test('has the defaults of its kind', () => {
    expect(service('agent: ocf:heartbeat:Dummy')).toMatchObject({
      id: 's',
      resource: { kind: 'ocf', provider: 'heartbeat', type: 'Dummy', params: {}, paramsOn: {} },
      on: ['n1', 'n2', 'n3'],
      instances: 1,
      clone: false,
      stickiness: 1_000_000,
      check: { everyMs: 10_000, timeoutMs: 20_000 },
      startTimeoutMs: 20_000,
      stopTimeoutMs: 20_000,
      failures: { max: 3, forgetMs: 600_000 },
      takeover: 'fencing',
    });
    expect(service('agent: systemd:cron')).toMatchObject({
      resource: { kind: 'systemd', unit: 'cron.service' },
      stopTimeoutMs: 100_000,
    });
    expect(service('address: 10.0.0.9')).toMatchObject({
      check: { everyMs: 1000, timeoutMs: 5000 },
      stopTimeoutMs: 5000,
      takeover: 'nothing',
    });
  });

  test('says otherwise', () => {
    const text =
      'command: a, on: n2, stickiness: 5, takeover: lease, start-timeout: 1m, failures: {max: 1, forget: never}';
    expect(service(text)).toMatchObject({
      on: ['n2'],
      stickiness: 5,
      takeover: 'lease',
      startTimeoutMs: 60_000,
      failures: { max: 1, forgetMs: null },
    });
  });

  test.each([
    ['instances: one', { clone: false, instances: 1, takeover: 'fencing' }],
    ['instances: 1', { clone: true, instances: 1, takeover: 'nothing' }],
    ['instances: 2', { clone: true, instances: 2, takeover: 'nothing' }],
    ['instances: all', { clone: true, instances: 3, takeover: 'nothing' }],
    ['instances: all, on: [n3, n1]', { clone: true, instances: 2, takeover: 'nothing' }],
  ])('with %s', (text, expected) => {
    expect(service(`command: a, ${text}`)).toMatchObject(expected);
  });
});

describe('a command', () => {
  test('is a list as it stands, and numbers in it are text', () => {
    const text =
      'command: [/bin/a, -p, 80, 0755, true], env: {PORT: 8080}, check: {command: [test, -e, /x]}, stop-signal: SIGINT, directory: /srv';
    expect(service(text).resource).toEqual({
      kind: 'command',
      argv: ['/bin/a', '-p', '80', '0755', 'true'],
      env: { PORT: '8080' },
      directory: '/srv',
      stopSignal: 'SIGINT',
      checkArgv: ['test', '-e', '/x'],
    });
  });

  test('is a line for the shell when it is a text', () => {
    expect(service('command: "a && b"').resource).toMatchObject({
      argv: ['/bin/sh', '-c', 'a && b'],
      directory: '/',
      checkArgv: null,
    });
  });
});

describe('an address', () => {
  test.each([
    ['10.0.0.9', { address: '10.0.0.9', prefix: 24, family: 4, interface: null, probeMs: 50, drainMs: 5000 }],
    ['10.0.0.9/32', { prefix: 32 }],
    ['{ip: "fd00:0:0:0::9"}', { address: 'fd00::9', prefix: 64, family: 6 }],
    [
      '{ip: 10.9.0.9/16, interface: eth1, probe: 0s, drain: 1s}',
      { prefix: 16, interface: 'eth1', probeMs: 0, drainMs: 1000 },
    ],
  ])('%s', (text, expected) => {
    expect(service(`address: ${text}`).resource).toMatchObject({ kind: 'address', ...expected });
  });
});

describe('a balancer', () => {
  test('has defaults', () => {
    expect(service('on: n3, balance: {port: 80, servers: [n1, n2]}').resource).toEqual({
      kind: 'balance',
      engine: 'haproxy',
      mode: 'http',
      listen: { address: null, port: 80 },
      algorithm: 'roundrobin',
      servers: [
        { id: 'n1', node: 'n1', address: '10.0.0.1', port: 80, weight: 1 },
        { id: 'n2', node: 'n2', address: '10.0.0.2', port: 80, weight: 1 },
      ],
      check: { kind: 'tcp', method: 'GET', path: '/', everyMs: 500, timeoutMs: 300, rise: 2, fall: 2 },
      connectTimeoutMs: 100,
      idleTimeoutMs: 30_000,
      forwardFor: true,
      cookie: null,
      stats: null,
    });
  });

  test('reaches servers by node, link, address and port', () => {
    const servers = '[{node: n1, link: 1, port: 81, weight: 5, id: a}, 10.0.0.2, 10.0.0.77, {address: "FD00::3"}]';
    expect(service(`on: n3, balance: {port: 80, address: 10.0.0.9, servers: ${servers}}`).resource).toMatchObject({
      servers: [
        { id: 'a', node: 'n1', address: 'fd00::1', port: 81, weight: 5 },
        { id: '10.0.0.2', node: 'n2', address: '10.0.0.2', port: 80 },
        { id: '10.0.0.77', node: null, address: '10.0.0.77', port: 80 },
        { id: 'fd00::3', node: 'n3', address: 'fd00::3', port: 80 },
      ],
    });
  });

  test('checks a page when there is a path, and no longer than the time to the next check', () => {
    const check = service(
      'on: n3, balance: {port: 80, servers: [n1], check: {path: /check.txt, method: HEAD, every: 100ms}}',
    ).resource;
    expect(check).toMatchObject({
      check: { kind: 'http', method: 'HEAD', path: '/check.txt', everyMs: 100, timeoutMs: 100 },
    });
  });

  test('adds no header to bytes', () => {
    expect(service('on: n3, balance: {port: 80, mode: tcp, servers: [n1]}').resource).toMatchObject({
      forwardFor: false,
    });
  });
});

describe('ties', () => {
  const ties = (text: string): unknown =>
    read(text).services.map((one) => [one.id, one.on.join(''), one.needs.join(), one.with.join()]);

  test('a member of a group needs, and runs with, the one before it, on the nodes of the group', () => {
    const text =
      '  a: {command: x, group: g}\n  z: {command: x}\n  b: {command: x, group: g, on: [n2, n1], needs: z}\n  c: {command: x, group: g}\n';
    expect(ties(text)).toEqual([
      ['a', 'n2n1', '', ''],
      ['z', 'n1n2n3', '', ''],
      ['b', 'n2n1', 'z,a', 'a'],
      ['c', 'n2n1', 'b', 'b'],
    ]);
  });

  test('a group stands for its last member', () => {
    expect(
      ties('  a: {command: x, group: g}\n  b: {command: x, group: g}\n  c: {command: x, needs: g, with: [g, b]}\n'),
    ).toContainEqual(['c', 'n1n2n3', 'b', 'b']);
  });
});

describe('the digest', () => {
  const digestOf = (text: string): string => service(text).digest;

  test('changes with what the program was started with', () => {
    expect(digestOf('command: a')).not.toBe(digestOf('command: b'));
    expect(digestOf('agent: "ocf:a:b", params: {x: 1}')).not.toBe(digestOf('agent: "ocf:a:b", params: {x: 2}'));
    expect(digestOf('address: 10.0.0.9')).not.toBe(digestOf('address: 10.0.0.8'));
  });

  test('does not change with order, spelling, placement, or what is only read later', () => {
    expect(digestOf('agent: "ocf:a:b", params: {x: 1, y: 2}')).toBe(
      digestOf('params: {y: "2", x: "1"}, agent: "ocf:a:b", on: n1'),
    );
    expect(digestOf('command: a')).toBe(digestOf('command: a, check: {command: b, every: 5s}, stop-signal: SIGINT'));
    expect(digestOf('address: 10.0.0.9')).toBe(digestOf('address: {ip: 10.0.0.9/24, drain: 1s, probe: 0s}'));
  });
});

describe('copies that differ', () => {
  const read = (services: string) => {
    const { cluster, problems } = parseClusterFile(
      `cluster: c\nwatchdog: /dev/watchdog\nnodes: {n1: [10.0.0.1, 10.1.0.1], n2: [10.0.0.2, 10.1.0.2], n3: [10.0.0.3, 10.1.0.3]}\nservices:\n${services}`,
      'f',
    );
    expect(problems).toEqual([]);
    return must(cluster, 'cluster');
  };
  const web = 'web: {command: a, needs: db, instances: 4, unique: true, per-node: 2, takeover: lease}';

  test('each is a service of its own that must not run twice', () => {
    const { services } = read(`  db: {command: d, takeover: lease}\n  ${web}\n`);
    expect(services.map(({ id }) => id)).toEqual(['db', 'web:0', 'web:1', 'web:2', 'web:3']);
    expect(services[4]).toMatchObject({
      clone: false,
      instances: 1,
      needs: ['db'],
      onScore: 0,
      copyOf: { service: 'web', number: 3, max: 4, perNode: 2 },
      resource: { env: { SEMPRE_COPY: '3' } },
    });
    expect(new Set(services.map(({ digest }) => digest)).size).toBe(5);
    expect(read('  a: {command: b, instances: all, unique: true}\n').services).toMatchObject([
      { takeover: 'fencing', copyOf: { max: 3, perNode: 1 } },
      { copyOf: { number: 1 } },
      { copyOf: { number: 2 } },
    ]);
  });

  test('what needs them comes after all of them, and what runs with them goes where one is', () => {
    const front = 'front: {command: f, needs: [db, web], with: web, takeover: lease}';
    const { services, rules } = read(`  db: {command: d, takeover: lease}\n  ${web}\n  ${front}\n`);
    expect(services.at(-1)).toMatchObject({ id: 'front', needs: ['db'], with: [] });
    expect(rules.orders).toMatchObject([
      { id: 'front needs web', kind: 'mandatory', link: { first: 'web', second: 'front' } },
    ]);
    expect(rules.colocations).toMatchObject([
      { id: 'front with web', score: 1_000_000, link: { dependent: 'front', primary: 'web' } },
    ]);
  });
});

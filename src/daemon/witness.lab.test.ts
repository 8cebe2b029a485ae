/** One witness process for two clusters of two nodes each, all on loopback addresses. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { generateKey } from '../transports/udp/keyfile.ts';
import { eventually, Machines } from './machines.testing.ts';

const machines = new Machines();
afterAll(() => machines.close());

const net = `127.${210 + (process.pid % 20)}.${Math.floor(process.pid / 20) % 250}`;
const firstPort = 24_000 + (process.pid % 6000);
const clusters = ['red', 'blue'] as const;

/** Both clusters reach the witness at one address, at a port of their own. */
const fileOf = (cluster: (typeof clusters)[number]): string => {
  const i = clusters.indexOf(cluster);
  return `cluster: ${cluster}
heartbeat: { interval: 100ms, dead: 500ms, port: ${firstPort + i} }
nodes:
  a: { addresses: [${net}.${10 * i + 1}/8], watchdog: none }
  b: { addresses: [${net}.${10 * i + 2}/8], watchdog: none }
witness: { name: w, address: ${net}.99, port: ${firstPort + 10 + i} }
quorum: { tie: witness }
services:
  job: { command: sleep 1000, on: [a, b], takeover: nothing }
`;
};

const holder = async (machine: string): Promise<string> =>
  (await machines.status(machine))?.services.find(({ name }) => name === 'job')?.nodes.join(' ') ?? '';

test('votes in both, runs nothing, and neither disturbs the other', async () => {
  for (const cluster of clusters) {
    const file = join(machines.folder, `${cluster}.yaml`);
    writeFileSync(file, fileOf(cluster));
    const [a, b] = [`${cluster}-a`, `${cluster}-b`];
    expect(await machines.run('init', '--cluster', file, '--node', 'a', ...machines.places(a))).toMatchObject({
      code: 0,
    });
    machines.start(a);
    await eventually(() => machines.isUp(a), true);
    const tokenFor = async (node: string): Promise<string> =>
      (await machines.at(a, 'token', 'create', '--for', node)).out.trim();
    expect(await machines.run('join', await tokenFor('b'), ...machines.places(b))).toMatchObject({ code: 0 });
    machines.start(b);
    const folder = machines.path('votes', cluster);
    const config = join(folder, 'cluster.yaml');
    const joined = await machines.run('join', await tokenFor('w'), '--state', folder, '--config', config);
    expect(joined).toMatchObject({ code: 0 });
  }
  // A folder that cannot be served: of a cluster without a witness, with a key file of its own.
  const broken = machines.path('votes', 'broken');
  mkdirSync(broken, { recursive: true });
  writeFileSync(join(broken, 'cluster.key'), generateKey(), { mode: 0o600 });
  writeFileSync(
    join(broken, 'cluster.yaml'),
    fileOf('red')
      .replace(/witness:.*\n/, '')
      .replace('tie: witness', 'tie: none'),
  );
  const voted = machines.path('votes', '');
  const witness = machines.launch('witness', 'witness.ts', [
    '--state',
    voted,
    '--run',
    machines.path('witness', 'run'),
  ]);

  for (const cluster of clusters) {
    expect(await eventually(() => machines.online(`${cluster}-b`), 'a b w')).toBe('a b w');
    expect(await eventually(() => holder(`${cluster}-b`), 'a')).toBe('a');
  }
  expect(machines.log('witness')).toContain('broken cannot be served: NOT_IN_CLUSTER');

  const blue = await machines.views('blue-b');
  machines.kill('red-a');
  expect(await eventually(() => holder('red-b'), 'b')).toBe('b');
  expect(await machines.online('red-b')).toBe('b w');
  expect(await machines.views('blue-b')).toBe(blue);

  const ended = new Promise<number | null>((resolve) => witness.once('exit', resolve));
  witness.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(machines.log('witness')).toContain('the witness ends');
  expect(await eventually(() => machines.online('blue-b'), 'a b')).toBe('a b');
});

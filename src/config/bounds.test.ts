import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boundsOf } from './bounds.ts';
import { parseClusterFile } from './parse.ts';

const read = (text: string) => {
  const { cluster, problems } = parseClusterFile(text, 'f');
  if (cluster === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  return boundsOf(cluster);
};

const nodes =
  'cluster: c\nwatchdog: {device: /dev/watchdog, timeout: 20s}\nnodes: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.3}\n';

const services = `services:
  disk: {command: d, stop-timeout: 30s, takeover: lease}
  mail: {command: m, stop-timeout: 10s, needs: disk}
  web: {command: w, stop-timeout: 35s}
  ip: {address: 10.0.0.9, needs: mail, stop-timeout: 5s}
  all: {command: x, instances: all, needs: web, stop-timeout: 1s}
`;

test('a lease, the slowest stop, a watchdog and the drift of clocks add up', () => {
  const bounds = read(nodes + services);
  expect(bounds).toMatchObject({
    lossMs: 1000,
    leaseMs: 1000,
    slowestStop: ['ip', 'mail', 'disk'],
    stopMs: 45_000,
    watchdogMs: 20_000,
    clockDriftPercent: 1,
  });
  expect(bounds.takeovers.map(({ service, by, latestMs }) => [service, by, latestMs])).toEqual([
    // (1 s + 5 s + 10 s + 30 s) and 1 %, and two intervals.
    ['disk', 'lease', 46_460 + 400],
    // (1 s + the slowest stop of all + 20 s) and 1 %, and two intervals.
    ['mail', 'watchdog', 66_660 + 400],
    ['web', 'watchdog', 66_660 + 400],
    ['ip', 'nothing', 0],
    ['all', 'nothing', 0],
  ]);
});

test('two nodes: only power proves anything', () => {
  const file = join(import.meta.dirname, '../../examples/two-node-fence/cluster.yaml');
  const [disk, , address] = read(readFileSync(file, 'utf8')).takeovers;
  // 5 s head start, 3 rounds of (20 s off + 20 s status) and (30 s off + 30 s status), 2 s between them, and 1 %.
  expect(disk).toMatchObject({ service: 'disk', by: 'fencing', latestMs: 309_000 * 1.01 });
  expect(address).toMatchObject({ service: 'address', by: 'nothing', latestMs: 0 });
});

test('where nothing can prove it, an operator has to', () => {
  const { takeovers } = read(
    'cluster: c\nwatchdog: none\nquorum: {tie: none}\nnodes: {a: 10.0.0.1, b: 10.0.0.2}\nservices: {s: {command: x}}\n',
  );
  expect(takeovers).toMatchObject([{ service: 's', by: 'hand', latestMs: null }]);
  const fence = join(import.meta.dirname, '../../examples/two-node-fence/cluster.yaml');
  const none = readFileSync(fence, 'utf8').replace(/ {2}tie: fence\n(.*\n){3}/, '  tie: none\n');
  expect(read(none).takeovers[0]).toMatchObject({ service: 'disk', by: 'hand' });
});

test('on a guest the stop of its machine comes first, and what it takes to switch its hosts off', () => {
  const machine = 'vm: {agent: ocf:heartbeat:VirtualDomain, stop-timeout: 40s}';
  const guest = 'd: {addresses: [10.0.0.4], guest: vm}';
  const text = nodes.replace('c: 10.0.0.3}', `c: 10.0.0.3, ${guest}}`);
  const { takeovers } = read(`${text}services: {${machine}, s: {command: x, stop-timeout: 10s, on: [d, a]}}\n`);
  const [vm, s] = takeovers;
  // (1 s + the slowest stop of all + 20 s) and 1 %, and two intervals.
  expect(vm).toMatchObject({ service: 'vm', by: 'watchdog', latestMs: 61_610 + 400 });
  expect(s).toMatchObject({ service: 's', by: 'watchdog', latestMs: 40_000 + 61_610 + 400 });
});

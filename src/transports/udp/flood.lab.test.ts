/** Three real daemons on loopback addresses, and garbage at the heartbeat port of one of them. FLOOD_SECONDS=30 for the long run. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bringUp, labDown } from '../../../lab/commands.ts';
import { loopbackPaths } from '../../../lab/loopback.ts';
import type { ClusterStatus, EventsAnswer, LocalStatus } from '../../api/status.ts';
import { parseClusterFile } from '../../config/parse.ts';
import { must } from '../../lib/assert.ts';
import { until } from '../contract.ts';
import { parseKey } from './keyfile.ts';
import { Keys } from './keys.ts';
import type { TransportStats } from './stats.ts';

const name = `flood-${process.pid}`;
const seconds = Number(process.env.FLOOD_SECONDS ?? '5');
const perSecond = 100_000;
const port = 22_000 + (process.pid % 8000);
const net = `127.${120 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 250}`;
const source = `cluster: ${name}
heartbeat: { interval: 100ms, dead: 500ms, port: ${port} }
nodes:
  n1: [${net}.1/8, ${net}.101/8]
  n2: [${net}.2/8, ${net}.102/8]
  n3: [${net}.3/8, ${net}.103/8]
services: {}
`;

function get<T>(node: string, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const { socket } = loopbackPaths(name, node);
    const asked = request({ socketPath: socket, path, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve(JSON.parse(text) as T));
    });
    asked.on('error', reject);
    asked.end();
  });
}

const local = (node: string): Promise<LocalStatus> => get<LocalStatus>(node, '/v1/local');
const worstStall = async (node: string): Promise<number> => (await local(node)).stall.lastMinuteMs;
const droppedOn = async (node: string): Promise<number> =>
  ((await local(node)).packets as TransportStats).links[0]?.droppedByKernel ?? -1;

function residentBytes(node: string): number {
  const pid = readFileSync(`${loopbackPaths(name, node).directory}/daemon.pid`, 'utf8').trim();
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) * 1024;
}

const changesOfView = async (): Promise<number> => {
  const { events } = await get<EventsAnswer>('n1', '/v1/events?limit=2000');
  return events.filter(({ what }) => what === 'view' || what === 'quorum').length;
};

async function flood(from: string, prefix = ''): Promise<{ readonly sent: number }> {
  const program = new URL('./flood.fixture.ts', import.meta.url).pathname;
  const argv = [program, from, `${net}.1`, `${port}`, `${perSecond}`, `${seconds}`, prefix];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: (seconds + 30) * 1000 });
  return JSON.parse(stdout) as { sent: number };
}

describe('100 000 packets of garbage a second at the heartbeat port', () => {
  beforeAll(async () => {
    const { cluster } = parseClusterFile(source, 'flood');
    const up = await bringUp('flood', source, must(cluster, 'a cluster'), { name, loopback: true, ephemeral: true });
    if (!up.ok) throw new Error(up.failure.message);
    let online = 0;
    const look = async (): Promise<void> => {
      const status = await get<ClusterStatus>('n1', '/v1/status').catch(() => null);
      online = status?.nodes.filter(({ state }) => state === 'online').length ?? 0;
    };
    await until(
      'all nodes are online',
      () => online === 3,
      () => void look(),
      60_000,
    );
    // What comes right after the start (code that is loaded, real-time priority that is taken) is no concern of this test.
    await new Promise((done) => setTimeout(done, 3000));
  });
  afterAll(async () => {
    await labDown(name);
  });

  test(`for ${seconds} s costs no peer, no memory and no stall, and is counted`, { timeout: 120_000 }, async () => {
    const before = { dropped: await droppedOn('n1'), bytes: residentBytes('n1'), views: await changesOfView() };
    const { sent } = await flood(`${net}.77`);
    const after = { dropped: await droppedOn('n1'), bytes: residentBytes('n1'), views: await changesOfView() };
    const measured = {
      sent,
      dropped: after.dropped - before.dropped,
      grewMiB: Math.round(((after.bytes - before.bytes) / 1024 / 1024) * 10) / 10,
      stallMs: await worstStall('n1'),
      elsewhereMs: await worstStall('n2'),
    };
    console.log(JSON.stringify(measured));
    expect(sent).toBeGreaterThan(perSecond * seconds * 0.9);
    expect(measured.dropped).toBeGreaterThan(sent * 0.95);
    expect(after.views).toBe(before.views);
    expect(measured.grewMiB).toBeLessThan(32);
    // On a machine that does other things too, a node that nobody floods is held up as well.
    expect(measured.stallMs).toBeLessThan(Math.max(50, 2 * measured.elsewhereMs));
  });

  test('costs no more when it comes from the address of a peer and knows the cookie', {
    timeout: 120_000,
  }, async () => {
    const before = { dropped: await droppedOn('n1'), views: await changesOfView() };
    const key = parseKey(readFileSync(loopbackPaths(name, 'n1').key), 'the key');
    const { cookie } = new Keys(must(key.ok ? key.value : null, 'a key'), name);
    const prefix = Buffer.concat([Buffer.from('SMP\u0001', 'latin1'), cookie]).toString('hex');
    const { sent } = await flood(`${net}.2`, prefix);
    expect((await droppedOn('n1')) - before.dropped).toBeGreaterThan(sent * 0.95);
    expect(await changesOfView()).toBe(before.views);
  });
});

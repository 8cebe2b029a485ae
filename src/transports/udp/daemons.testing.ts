/** Three real daemons on loopback addresses that somebody attacks (imported by lab tests only). */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { bringUp, labDown } from '../../../lab/commands.ts';
import { loopbackPaths } from '../../../lab/loopback.ts';
import type { ClusterStatus, EventsAnswer, LocalStatus } from '../../api/status.ts';
import { parseClusterFile } from '../../config/parse.ts';
import { must } from '../../lib/assert.ts';
import { until } from '../contract.ts';
import { type ClusterKey, parseKey } from './keyfile.ts';
import type { TransportStats } from './stats.ts';

export interface Measured {
  readonly packets: TransportStats;
  readonly residentBytes: number;
  /** Changes of view and quorum so far. */
  readonly views: number;
  readonly stallMs: number;
  /** Of a node that nobody attacks: what the machine does to all of them. */
  readonly elsewhereMs: number;
}

export interface Daemons {
  readonly name: string;
  /** Nodes are NET.1, NET.2, NET.3; nobody is at NET.77. */
  readonly net: string;
  readonly port: number;
  readonly key: ClusterKey;
  readonly call: <T>(node: string, path: string, body?: unknown) => Promise<T>;
  /** Of n1, which is the one that is attacked. */
  readonly measure: () => Promise<Measured>;
  /** Runs a program of this folder and parses what it prints. */
  readonly program: <T>(file: string, ...args: readonly (string | number)[]) => Promise<T>;
  readonly close: () => Promise<void>;
}

let sites = 0;

export async function startDaemons(purpose: string): Promise<Daemons> {
  sites += 1;
  const name = `${purpose}-${process.pid}`;
  const port = 22_000 + ((process.pid + sites * 100) % 8000);
  const net = `127.${120 + (process.pid % 50)}.${(Math.floor(process.pid / 50) + sites) % 250}`;
  const nodes = [1, 2, 3].map((i) => `  n${i}: [${net}.${i}/8, ${net}.${100 + i}/8]`);
  const heartbeat = `heartbeat: { interval: 100ms, dead: 500ms, port: ${port} }`;
  const source = `cluster: ${name}\n${heartbeat}\nnodes:\n${nodes.join('\n')}\nservices: {}\n`;
  const cluster = must(parseClusterFile(source, purpose).cluster, 'a cluster');
  const up = await bringUp(purpose, source, cluster, { name, loopback: true, ephemeral: true });
  if (!up.ok) throw new Error(up.failure.message);
  const parsed = parseKey(readFileSync(loopbackPaths(name, 'n1').key), 'the key');
  const call = <T>(node: string, path: string, body?: unknown): Promise<T> => ask<T>(name, node, path, body);
  const daemons: Daemons = {
    name,
    net,
    port,
    key: must(parsed.ok ? parsed.value : null, 'a key'),
    call,
    measure: () => measure(name, call),
    program: async <T>(file: string, ...args: readonly (string | number)[]) => {
      const path = new URL(`./${file}`, import.meta.url).pathname;
      const { stdout } = await promisify(execFile)(process.execPath, [path, ...args.map(String)], { timeout: 100_000 });
      return JSON.parse(stdout) as T;
    },
    close: async () => void (await labDown(name)),
  };
  await settled(daemons);
  return daemons;
}

async function settled({ call }: Daemons): Promise<void> {
  let online = 0;
  const look = async (): Promise<void> => {
    const status = await call<ClusterStatus>('n1', '/v1/status').catch(() => null);
    online = status?.nodes.filter(({ state }) => state === 'online').length ?? 0;
  };
  await until(
    'all nodes are online',
    () => online === 3,
    () => void look(),
    60_000,
  );
  // What comes right after the start (code that is loaded, real-time priority that is taken) is no concern here.
  await new Promise((done) => setTimeout(done, 3000));
}

async function measure(name: string, call: Daemons['call']): Promise<Measured> {
  const [local, other, { events }] = await Promise.all([
    call<LocalStatus>('n1', '/v1/local'),
    call<LocalStatus>('n2', '/v1/local'),
    call<EventsAnswer>('n1', '/v1/events?limit=2000'),
  ]);
  return {
    packets: local.packets as TransportStats,
    residentBytes: residentBytes(name),
    views: events.filter(({ what }) => what === 'view' || what === 'quorum').length,
    stallMs: local.stall.lastMinuteMs,
    elsewhereMs: other.stall.lastMinuteMs,
  };
}

function residentBytes(name: string): number {
  const pid = readFileSync(`${loopbackPaths(name, 'n1').directory}/daemon.pid`, 'utf8').trim();
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) * 1024;
}

function ask<T>(name: string, node: string, path: string, body: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const { socket } = loopbackPaths(name, node);
    const method = body === undefined ? 'GET' : 'POST';
    const asked = request({ socketPath: socket, path, method, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve(JSON.parse(text) as T));
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The keeper of a lab with real addresses, used from inside of its hosts. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainCluster } from '../../src/core/model.ts';
import { bringUp, labCut, labDown, labExec, labStatus } from '../commands.ts';
import { canMakeNamespaces } from '../namespaces.ts';
import { isAlive } from '../process-id.ts';
import { run } from '../run.ts';
import { daemonOptionsFor, keeperOnHost, placesIn } from './places.ts';
import { keeperLog, until } from './stage.testing.ts';
import { keeperOf } from './start.ts';

const name = `keep-ns-${process.pid}`;
const possible = await canMakeNamespaces();

const cluster = plainCluster(
  name,
  { intervalMs: 100, deadMs: 600, port: 5700 },
  ['one', 'two'].map((id, i) => ({ id, links: [{ address: `10.9.7.${i + 1}`, prefix: 24 }] })),
  [],
);
const places = placesIn(keeperOnHost);

async function on(host: string, argv: readonly string[], input = '') {
  const command = labExec(name, host, argv);
  if (!command.ok) return { code: -1, stdout: '', stderr: command.failure.message };
  return run(command.value, { input });
}

const agent = (host: string, action: string, target: string) =>
  on(host, [join(places.agents, 'fence_sempre_lab')], `action=${action}\nnodename=${target}\n`);
const starts = async (host: string) => (await on(host, ['cat', '/var/lib/sempre/starts'])).stdout.length;
const power = async (host: string) => {
  const lab = (await labStatus()).find((each) => each.name === name);
  return lab?.hosts.find((each) => each.name === host)?.power;
};

describe.skipIf(!possible)('the keeper of a lab with real addresses (needs root and network namespaces)', () => {
  beforeAll(async () => {
    const feeder = join(import.meta.dirname, 'feeder.fixture.ts');
    const daemon = [process.execPath, feeder, '/var/lib/sempre', ...daemonOptionsFor(places)];
    const up = await bringUp('x', '', cluster, { name, ephemeral: true, daemon });
    expect(up).toMatchObject({ ok: true });
    await until(async () => (await starts('one')) === 1 && (await starts('two')) === 1);
  });

  afterAll(async () => {
    const keeper = keeperOf(name);
    await labDown(name);
    expect(keeper !== null && isAlive(keeper)).toBe(false);
  });

  it('lets one host power the other one off and on, also with all links cut', async () => {
    await labCut(name, 'one', null);
    expect(await agent('one', 'status', 'two')).toMatchObject({ code: 0 });
    expect(await agent('one', 'off', 'two')).toMatchObject({ code: 0 });
    expect(await power('two')).toBe('off');
    expect(await agent('one', 'status', 'two')).toMatchObject({ code: 2 });
    expect(await agent('one', 'on', 'two')).toMatchObject({ code: 0 });
    await until(async () => (await power('two')) === 'on' && (await starts('two')) === 2);
    expect((await agent('one', 'list', '')).stdout).toBe('one,\ntwo,\n');
  });

  it('power-cycles a host whose daemon stands still', async () => {
    await on('two', ['touch', '/var/lib/sempre/stop']);
    await until(async () => keeperLog(name).some(({ kind, host }) => kind === 'watchdog' && host === 'two'));
    await until(async () => (await power('two')) === 'on');
    await on('two', ['rm', '/var/lib/sempre/stop']);
    await until(async () => (await starts('two')) >= 3);
    expect(keeperLog(name).filter(({ kind, host }) => kind === 'watchdog' && host === 'one')).toEqual([]);
  });
});

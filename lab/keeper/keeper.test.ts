/** The keeper of a lab of plain processes: its fence agent and its watchdogs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainCluster } from '../../src/core/model.ts';
import { sleep } from '../clock.ts';
import { bringUp, labDown, labKillDaemon, labPowerOff, labPowerOn, labStatus } from '../commands.ts';
import { isAlive } from '../process-id.ts';
import { setFenceFaults } from './faults.ts';
import { keeperPlaces } from './places.ts';
import { callAgent, keeperLog, textIn, until } from './stage.testing.ts';
import { keeperOf } from './start.ts';

const name = `keep-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'keeper-'));
const agents = keeperPlaces(name, 0).agents;

const cluster = plainCluster(
  name,
  { intervalMs: 100, deadMs: 600, port: 5700 },
  ['one', 'two'].map((id, i) => ({ id, links: [{ address: `127.9.7.${i + 1}`, prefix: 8 }] })),
  [],
);

const power = async (host: string) => {
  const lab = (await labStatus()).find((each) => each.name === name);
  return lab?.hosts.find((each) => each.name === host)?.power;
};
const starts = (host: string): number => textIn(join(folder, host, 'starts')).length;
const call = (...args: [Parameters<typeof callAgent>[2], string, Record<string, string>?]) =>
  callAgent(folder, agents, ...args);

/** Each node's daemon writes into a folder of the node's name: the supervisor passes `--node`. */
const daemon = `
  const node = process.argv[process.argv.indexOf('--node') + 1];
  process.argv[2] = ${JSON.stringify(folder)} + '/' + node;
  import(${JSON.stringify(join(import.meta.dirname, 'feeder.fixture.ts'))});
`;

describe('the keeper', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    for (const host of ['one', 'two']) mkdirSync(join(folder, host));
    const argv = [process.execPath, '--disable-warning=ExperimentalWarning', '-e', daemon, '--', 'folder'];
    const up = await bringUp('x', '', cluster, { name, loopback: true, ephemeral: true, daemon: argv });
    expect(up.ok).toBe(true);
    await until(() => starts('one') === 1 && starts('two') === 1);
  });

  afterAll(async () => {
    const keeper = keeperOf(name);
    await labDown(name);
    rmSync(folder, { recursive: true, force: true });
    expect(keeper !== null && isAlive(keeper)).toBe(false);
  });

  it('switches hosts off and on, and tells', async () => {
    expect(await call('status', 'two')).toEqual({ ok: true, power: 'on' });
    expect(await call('off', 'two')).toEqual({ ok: true, power: null });
    expect(await power('two')).toBe('off');
    expect(await call('off', 'two')).toEqual({ ok: true, power: null });
    expect(await call('status', 'two')).toEqual({ ok: true, power: 'off' });
    expect(await call('on', 'two')).toEqual({ ok: true, power: null });
    await until(() => starts('two') === 2);
    expect(await power('two')).toBe('on');
    expect(await call('off', 'nobody')).toMatchObject({ ok: false });
    expect(keeperLog(name)[0]).toMatchObject({ kind: 'fence', from: 'one', action: 'off', node: 'two', ok: true });
  });

  it('fails and lies as its parameters or the lab say', async () => {
    expect(await call('off', 'two', { fail: 'off' })).toMatchObject({ ok: false });
    expect(await call('off', 'two', { lie: 'off' })).toEqual({ ok: true, power: null });
    expect(await call('status', 'two', { fail: 'off' })).toEqual({ ok: true, power: 'on' });
    setFenceFaults(name, [{ from: 'one', target: 'two', delayMs: 0, mode: 'fail' }]);
    expect(await call('off', 'two')).toMatchObject({ ok: false });
    setFenceFaults(name, [{ from: null, target: null, delayMs: 300, mode: 'lie' }]);
    const beginMs = performance.now();
    expect(await call('off', 'two')).toEqual({ ok: true, power: null });
    expect(performance.now() - beginMs).toBeGreaterThan(300);
    expect(await call('status', 'two')).toEqual({ ok: true, power: 'off' });
    setFenceFaults(name, []);
    expect(await call('status', 'two')).toEqual({ ok: true, power: 'on' });
  });

  it('leaves a fed host alone, also when its daemon is started again', async () => {
    const before = starts('one');
    await labKillDaemon(name, 'one');
    await until(() => starts('one') === before + 1);
    await sleep(1500);
    expect(starts('one')).toBe(before + 1);
    expect(textIn(join(folder, 'one', 'said'))).toContain('armed: ');
    expect(keeperLog(name).filter(({ kind }) => kind === 'watchdog')).toEqual([]);
  });

  it('power-cycles a host that does not feed, once', async () => {
    const before = starts('two');
    writeFileSync(join(folder, 'two', 'stop'), '');
    await until(() => starts('two') > before);
    rmSync(join(folder, 'two', 'stop'));
    const cycles = keeperLog(name).filter(({ kind }) => kind === 'watchdog');
    expect(cycles.length).toBe(1);
    expect(cycles[0]).toMatchObject({ host: 'two', ok: true });
    expect(cycles[0]?.sinceFedMs).toBeGreaterThanOrEqual(1000);
    expect(cycles[0]?.sinceFedMs).toBeLessThan(1500);
  });

  it('does not switch on what was switched off', async () => {
    await labPowerOff(name, 'two');
    await sleep(1500);
    expect(await power('two')).toBe('off');
    await labPowerOn(name, 'two');
    await until(async () => (await power('two')) === 'on');
  });

  it('lets go of a host that said goodbye', async () => {
    const before = starts('one');
    writeFileSync(join(folder, 'one', 'goodbye'), '');
    await until(() => textIn(join(folder, 'one', 'said')).includes('none: '));
    await sleep(1500);
    expect(starts('one')).toBe(before);
  });
});

/** The lab without root, with a small web server in the daemon's place that leaves a long-running child behind. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainCluster, plainNode } from '../src/core/model.ts';
import type { Result } from '../src/lib/errors.ts';
import { sleep } from './clock.ts';
import { bringUp, labCut, labDown, labKillDaemon, labPowerOff, labPowerOn, labStatus } from './commands.ts';
import { labDirectory } from './record.ts';
import { run } from './run.ts';

const name = `loop-${process.pid}`;
const port = 20_000 + (process.pid % 20_000);

const daemon = `
  const node = process.argv[process.argv.indexOf('--node') + 1];
  const { spawn } = require('node:child_process');
  const folder = process.argv[process.argv.indexOf('--run') + 1];
  spawn('sleep', ['${port}'], { detached: true, stdio: 'ignore' }).unref();
  // As an engine with a clean environment that is given a file of the node.
  spawn('bash', ['-c', 'sleep ${port}; true', folder + '/settings'], { detached: true, stdio: 'ignore', env: {} }).unref();
  require('node:http').createServer((_, answer) => answer.end(node)).listen(${port}, node === 'one' ? '127.9.0.1' : '127.9.0.2');
`;

const cluster = plainCluster(
  name,
  { intervalMs: 100, deadMs: 600, port: 5700 },
  ['one', 'two'].map((id, i) => ({ id, links: [{ address: `127.9.0.${i + 1}`, prefix: 8 }] })),
  [],
);

describe('a lab on loopback addresses', () => {
  beforeAll(async () => {
    must(
      await bringUp('x', '', cluster, {
        name,
        loopback: true,
        ephemeral: true,
        daemon: [process.execPath, '-e', daemon, '--'],
      }),
    );
  });

  afterAll(async () => {
    await labDown(name);
  });

  it('runs a daemon for each node', async () => {
    await until(() => answer('127.9.0.1'), 'one');
    await until(() => answer('127.9.0.2'), 'two');
    expect((await labStatus()).find((lab) => lab.name === name)).toMatchObject({ kind: 'loopback', up: true });
  });

  it('starts a killed daemon again and leaves alone what it had started', async () => {
    const before = await sleepers();
    must(await labKillDaemon(name, 'one'));
    await until(sleepers, before + 2);
    await until(() => answer('127.9.0.1'), 'one');
  });

  it('powers a node off with everything that it had started, and on again', async () => {
    const before = await sleepers();
    must(await labPowerOff(name, 'one'));
    expect(await answer('127.9.0.1')).toBe('');
    expect(await sleepers()).toBe(before - 4);
    must(await labPowerOn(name, 'one'));
    await until(() => answer('127.9.0.1'), 'one');
  });

  it('says that its links cannot be cut', async () => {
    const cut = await labCut(name, 'one', null);
    expect(cut.ok ? '' : cut.failure.code).toBe('UNSUPPORTED');
  });

  it('refuses addresses of other networks', async () => {
    const nodes = [plainNode('one', [{ address: '10.0.0.1', prefix: 24 }], 5700)];
    const up = await bringUp('x', '', { ...cluster, nodes }, { name: `${name}-b`, loopback: true, daemon: ['true'] });
    expect(up.ok ? '' : up.failure.message).toContain('10.0.0.1');
  });

  it('leaves nothing behind', async () => {
    must(await labDown(name));
    expect(await sleepers()).toBe(0);
    expect(existsSync(labDirectory(name))).toBe(false);
  });
});

async function sleepers(): Promise<number> {
  return (await run(['pgrep', '-fx', `sleep ${port}`])).stdout.split('\n').filter((line) => line !== '').length;
}

async function answer(address: string): Promise<string> {
  try {
    return await (await fetch(`http://${address}:${port}/`)).text();
  } catch {
    return '';
  }
}

async function until<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  let seen = await look();
  for (let tries = 0; tries < 100 && seen !== wanted; tries++) {
    await sleep(50);
    seen = await look();
  }
  expect(seen).toBe(wanted);
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
}

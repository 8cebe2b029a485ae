/** The lab itself, on this machine's kernel, with a small web server in the daemon's place. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainCluster } from '../src/core/model.ts';
import type { Result } from '../src/lib/errors.ts';
import { sleep } from './clock.ts';
import {
  bringUp,
  labCut,
  labDown,
  labExec,
  labHeal,
  labKillDaemon,
  labPauseFor,
  labPowerOff,
  labPowerOn,
  labStatus,
} from './commands.ts';
import { canMakeNamespaces } from './namespaces.ts';
import { disksDirectory, labDirectory } from './record.ts';
import { run } from './run.ts';

const name = `test-${process.pid}`;
const possible = await canMakeNamespaces();

/** Answers with its host's name and how often it was started there, which it keeps on the disk. */
const server = `
  const fs = require('node:fs');
  const count = '/var/lib/sempre/starts';
  const starts = 1 + (fs.existsSync(count) ? Number(fs.readFileSync(count)) : 0);
  fs.writeFileSync(count, String(starts));
  require('node:http').createServer((_, answer) => answer.end(require('node:os').hostname() + ' ' + starts)).listen(80);
`;

const cluster = plainCluster(
  name,
  { intervalMs: 100, deadMs: 600, port: 5700 },
  ['one', 'two', 'three', 'four'].map((id, i) => ({
    id,
    links: [`10.9.0.${i + 1}`, `10.10.0.${i + 1}`].map((address) => ({ address, prefix: 24 })),
  })),
  [],
);

describe.skipIf(!possible)('a lab with real addresses (needs root and network namespaces)', () => {
  let upMs = 0;
  const before = snapshot();

  beforeAll(async () => {
    const begin = Date.now();
    must(
      await bringUp('cluster.yaml', 'source of the file\n', cluster, {
        name,
        pages: true,
        ephemeral: true,
        daemon: [process.execPath, '-e', server],
      }),
    );
    upMs = Date.now() - begin;
  });

  afterAll(async () => {
    await labDown(name);
  });

  it('is up within three seconds', () => {
    expect(upMs).toBeLessThan(3000);
  });

  it('gives each host its name, its files and its addresses', async () => {
    expect(await inside('two', 'hostname')).toBe('two');
    expect(await inside('two', 'cat', '/etc/sempre/cluster.yaml')).toBe('source of the file');
    expect(await inside('two', 'stat', '-c', '%a', '/etc/sempre/cluster.key')).toBe('600');
    expect(await inside('two', 'ip', '-br', 'address', 'show', 'eth1')).toContain('10.10.0.2/24');
    expect(await inside('two', 'cat', '/var/www/html/index.html')).toContain('served by two');
    expect(await inside('two', 'ls', process.cwd())).toContain('package.json');
  });

  it('does not show one host the files of another, nor the machine', async () => {
    await inside('one', 'touch', '/etc/only-here', '/var/only-here', '/run/only-here', '/tmp/only-here');
    for (const path of ['/etc', '/var', '/run', '/tmp']) {
      expect(await inside('two', 'ls', path)).not.toContain('only-here');
      expect(existsSync(`${path}/only-here`)).toBe(false);
    }
  });

  it('answers on every link, until that link is cut', async () => {
    await until(() => answer('three', '10.9.0.1'), 'one 1');
    await until(() => answer('three', '10.10.0.1'), 'one 1');
    must(await labCut(name, 'one', 0));
    expect(await answer('three', '10.9.0.1')).toBe('');
    expect(await answer('three', '10.10.0.1')).toBe('one 1');
    expect(await inside('one', 'cat', '/sys/class/net/eth0/carrier')).toBe('1');
    expect((await status('one')).links.map((link) => link.state)).toEqual(['cut', 'connected']);
    must(await labCut(name, 'one', null));
    expect(await answer('three', '10.10.0.1')).toBe('');
    must(await labHeal(name, 'one', null));
    expect(await answer('three', '10.9.0.1')).toBe('one 1');
    expect(await answer('three', '10.10.0.1')).toBe('one 1');
  });

  it('keeps the disk and loses the memory when the power fails', async () => {
    await inside('four', 'touch', '/etc/kept', '/var/kept', '/run/lost', '/tmp/lost');
    await until(() => answer('three', '10.9.0.4'), 'four 1');
    const off = must(await labPowerOff(name, 'four'));
    expect(off.tookMs).toBeLessThan(1000);
    expect(await answer('three', '10.9.0.4')).toBe('');
    expect((await status('four')).power).toBe('off');
    expect((await labPowerOff(name, 'four')).ok).toBe(false);
    must(await labPowerOn(name, 'four'));
    await until(() => answer('three', '10.9.0.4'), 'four 2');
    expect(readFileSync(`${disksDirectory(name)}/four/starts`, 'utf8')).toBe('2');
    expect(await inside('four', 'ls', '/etc', '/var')).toContain('kept');
    expect(await inside('four', 'ls', '/run', '/tmp')).not.toContain('lost');
  });

  it('starts a killed daemon again and leaves alone what it had started', async () => {
    await until(() => answer('three', '10.9.0.2'), 'two 1');
    await inside('two', 'bash', '-c', 'setsid sleep 1000 >/dev/null 2>&1 &');
    must(await labKillDaemon(name, 'two'));
    await until(() => answer('three', '10.9.0.2'), 'two 2');
    expect(await inside('two', 'pgrep', '-fx', 'sleep 1000')).not.toBe('');
  });

  it.each(['two', 'client'])('buries orphans on %s', async (host) => {
    await inside(host, 'bash', '-c', 'setsid bash -c "sleep 0.1; touch /run/ended" >/dev/null 2>&1 &');
    await until(() => inside(host, 'bash', '-c', 'ls /run/ended; ps -eo stat | grep Z'), '/run/ended');
  });

  it('pauses a daemon for a while', async () => {
    await until(() => answer('three', '10.9.0.3'), 'three 1');
    const paused = labPauseFor(name, 'three', false, 1500);
    await until(() => answer('one', '10.9.0.3'), '');
    must(await paused);
    await until(() => answer('one', '10.9.0.3'), 'three 1');
  });

  it('refuses a second lab of the same name, and names hosts that exist', async () => {
    const second = await bringUp('cluster.yaml', '', cluster, { name });
    expect(second.ok ? '' : second.failure.code).toBe('ALREADY_RUNNING');
    const missing = await labCut(name, 'five', null);
    expect(missing.ok ? '' : missing.failure.message).toContain('one, two, three, four, client');
  });

  it('leaves nothing behind', async () => {
    must(await labDown(name));
    expect(existsSync(labDirectory(name))).toBe(false);
    expect(existsSync(disksDirectory(name))).toBe(false);
    expect(snapshot()).toEqual(before);
    expect((await run(['pgrep', '-f', `root-init.sh ${labDirectory(name)}`])).stdout).toBe('');
    expect((await labDown(name)).ok).toBe(false);
  });

  it('dies with its creator when it should, and the next one of that name sweeps up', async () => {
    const script = `import { bringUp } from '${import.meta.dirname}/commands.ts';
      const cluster = ${JSON.stringify(cluster)};
      console.log(JSON.stringify(await bringUp('x', '', cluster, { name: cluster.name, ephemeral: true, daemon: [] })));
      process.kill(process.pid, 'SIGKILL');`;
    const killed = await run([process.execPath, '--input-type=module-typescript', '-e', script]);
    expect(killed.stdout).toContain('"ok":true');
    await until(async () => String((await labStatus()).find((lab) => lab.name === name)?.up), 'false');
    must(await bringUp('x', '', cluster, { name, ephemeral: true, daemon: [] }));
    must(await labDown(name));
    expect(snapshot()).toEqual(before);
  });
});

/** Interfaces and mounts of the machine itself. */
function snapshot(): unknown {
  const links = readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .map((line) => line.split(':')[0]);
  return { links, mounts: readFileSync('/proc/self/mounts', 'utf8') };
}

async function inside(host: string, ...argv: string[]): Promise<string> {
  return (await run(must(labExec(name, host, argv)))).stdout.trim();
}

async function answer(from: string, address: string): Promise<string> {
  return inside(from, 'curl', '-s', '--max-time', '0.7', `http://${address}/`);
}

async function status(host: string) {
  const lab = (await labStatus()).find((one) => one.name === name);
  const found = lab?.hosts.find((one) => one.name === host);
  if (found === undefined) throw new Error(`${host} is not in the lab's status`);
  return found;
}

async function until(look: () => Promise<string>, wanted: string): Promise<void> {
  let seen = '';
  for (let tries = 0; tries < 100; tries++) {
    seen = await look();
    if (seen === wanted) return;
    await sleep(50);
  }
  throw new Error(`expected ${wanted}, saw ${seen}`);
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
}

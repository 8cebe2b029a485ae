/** A cluster from nothing, on real daemons: init, token, join, a change of keys under steady heartbeats, forget. */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { eventually, Machines } from './machines.testing.ts';

const machines = new Machines();
const port = 23_000 + (process.pid % 7000);
const net = `127.${170 + (process.pid % 40)}.${Math.floor(process.pid / 40) % 250}`;
const file = join(machines.folder, 'cluster.yaml');
writeFileSync(
  file,
  `cluster: young
heartbeat: { interval: 100ms, dead: 500ms, port: ${port} }
nodes:
${['a', 'b', 'c', 'd'].map((node, i) => `  ${node}: [${net}.${i + 1}/8, ${net}.${i + 101}/8]`).join('\n')}
services:
  job: { command: sleep 1000, on: [a, b, c, d], takeover: nothing }
`,
);

const token = async (...args: readonly string[]): Promise<string> =>
  (await machines.at('a', 'token', 'create', ...args)).out.trim();

const joinAs = (machine: string, text: string, ...args: readonly string[]) =>
  machines.run('join', text, ...machines.places(machine), ...args);

const keyOf = async (machine: string): Promise<string> => {
  const key = (await machines.local(machine))?.identity?.key;
  return key === undefined ? 'none' : `${key.generation} ${key.id} ${key.next === null ? 'settled' : 'changing'}`;
};

describe('a young cluster', () => {
  afterAll(() => machines.close());

  test('begins with init, which does nothing twice', async () => {
    const begun = await machines.run('init', '--cluster', file, '--node', 'a', ...machines.places('a'));
    expect(begun).toMatchObject({ code: 0, out: expect.stringContaining('this machine is a') });
    expect(statSync(machines.path('a', 'state/identity/keys.json')).mode & 0o777).toBe(0o600);
    expect(statSync(machines.path('a', 'state/identity')).mode & 0o777).toBe(0o700);
    expect(statSync(machines.path('a', 'etc/cluster.yaml')).mode & 0o777).toBe(0o640);
    const again = await machines.run('init', '--cluster', file, '--node', 'a', ...machines.places('a'));
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('ALREADY_THERE') });
    machines.start('a');
    expect(await eventually(() => machines.isUp('a'), true)).toBe(true);
  });

  test('lets each machine in once, with a token', async () => {
    for (const node of ['b', 'c', 'd']) {
      const text = await token('--for', node);
      expect(await joinAs('other', text, '--node', 'c' === node ? 'b' : 'c')).toMatchObject({ code: 77 });
      expect(await joinAs(node, text)).toMatchObject({ code: 0 });
      const again = await joinAs('other', text);
      expect(again).toMatchObject({ code: 77, err: expect.stringContaining('was used already') });
      machines.start(node);
    }
    expect(existsSync(machines.path('other', 'state/identity/keys.json'))).toBe(false);
    for (const node of ['a', 'd']) expect(await eventually(() => machines.online(node), 'a b c d')).toBe('a b c d');
    const folder = machines.path('d', 'state/identity');
    const verify = ['verify', '-CAfile', 'authority.pem', 'certificate.pem'];
    expect(execFileSync('openssl', verify, { cwd: folder, encoding: 'utf8' })).toContain('OK');
  });

  test('refuses tokens that are too old, wrong, or no tokens, and too many of them', async () => {
    const old = await token('--ttl', '1s');
    await new Promise((done) => setTimeout(done, 1100));
    expect(await joinAs('other', old, '--node', 'b')).toMatchObject({
      code: 77,
      err: expect.stringContaining('is over'),
    });
    expect(await joinAs('other', old.slice(0, -20))).toMatchObject({
      code: 77,
      err: expect.stringContaining('no token'),
    });
    const fresh = await token();
    const parts = JSON.parse(Buffer.from(fresh.slice(8), 'base64url').toString('utf8'));
    const forged = (change: object): string =>
      `sempre1.${Buffer.from(JSON.stringify({ ...parts, ...change })).toString('base64url')}`;
    const stranger = await joinAs('other', forged({ f: 'a'.repeat(64) }), '--node', 'b');
    expect(stranger.err).toContain('is not of the cluster');
    const wrong = [];
    for (let i = 0; i < 7; i++) wrong.push(await joinAs('other', forged({ s: `${i}`.repeat(43) }), '--node', 'b'));
    // On a slow machine one more is let through meanwhile: one in twelve seconds.
    expect(wrong.slice(0, 5).map(({ code }) => code)).toEqual([77, 77, 77, 77, 77]);
    expect(wrong.slice(5).map(({ code }) => code)).toContain(75);
    expect((await machines.local('a'))?.identity?.door).toMatchObject({
      joined: 3,
      refused: { 'token too old': 1, 'token used': 3, 'token of another node': 3 },
    });
  });

  test('changes its key without anybody leaving', async () => {
    const views = await Promise.all(['a', 'b', 'c', 'd'].map((node) => machines.views(node)));
    for (const [i, node] of ['b', 'a', 'd', 'c'].entries()) {
      const startedAtMs = performance.now();
      const rotated = await machines.at(node, 'key', 'rotate');
      console.log(`rotated in ${Math.round(performance.now() - startedAtMs)} ms: ${rotated.out.trim()}`);
      expect(rotated).toMatchObject({ code: 0, out: expect.stringContaining(`cluster key ${i + 2}`) });
      const key = await keyOf(node);
      for (const other of ['a', 'b', 'c', 'd']) expect(await eventually(() => keyOf(other), key)).toBe(key);
    }
    const shown = await machines.at('a', 'key', 'show', '-o', 'json');
    expect(JSON.parse(shown.out)).toMatchObject({ key: { generation: 5, next: null } });
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((node) => machines.views(node)))).toEqual(views);
    const links = (await machines.transport('a'))?.links;
    expect(links?.map(({ refused }) => refused.badTag)).toEqual([0, 0]);
  });

  test('changes it also when two operators begin at the same moment', async () => {
    const views = await machines.views('a');
    const begun = await Promise.all(['a', 'c'].map((node) => machines.at(node, 'key', 'rotate')));
    // The one that came later may have been told of the other one already.
    expect(begun.map(({ code }) => code).filter((code) => ![0, 2, 75].includes(code))).toEqual([]);
    expect(await eventually(async () => (await keyOf('a')).split(' ')[2] ?? '', 'settled')).toBe('settled');
    const key = await keyOf('a');
    for (const other of ['b', 'c', 'd']) expect(await eventually(() => keyOf(other), key)).toBe(key);
    expect(await machines.views('a')).toBe(views);
    expect(await machines.online('b')).toBe('a b c d');
  });

  test('says who has not got the new key, and forgets a node that does not come back', async () => {
    machines.kill('d');
    expect(await eventually(() => machines.online('a'), 'a b c')).toBe('a b c');
    const rotated = await machines.at('b', 'key', 'rotate');
    expect(rotated).toMatchObject({ code: 2, out: expect.stringContaining('d did not take it over yet') });
    expect((await machines.at('a', 'key', 'rotate')).code).toBe(75);
    const forgotten = await machines.at('a', 'node', 'forget', 'd', '--yes', '--reason', 'burnt');
    expect(forgotten).toMatchObject({ code: 0, out: expect.stringContaining('done') });
    for (const node of ['a', 'b', 'c']) expect(await eventually(() => keyOf(node), await keyOf('b'))).toMatch(/^[78] /);
    expect(await eventually(async () => (await keyOf('b')).split(' ')[2] ?? '', 'settled')).toBe('settled');
    machines.start('d');
    await new Promise((done) => setTimeout(done, 2500));
    expect(await machines.online('a')).toBe('a b c');
    expect(await machines.online('d')).toBe('');
    expect((await machines.transport('a'))?.links[0]?.droppedByKernel).toBeGreaterThan(0);
  });

  test('keeps no secret where others can read it', async () => {
    const keys = execFileSync('cat', [machines.path('a', 'state/identity/keys.json')], { encoding: 'utf8' });
    const secrets = [...keys.matchAll(/"secret":"([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(secrets.length).toBeGreaterThan(0);
    const found = execFileSync('grep', ['-rlF', ...secrets.flatMap((secret) => ['-e', secret]), machines.folder], {
      encoding: 'utf8',
    });
    expect(found.split('\n').filter((path) => path !== '' && !path.endsWith('identity/keys.json'))).toEqual([]);
  });
});

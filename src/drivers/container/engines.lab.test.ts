/** The driver, a real podman and a real docker. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AddressResource, ContainerResource, Service } from '../../core/model.ts';
import type { AgentOp, Verb } from '../../core/ports.ts';
import { driverContract, testContext, testOp, testService } from '../contract.ts';
import { type Driver, ok, running, stopped } from '../driver.ts';
import { ContainerDriver } from './index.ts';
import { type EngineName, image, type PrivateEngine, startEngine, whyNot } from './private_engines.testing.ts';

const basic: Omit<ContainerResource, 'engine'> = {
  kind: 'container',
  image,
  pull: false,
  // The first process of a container takes only the signals that it asked for.
  argv: ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done'],
  env: {},
  directory: null,
  stopSignal: null,
  network: 'host',
  ports: [],
  mounts: [],
  options: [],
  address: null,
  checkArgv: null,
  agent: null,
};

const address: AddressResource = {
  kind: 'address',
  address: '192.0.2.7',
  prefix: 24,
  family: 4,
  interface: null,
  probeMs: 0,
  drainMs: 0,
};

for (const kind of ['podman', 'docker'] as const) {
  const skipBecause = whyNot(kind);
  if (skipBecause !== null) console.log(`skipped: ${skipBecause}`);
  describe.skipIf(skipBecause !== null)(`a real ${kind}`, () => withEngine(kind));
}

function withEngine(kind: EngineName): void {
  const plain: ContainerResource = { ...basic, engine: kind };
  let engine: PrivateEngine;
  const name = 'sempre_n1_contract';
  const runs: string[] = [];
  let held = false;
  const onAddress: Driver<AddressResource> = {
    perform: async ({ verb }: AgentOp) => {
      runs.push(verb);
      if (verb === 'probe' || verb === 'check') return held ? running(null) : stopped;
      held = verb === 'start';
      return ok;
    },
  };
  const make = () => {
    const { context, lines } = testContext(join(engine.folder, 'state'));
    return { lines, driver: new ContainerDriver(context, { address: onAddress }, { path: engine.path }) };
  };
  const run = (verb: Verb, resource: ContainerResource, more: Partial<Service> = {}, timeoutMs = 20_000) => {
    const service = testService('contract', resource, more);
    return make().driver.perform(testOp(verb, service, { timeoutMs }), resource);
  };
  const clean = (): void => {
    engine.clean();
    rmSync(join(engine.folder, 'state'), { recursive: true, force: true });
    held = false;
  };

  beforeAll(async () => {
    engine = await startEngine(kind);
  });
  afterEach(clean);
  afterAll(() => engine.end());

  driverContract(`a real ${kind}`, async () => ({
    driver: make().driver,
    resource: { ...plain, checkArgv: ['/bin/true'] },
    tellsDigest: true,
    harm: async () => {
      engine.call('kill', '--signal=KILL', name);
      await expect.poll(() => run('check', plain)).toMatchObject({ outcome: 'failed' });
    },
    nonsense: [
      { ...plain, image: 'localhost/no-such-image:1' },
      { ...plain, image: '--privileged' },
      { ...plain, image: '' },
      { ...plain, argv: ['/no/such/program'] },
      { ...plain, argv: ['/bin/false'] },
      { ...plain, argv: ['/bin/sleep', '\0'] },
      { ...plain, options: ['--no-such-option'] },
      { ...plain, options: ['other'] },
      { ...plain, mounts: [{ from: '/no/such/folder', to: '/x', options: [], create: false }] },
      { ...plain, checkArgv: [] },
      { ...plain, checkArgv: ['/no/such/check'] },
      { ...plain, agent: { kind: 'ocf', provider: 'test', type: 'none', params: {}, paramsOn: {} } },
      { ...plain, agent: { kind: 'ocf', provider: 'test', type: 'mark', params: { word: 'bad' }, paramsOn: {} } },
    ],
    endless: { ...plain, checkArgv: ['/bin/false'] },
    cleanUp: async () => clean(),
  }));

  test('what it was given is there inside, and nothing passes a shell', async () => {
    const folder = join(engine.folder, 'made', 'for-it');
    const resource = {
      ...plain,
      argv: ['/bin/sh', '-c', 'env >/data/env; echo "$0" >/data/word; exec sleep 1000', '$(touch /data/shell) ; "\''],
      env: { WORD: 'a b;$(c)\'"' },
      directory: '/tmp',
      mounts: [{ from: folder, to: '/data', options: ['rw'], create: true }],
      options: ['--hostname=other'],
    };
    expect(await run('start', resource)).toEqual({ outcome: 'ok' });
    await expect.poll(() => existsSync(join(folder, 'word'))).toBe(true);
    expect(readFileSync(join(folder, 'word'), 'utf8')).toBe('$(touch /data/shell) ; "\'\n');
    const env = readFileSync(join(folder, 'env'), 'utf8').split('\n');
    for (const line of ['WORD=a b;$(c)\'"', 'SEMPRE_NODE=n1', 'SEMPRE_SERVICE=contract']) expect(env).toContain(line);
    expect(existsSync(join(folder, 'shell'))).toBe(false);
    expect(await run('stop', resource, {}, 8000)).toEqual({ outcome: 'ok' });
    expect(engine.call('ps', '--all', '--quiet')).toBe('');
  });

  test('a container that ended tells how, and is replaced', async () => {
    const brief = { ...plain, argv: ['/bin/sh', '-c', 'echo out of cheese >&2; sleep 0.5; exit 3'] };
    expect(await run('start', brief)).toEqual({ outcome: 'ok' });
    await expect
      .poll(() => run('check', brief), { timeout: 5000 })
      .toMatchObject({
        because: 'its container ended with exit code 3; its last line was: out of cheese',
      });
    expect(await run('probe', brief)).toEqual({ outcome: 'stopped' });
    expect(await run('start', plain)).toEqual({ outcome: 'ok' });
    expect(await run('check', plain)).toEqual({ outcome: 'running', digest: 'digest-1' });
  });

  test('a container of that name that somebody else made is left alone', async () => {
    engine.call('run', '--detach', `--name=${name}`, '--network=host', image, '/bin/sleep', '1000');
    expect(await run('probe', plain)).toEqual({ outcome: 'stopped' });
    expect(await run('start', plain)).toMatchObject({ outcome: 'failed', scope: 'node' });
    expect(await run('stop', plain)).toEqual({ outcome: 'ok' });
    expect(engine.call('ps', '--quiet').trim()).not.toBe('');
  });

  test('an agent of the image works inside', async () => {
    const agent = { kind: 'ocf', provider: 'test', type: 'mark', params: { word: 'x y' }, paramsOn: {} } as const;
    const resource = { ...plain, agent };
    expect(await run('start', resource)).toEqual({ outcome: 'ok' });
    expect(engine.call('exec', name, 'cat', '/run/resource-agents/contract')).toBe('x y\n');
    expect(await run('check', resource)).toEqual({ outcome: 'running', digest: 'digest-1' });
    engine.call('exec', name, 'rm', '/run/resource-agents/contract');
    const gone = { outcome: 'failed', because: 'its container runs, but ocf:test:mark does not run in it' };
    expect(await run('check', resource)).toMatchObject(gone);
    expect(await run('probe', resource)).toMatchObject(gone);
    expect(await run('stop', resource, {}, 8000)).toEqual({ outcome: 'ok' });
  });

  test('its address comes before it and goes after it', async () => {
    const resource = { ...plain, address };
    runs.length = 0;
    expect(await run('start', resource)).toEqual({ outcome: 'ok' });
    expect(await run('check', resource)).toMatchObject({ outcome: 'running' });
    held = false;
    expect(await run('check', resource)).toMatchObject({ because: 'its address 192.0.2.7 is not held here' });
    held = true;
    engine.call('rm', '--force', name);
    expect(await run('check', resource)).toMatchObject({
      because: 'its container does not run, but its address 192.0.2.7 is held',
    });
    expect(await run('stop', resource)).toEqual({ outcome: 'ok' });
    expect(runs.filter((verb) => verb !== 'probe' && verb !== 'check')).toEqual(['start', 'stop']);
    expect(held).toBe(false);
  });

  test('a stop kills what does not end, within its time', async () => {
    const deaf = { ...plain, argv: ['/bin/sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'] };
    expect(await run('start', deaf)).toEqual({ outcome: 'ok' });
    const begunMs = performance.now();
    expect(await run('stop', deaf, {}, 4000)).toEqual({ outcome: 'ok' });
    expect(performance.now() - begunMs).toBeLessThan(4000);
    expect(await run('probe', deaf)).toEqual({ outcome: 'stopped' });
  });

  test('a paused container is broken, and can be stopped', async () => {
    expect(await run('start', plain)).toEqual({ outcome: 'ok' });
    try {
      engine.call('pause', name);
    } catch {
      // No freezer on this machine.
      return;
    }
    expect(await run('check', plain)).toMatchObject({ outcome: 'failed', because: 'its container is paused' });
    expect(await run('stop', plain, {}, 5000)).toEqual({ outcome: 'ok' });
  });

  test('without an engine nothing runs, unless it was started', async () => {
    mkdirSync(join(engine.folder, 'empty'), { recursive: true });
    const without = new ContainerDriver(
      testContext(join(engine.folder, 'state')).context,
      { address: onAddress },
      { path: join(engine.folder, 'empty') },
    );
    const ask = (verb: Verb) => without.perform(testOp(verb, testService('contract', plain)), plain);
    expect(await ask('probe')).toMatchObject({ outcome: 'failed', scope: 'node' });
    expect(await ask('start')).toMatchObject({ outcome: 'failed', scope: 'node' });
    expect(await ask('stop')).toEqual({ outcome: 'ok' });
    expect(await run('start', plain)).toEqual({ outcome: 'ok' });
    for (const verb of ['probe', 'check', 'stop'] as const)
      expect(await ask(verb)).toMatchObject({ outcome: 'failed', unknown: true });
  });
}

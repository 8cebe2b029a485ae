/** The driver, a real podman and a real docker. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AddressResource, ContainerResource, Service } from '../../core/model.ts';
import type { AgentOp, Verb } from '../../core/ports.ts';
import type { Notice } from '../../core/roles.ts';
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

const nobody = { stop: [], promote: [], demote: [], promoted: [], inactive: [] };
const told: Notice = {
  ...nobody,
  type: 'post',
  operation: 'start',
  start: ['n1'],
  active: ['n1'],
  unpromoted: ['n1'],
  available: ['n1'],
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

  describe('with roles', () => {
    const traits: Partial<Service> = { clone: true, instances: 2, promotable: { max: 1, perNode: 1 }, notify: true };
    const withWord = (word: string): ContainerResource => ({
      ...plain,
      agent: { kind: 'ocf', provider: 'test', type: 'role', params: { word }, paramsOn: {} },
    });
    const ask = (
      { driver }: ReturnType<typeof make>,
      verb: Verb,
      resource: ContainerResource,
      more: Partial<AgentOp> = {},
    ) =>
      driver.perform(testOp(verb, testService('contract', resource, traits), { timeoutMs: 20_000, ...more }), resource);

    test('a life: started, told, promoted, demoted, stopped; with the score that the agent sets for itself', async () => {
      const one = make();
      const role = withWord('');
      expect(await ask(one, 'probe', role)).toEqual({ outcome: 'stopped', promotion: null });
      expect(await ask(one, 'start', role)).toEqual({ outcome: 'ok', promotion: 5 });
      expect(await ask(one, 'check', role)).toEqual({ outcome: 'running', digest: 'digest-1', promotion: 5 });
      expect(await ask(one, 'promote', role)).toEqual({ outcome: 'ok', promotion: 10 });
      const promoted = { outcome: 'running', digest: 'digest-1', promoted: true, promotion: 10 };
      expect(await ask(one, 'check', role)).toEqual(promoted);
      expect(await ask(make(), 'probe', role)).toEqual(promoted);
      expect(await ask(one, 'notify', role, { notice: told })).toEqual({ outcome: 'ok', promotion: 10 });
      expect(engine.call('exec', name, 'cat', '/run/resource-agents/heard')).toBe('post start\n');
      expect(await ask(one, 'demote', role, { role: 'promoted' })).toEqual({ outcome: 'ok', promotion: 5 });
      expect(await ask(one, 'promote', role)).toEqual({ outcome: 'ok', promotion: 10 });
      expect(await ask(one, 'stop', role, { role: 'promoted' })).toEqual({ outcome: 'ok', promotion: null });
      expect(one.lines.filter((line) => line.includes('in its container failed'))).toEqual([]);
    });

    test('what is not there cannot be promoted', async () => {
      const because = 'its container does not run';
      expect(await ask(make(), 'promote', withWord(''))).toMatchObject({ outcome: 'failed', because });
    });

    test.each(['promote', 'demote'] as const)(
      'a %s that does not end in its time ends with its container',
      async (verb) => {
        const one = make();
        const hanging = withWord(verb);
        expect(await ask(one, 'start', hanging)).toMatchObject({ outcome: 'ok' });
        const begunMs = performance.now();
        const result = await ask(one, verb, hanging, { timeoutMs: 3000 });
        expect(performance.now() - begunMs).toBeLessThan(3000);
        expect(result).toMatchObject({
          outcome: 'failed',
          because: expect.stringContaining('its container was ended'),
        });
        expect(await ask(one, 'check', hanging)).toMatchObject({ outcome: 'failed' });
        expect(await ask(one, 'stop', hanging)).toMatchObject({ outcome: 'ok' });
      },
    );

    test('a stop overtakes a promote', async () => {
      const one = make();
      const hanging = withWord('promote');
      expect(await ask(one, 'start', hanging)).toMatchObject({ outcome: 'ok' });
      const promote = ask(one, 'promote', hanging);
      await sleep(500);
      const begunMs = performance.now();
      expect(await ask(one, 'stop', hanging, { timeoutMs: 8000 })).toEqual({ outcome: 'ok', promotion: null });
      expect(performance.now() - begunMs).toBeLessThan(8000);
      expect(await promote).toMatchObject({ outcome: 'failed' });
      expect(engine.call('ps', '--all', '--quiet')).toBe('');
    });

    test('a promote that a former daemon left under way ends with its container, before anything is asked', async () => {
      const hanging = withWord('promote');
      const former = make();
      expect(await ask(former, 'start', hanging)).toMatchObject({ outcome: 'ok' });
      const promote = ask(former, 'promote', hanging);
      await sleep(1000);
      expect(await ask(make(), 'probe', hanging)).toEqual({ outcome: 'stopped', promotion: 5 });
      expect(await promote).toMatchObject({ outcome: 'failed' });
    });
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

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { plainContainer as plain } from '../../core/container.testing.ts';
import type { ContainerResource } from '../../core/model.ts';
import type { Verb } from '../../core/ports.ts';
import { driverContract, testContext, testOp, testService } from '../contract.ts';
import { stopped } from '../driver.ts';
import { ContainerDriver } from './index.ts';

/**
 * Stands in for podman: a container is a file of its name, with its state and its digest, beside the program; calls are noted. The words
 * and exit codes are those that podman 4.3.1 and docker 20.10.24 were seen to use.
 */
const podman = `#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >>calls
[ -e down ] && { echo "Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon running?" >&2; exit 1; }
for last; do :; done
case $1 in
  container)
    [ -e odd ] && { cat odd; exit 0; }
    [ -e "c.$last" ] || { echo "Error: inspecting object: no such container $last" >&2; exit 125; }
    . "./c.$last"
    printf '{"status":"%s","exitCode":%s,"labels":{"sempre.node":"n1","sempre.service":"contract","sempre.digest":"%s"}}\\n' "$state" "$code" "$digest" ;;
  ps) [ -e c.sempre_n1_contract ] && echo 0123abcd; exit 0 ;;
  image) case $last in *missing*) echo "Error: $last: image not known" >&2; exit 125 ;; esac ;;
  run)
    name= digest=
    for word; do case $word in --name=*) name=\${word#--name=} ;; --label=sempre.digest=*) digest=\${word#--label=sempre.digest=} ;; esac; done
    state=running code=0
    case $last in
      *slow*) sleep 60 ;;
      *deaf*) trap '' TERM; : >deaf; sleep 60 ;;
      *short*) state=exited code=1 ;;
      *missing*) echo "Error: initializing source docker://$last: pinging container registry: connection refused" >&2; exit 125 ;;
    esac
    echo "state=$state code=$code digest=$digest" >"c.$name"
    echo 0123abcd ;;
  exec) case $* in *bad*) exit 1 ;; *gone*) echo "exec failed: $last: no such file or directory" >&2; exit 127 ;; esac ;;
  stop) [ -e "c.$last" ] && sed -i 's/state=running/state=exited/' "c.$last" ;;
  rm) [ -e sticky ] && { echo "Error: cannot remove $last" >&2; exit 125; }; rm -f "c.$last" ;;
  logs) echo "so it ended" >&2 ;;
esac
`;

function makeBench() {
  const folder = mkdtempSync(join(tmpdir(), `sempre-container-${process.pid}-`));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const engine of ['podman', 'docker']) writeFileSync(join(bin, engine), podman, { mode: 0o755 });
  const address = { perform: async () => stopped };
  const { context } = testContext(join(folder, 'run'));
  const make = () => new ContainerDriver(context, { address }, { path: `${bin}:/usr/bin:/bin` });
  return { folder, bin, driver: make(), make };
}

driverContract('container', async () => {
  const { driver, folder, bin } = makeBench();
  return {
    driver,
    resource: { ...plain, checkArgv: ['true'] },
    tellsDigest: true,
    harm: async () => writeFileSync(join(bin, 'c.sempre_n1_contract'), 'state=exited code=137 digest=digest-1'),
    nonsense: [
      { ...plain, image: 'localhost/missing:1' },
      { ...plain, image: 'localhost/missing:1', pull: false },
      { ...plain, image: 'localhost/short:1' },
      { ...plain, image: '' },
      { ...plain, options: ['localhost/other'] },
      { ...plain, ports: ['http'] },
      { ...plain, checkArgv: [] },
      { ...plain, mounts: [{ from: '/no/such/folder', to: '/x', options: [], create: false }] },
      { ...plain, mounts: [{ from: '/proc/none', to: '/x', options: [], create: true }] },
    ],
    endless: { ...plain, image: 'localhost/slow:1' },
    cleanUp: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

describe('container', () => {
  let bench: ReturnType<typeof makeBench>;
  beforeEach(() => {
    bench = makeBench();
  });
  afterEach(() => rmSync(bench.folder, { recursive: true, force: true }));

  const run = (verb: Verb, resource: ContainerResource, timeoutMs = 5000) =>
    bench.driver.perform(testOp(verb, testService('contract', resource), { timeoutMs }), resource);
  const put = (name: string, text: string): void => writeFileSync(join(bench.bin, name), text);

  test('an image that may not be fetched must be there', async () => {
    expect(await run('start', { ...plain, image: 'localhost/missing:1', pull: false })).toMatchObject({
      because:
        'the image localhost/missing:1 is not on this node, and its start may not fetch it (pull: never): podman pull localhost/missing:1 (Error: localhost/missing:1: image not known)',
      scope: 'node',
    });
    expect(readFileSync(join(bench.bin, 'calls'), 'utf8')).not.toContain('run ');
  });

  test('one that ends at once says how', async () => {
    expect(await run('start', { ...plain, image: 'localhost/short:1' })).toMatchObject({
      because: 'its container ended with exit code 1; its last line was: so it ended while it was started',
    });
  });

  test('an engine that is down: nothing was started, or nobody knows', async () => {
    put('down', '');
    expect(await run('probe', plain)).toEqual({ outcome: 'stopped' });
    expect(await run('start', plain)).toMatchObject({ outcome: 'failed', scope: 'soft' });
    expect(await run('stop', plain)).toEqual({ outcome: 'ok' });
    rmSync(join(bench.bin, 'down'));
    expect(await run('start', plain)).toEqual({ outcome: 'ok' });
    put('down', '');
    const because =
      'podman does not say how its container is: Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon running?';
    for (const verb of ['probe', 'check', 'stop'] as const)
      expect(await run(verb, plain)).toMatchObject({ outcome: 'failed', unknown: true, because });
  });

  test('words that nobody knows are no state', async () => {
    expect(await run('start', plain)).toEqual({ outcome: 'ok' });
    for (const odd of ['', 'null', '{"status":"running"', 'Error: {}', '{"status":"brand-new","labels":{}}']) {
      put('odd', odd);
      const result = await run('check', plain);
      expect(result.outcome).toMatch(/^(failed|stopped)$/);
    }
  });

  test('a container that cannot be removed blocks its service', async () => {
    expect(await run('start', plain)).toEqual({ outcome: 'ok' });
    put('sticky', '');
    expect(await run('stop', plain)).toMatchObject({
      because: 'its container is still there: Error: cannot remove sempre_n1_contract',
    });
  });

  test('what the former engine runs of it is found, and ends before the other one starts anything', async () => {
    expect(await run('start', plain)).toEqual({ outcome: 'ok' });
    const moved = { ...plain, engine: 'docker' } as const;
    expect(await run('probe', moved)).toMatchObject({ outcome: 'running' });
    expect(await run('start', moved)).toMatchObject({
      outcome: 'failed',
      because: 'its former container may still be there, run by podman; stop it first',
    });
    expect(await run('stop', moved)).toEqual({ outcome: 'ok' });
    expect(await run('start', moved)).toEqual({ outcome: 'ok' });
    expect(await run('stop', moved)).toEqual({ outcome: 'ok' });
  });

  test.each([
    ['run', { ...plain, image: 'localhost/slow:1' }],
    ['exec', { ...plain, checkArgv: ['bad'] }],
  ] as const)('a stop ends a start that is at its %s, and leaves nothing behind', async (at, resource) => {
    const start = run('start', resource, 20_000);
    await vi.waitFor(() => expect(readFileSync(join(bench.bin, 'calls'), 'utf8')).toMatch(new RegExp(`^${at} `, 'm')));
    const begunMs = performance.now();
    expect(await run('stop', resource, 5000)).toEqual({ outcome: 'ok' });
    expect(performance.now() - begunMs).toBeLessThan(3000);
    expect(await start).toMatchObject({ outcome: 'failed' });
    expect(await run('probe', resource)).toEqual({ outcome: 'stopped' });
    expect(existsSync(join(bench.bin, 'c.sempre_n1_contract'))).toBe(false);
  });

  test('a stop ends an engine that does not listen, in its own time', async () => {
    const deaf = { ...plain, image: 'localhost/deaf:1' };
    const start = run('start', deaf, 20_000);
    await vi.waitFor(() => expect(existsSync(join(bench.bin, 'deaf'))).toBe(true));
    const begunMs = performance.now();
    expect(await run('stop', deaf, 3000)).toEqual({ outcome: 'ok' });
    expect(performance.now() - begunMs).toBeLessThan(3000);
    expect(await start).toMatchObject({ outcome: 'failed' });
    expect(await run('probe', deaf)).toEqual({ outcome: 'stopped' });
  });

  test('a start that a former daemon left under way ends before anything is asked', async () => {
    const slow = { ...plain, image: 'localhost/slow:1' };
    const start = run('start', slow, 20_000);
    await vi.waitFor(() => expect(readFileSync(join(bench.bin, 'calls'), 'utf8')).toMatch(/^run /m));
    const next = bench.make();
    expect(await next.perform(testOp('probe', testService('contract', slow)), slow)).toEqual({ outcome: 'stopped' });
    expect(await start).toMatchObject({ outcome: 'failed' });
  });

  test('an agent that is not in the image', async () => {
    const agent = { kind: 'ocf', provider: 'test', type: 'gone', params: {}, paramsOn: {} } as const;
    expect(await run('start', { ...plain, agent })).toMatchObject({ outcome: 'failed' });
  });
});

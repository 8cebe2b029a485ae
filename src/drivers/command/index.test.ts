import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandResource } from '../../core/model.ts';
import { testContext, testOp, testService } from '../contract.ts';
import { processNow, signalGroup } from '../process/group.ts';
import { CommandDriver } from './index.ts';
import { logBytesMax } from './log_file.ts';

let folder: string;
let bench: ReturnType<typeof testContext>;
let driver: CommandDriver;

const recordPath = (): string => join(folder, 'command/web.json');
const logPath = (): string => join(folder, 'logs/web.log');
const record = () => JSON.parse(readFileSync(recordPath(), 'utf8'));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), `sempre-command-${process.pid}-`));
  bench = testContext(folder);
  driver = new CommandDriver(bench.context);
});
afterEach(async () => {
  await driver.close();
  if (existsSync(recordPath())) signalGroup(record().pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const resourceOf = (argv: readonly string[], more: Partial<CommandResource> = {}): CommandResource => ({
  kind: 'command',
  argv,
  env: {},
  directory: folder,
  stopSignal: 'SIGTERM',
  checkArgv: null,
  ...more,
});
const shell = (line: string, more: Partial<CommandResource> = {}) => resourceOf(['/bin/sh', '-c', line], more);
const run = (verb: 'probe' | 'check' | 'start' | 'stop', resource: CommandResource, timeoutMs = 10_000, by = driver) =>
  by.perform(testOp(verb, testService('web', resource), { timeoutMs }), resource);
const isRunning = { outcome: 'running', digest: 'digest-1' };

describe('start', () => {
  test('gives the program its own session, its directory, a small environment and a log', async () => {
    const line = 'pwd; env; echo "to stderr" >&2; exec sleep 60';
    expect(await run('start', shell(line, { env: { OWN: 'a "b"' } }))).toEqual({ outcome: 'ok' });
    const { pid } = record();
    expect(processNow(pid)).toMatchObject({ groupId: pid, sessionId: pid });
    const readLog = (): string => readFileSync(logPath(), 'utf8');
    await expect.poll(readLog, { timeout: 5000 }).toContain('to stderr');
    const log = readLog();
    for (const wanted of [folder, 'OWN=a "b"', 'SEMPRE_NODE=n1', 'SEMPRE_SERVICE=web', 'to stderr']) {
      expect(log).toContain(`${wanted}\n`);
    }
    expect(log).not.toContain('VITEST');
  });

  test('finds a name in the PATH of the daemon and a script from its directory', async () => {
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/serve'), '#!/usr/bin/env node\nsetInterval(() => {}, 1000);\n', { mode: 0o755 });
    expect(await run('start', resourceOf(['bin/serve']))).toEqual({ outcome: 'ok' });
    expect(await run('check', resourceOf(['bin/serve']))).toEqual(isRunning);
  });

  test('says how a program ended that did not live, and what it said last', async () => {
    expect(await run('start', shell('echo cannot bind to port 80 >&2; exit 3'))).toEqual({
      outcome: 'failed',
      because: 'it ended by itself with exit code 3 while it was started; its last line was: cannot bind to port 80',
      scope: 'soft',
      unknown: false,
    });
    expect(bench.died).toEqual([]);
  });

  test('waits until the check succeeds', async () => {
    const resource = shell('sleep 0.3; touch ready; exec sleep 60', { checkArgv: ['test', '-e', 'ready'] });
    expect(await run('start', resource)).toEqual({ outcome: 'ok' });
    expect(existsSync(join(folder, 'ready'))).toBe(true);
  });

  test('does not wait for a check that hangs when the program has ended', async () => {
    const begunMs = performance.now();
    const result = await run('start', shell('sleep 0.1; exit 4', { checkArgv: ['sleep', '3'] }));
    expect(result).toMatchObject({ outcome: 'failed', because: expect.stringContaining('exit code 4') });
    expect(performance.now() - begunMs).toBeLessThan(2500);
  });

  test('a missing program bans the node', async () => {
    expect(await run('start', resourceOf(['no-such-program']))).toMatchObject({
      scope: 'node',
      because: expect.stringMatching(/^cannot start no-such-program: there is no program of this name in PATH \(/),
    });
    expect(existsSync(recordPath())).toBe(false);
  });

  test('a run directory that cannot be written leaves no program behind', async () => {
    writeFileSync(join(folder, 'command'), 'in the way');
    expect(await run('start', resourceOf(['sleep', '61.25']))).toMatchObject({ outcome: 'failed' });
    expect(spawnSync('pgrep', ['-f', 'sleep 61.25']).status).toBe(1);
  });
});

describe('the end of a program', () => {
  test('is told at once, with its last words', async () => {
    const resource = shell('sleep 1; echo out of memory; exit 9');
    expect(await run('start', resource)).toEqual({ outcome: 'ok' });
    await expect
      .poll(() => bench.died, { timeout: 5000 })
      .toEqual([
        { serviceId: 'web', because: 'it ended by itself with exit code 9; its last line was: out of memory' },
      ]);
    expect(await run('check', resource)).toEqual({ outcome: 'stopped' });
  });

  test('is no news when it was stopped', async () => {
    const resource = resourceOf(['sleep', '60']);
    await run('start', resource);
    await run('stop', resource);
    expect(await run('start', resource)).toEqual({ outcome: 'ok' });
    expect(await run('stop', resource)).toEqual({ outcome: 'ok' });
    expect(bench.died).toEqual([]);
  });

  test('shows processes that it left behind, which must be stopped first', async () => {
    const resource = shell('sleep 60 & sleep 1');
    await run('start', resource);
    await expect.poll(() => bench.died.length, { timeout: 5000 }).toBe(1);
    const left = { outcome: 'failed', because: expect.stringMatching(/\d+ \(sleep\)/) };
    expect(await run('check', resource)).toMatchObject(left);
    expect(await run('start', resource)).toMatchObject(left);
    expect(await run('stop', resource)).toEqual({ outcome: 'ok' });
    expect(await run('probe', resource)).toEqual({ outcome: 'stopped' });
  });
});

describe('stop', () => {
  test('ends the whole group by the signal that was asked for', async () => {
    const resource = shell('trap "echo bye; exit 0" INT; sleep 60 & echo $! >child; touch ready; wait', {
      stopSignal: 'SIGINT',
      checkArgv: ['test', '-e', 'ready'],
    });
    await run('start', resource);
    // A shell's background job ignores SIGINT: it is killed when the time is nearly over.
    expect(await run('stop', resource, 2000)).toEqual({ outcome: 'ok' });
    expect(readFileSync(logPath(), 'utf8')).toContain('bye');
    expect(processNow(Number(readFileSync(join(folder, 'child'), 'utf8')))).toBeNull();
  });

  test('kills who does not listen, when most of the time is over', async () => {
    const resource = shell('trap "" TERM; touch ready; while :; do sleep 0.05; done', {
      checkArgv: ['test', '-e', 'ready'],
    });
    await run('start', resource);
    const begunMs = performance.now();
    expect(await run('stop', resource, 2000)).toEqual({ outcome: 'ok' });
    expect(performance.now() - begunMs).toBeGreaterThan(1590);
    expect(existsSync(recordPath())).toBe(false);
  });

  test('ends a paused program', async () => {
    const resource = resourceOf(['sleep', '60']);
    await run('start', resource);
    process.kill(record().pid, 'SIGSTOP');
    const begunMs = performance.now();
    expect(await run('stop', resource)).toEqual({ outcome: 'ok' });
    expect(performance.now() - begunMs).toBeLessThan(4000);
  });

  test('may overtake a check', async () => {
    const resource = resourceOf(['sleep', '60'], { checkArgv: ['sleep', '1'] });
    const plain = resourceOf(['sleep', '60']);
    await run('start', plain);
    const check = run('check', resource);
    expect(await run('stop', resource)).toEqual({ outcome: 'ok' });
    await check;
    expect(await run('probe', plain)).toEqual({ outcome: 'stopped' });
  });

  test('never touches a process that was given the same id', async () => {
    const resource = resourceOf(['sleep', '60']);
    await run('start', resource);
    const { pid } = record();
    writeFileSync(recordPath(), JSON.stringify({ ...record(), startTicks: '1' }));
    expect(await run('probe', resource)).toEqual({ outcome: 'stopped' });
    expect(await run('stop', resource)).toEqual({ outcome: 'ok' });
    expect(processNow(pid)).not.toBeNull();
    signalGroup(pid, 'SIGKILL');
  });

  test('does not claim to have stopped what it cannot know', async () => {
    mkdirSync(join(folder, 'command'), { recursive: true });
    for (const text of ['{"pid":', '{"pid":-1,"startTicks":"1","digest":""}', '{"pid":0}', 'null', '[]']) {
      writeFileSync(recordPath(), text);
      for (const verb of ['probe', 'stop'] as const) {
        expect(await run(verb, resourceOf(['true']))).toMatchObject({ outcome: 'failed', scope: 'soft' });
      }
    }
    rmSync(recordPath());
  });
});

describe('a daemon that comes back', () => {
  test('finds the program by its pid file and notices its end', async () => {
    const resource = resourceOf(['sleep', '60']);
    await run('start', resource);
    await driver.close();
    const next = new CommandDriver(bench.context);
    expect(await run('probe', resource, 1000, next)).toEqual(isRunning);
    expect(await next.details(testService('web', resource))).toEqual({ pid: record().pid, log: logPath() });
    process.kill(record().pid, 'SIGKILL');
    await expect
      .poll(() => bench.died, { timeout: 5000 })
      .toEqual([{ serviceId: 'web', because: 'it ended by itself' }]);
    expect(await run('stop', resource, 1000, next)).toEqual({ outcome: 'ok' });
    await next.close();
  });

  test('finds it also when it was killed together with its pipes and terminal', async () => {
    const daemon = join(folder, 'daemon.ts');
    const resource = shell('while :; do echo tick; sleep 0.05; done');
    const op = testOp('start', testService('web', resource));
    writeFileSync(
      daemon,
      `import { CommandDriver } from '${import.meta.dirname}/index.ts';
       const op = ${JSON.stringify(op)};
       const context = { node: 'n1', clusterNodes: () => [], runDirectory: '${folder}', died: () => {}, log: () => {} };
       await new CommandDriver(context).perform(op, op.service.resource);
       process.kill(process.pid, 'SIGKILL');`,
    );
    expect(spawnSync(process.execPath, [daemon]).signal).toBe('SIGKILL');
    const { pid } = record();
    const size = readFileSync(logPath()).length;
    await expect.poll(() => readFileSync(logPath()).length, { timeout: 5000 }).toBeGreaterThan(size + 20);
    expect(processNow(pid)).not.toBeNull();
    expect(await run('check', resource)).toEqual(isRunning);
    expect(await run('stop', resource)).toEqual({ outcome: 'ok' });
    expect(processNow(pid)).toBeNull();
  });
});

describe('check', () => {
  test('believes the check program', async () => {
    const resource = resourceOf(['sleep', '60'], { checkArgv: ['sh', '-c', 'echo no page; exit 2'] });
    await run('start', resourceOf(['sleep', '60']));
    expect(await run('check', resource)).toMatchObject({
      outcome: 'failed',
      because: 'its check ended with exit code 2: no page',
    });
  });

  test('a check that hangs or is missing says that the service is broken, never that it cannot run here', async () => {
    await run('start', resourceOf(['sleep', '60']));
    for (const checkArgv of [['sleep', '30'], ['/no/such/check'], []]) {
      const broken = { outcome: 'failed', scope: 'soft', unknown: false };
      expect(await run('probe', resourceOf(['sleep', '60'], { checkArgv }), 300)).toMatchObject(broken);
    }
  });

  test('keeps the log small while the program goes on writing', async () => {
    const resource = shell('while :; do echo more; sleep 0.02; done');
    await run('start', resource);
    writeFileSync(logPath(), 'x'.repeat(2 * logBytesMax), { flag: 'a' });
    expect(await run('check', resource)).toEqual(isRunning);
    expect(readFileSync(`${logPath()}.1`).length).toBe(logBytesMax);
    await expect.poll(() => readFileSync(logPath(), 'utf8'), { timeout: 5000 }).toMatch(/^(more\n)+$/);
  });
});

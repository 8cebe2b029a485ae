/** The watchdog driver on real watchdogs of a real kernel. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Machine } from './machine.testing.ts';

const image = inject('vmImage');
const folder = mkdtempSync(join(tmpdir(), 'sempre-vm-dog-'));
const node = '/src/node_modules/.bin/node --disable-warning=ExperimentalWarning';

async function until(holds: () => boolean | Promise<boolean>, forMs: number): Promise<void> {
  const endMs = performance.now() + forMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within ${forMs} ms: ${holds}`);
    await sleep(50);
  }
}

const kill = (signal: string): string => `kill -${signal} $(cat /tmp/feeder)`;
const say = (line: string): void => void process.stderr.write(`vm: ${line}\n`);

/** Starts the feeder and waits for its word on the watchdog. */
async function feeder(machine: Machine, device: string, seconds: number): Promise<string> {
  await machine.must(
    `rm -f /tmp/fed; setsid ${node} /code/test/vm/feeder.fixture.js ${device} ${seconds} >/tmp/fed 2>&1 </dev/null & echo $! >/tmp/feeder`,
  );
  await until(async () => /armed:|failed:/.test((await machine.run('cat /tmp/fed')).output), 30_000);
  return machine.must('head -n 1 /tmp/fed');
}

const kinds = [
  { name: 'softdog', identity: 'Software Watchdog', seconds: 4, devices: [], event: 'RESET' },
  { name: 'i6300esb', identity: 'i6300ESB timer', seconds: 4, devices: ['i6300esb'], event: 'WATCHDOG' },
] as const;

describe.skipIf('skip' in image).each(kinds)(
  '$name',
  { timeout: 180_000 },
  ({ name, identity, seconds, devices, event }) => {
    const machine = new Machine(name, 'folder' in image ? image.folder : '', folder, { devices });
    const load = (options = ''): Promise<string> =>
      machine.must(`insmod /late/*-watchdog.ko 2>/dev/null; insmod /late/*-${name}.ko ${options} && ls /dev/watchdog`);

    beforeAll(async () => {
      say(`${name}: booted in ${((await machine.boot()) / 1000).toFixed(1)} s`);
      if (name === 'softdog') expect((await machine.run('ls /dev/watchdog')).code).not.toBe(0);
    }, 120_000);

    afterAll(async () => {
      await machine.off();
      if (name === 'i6300esb') rmSync(folder, { recursive: true, force: true });
    });

    test('is armed with the timeout set and read back', async () => {
      await load();
      expect(await feeder(machine, '/dev/watchdog', seconds)).toBe(
        `armed: /dev/watchdog, ${identity}, resets after ${seconds} s`,
      );
      const facts = 'cd /sys/class/watchdog/watchdog0 && cat timeout state';
      expect(await machine.must(facts)).toBe(`${seconds}\nactive`);
    });

    test('another process is told who holds it', async () => {
      const second = await machine.run(
        `${node} /code/test/vm/feeder.fixture.js /dev/watchdog ${seconds} >/tmp/second 2>&1 & until [ -s /tmp/second ]; do sleep 0.2; done; kill -9 $!; head -n 1 /tmp/second`,
      );
      expect(second.output).toMatch(/^failed: \/dev\/watchdog is held by \S+ \(process \d+\): end that/);
    });

    test('resets nobody who feeds it', async () => {
      await sleep(seconds * 1500);
      expect(machine.saw('RESET')).toBeUndefined();
      say(`${name}: ${await machine.must('tail -n 1 /tmp/fed')}`);
    });

    test('is disarmed cleanly, and does not reset', async () => {
      await machine.must(kill('TERM'));
      await until(
        async () => (await machine.run('cat /sys/class/watchdog/watchdog0/state')).output === 'inactive',
        10_000,
      );
      expect(await machine.must('cat /tmp/fed')).toContain('none: none is wanted');
      await sleep(seconds * 1500);
      expect(machine.saw('RESET')).toBeUndefined();
    });

    test('says both numbers, or the range, when the device takes another timeout', async () => {
      const said = await feeder(machine, '/dev/watchdog', 100_000);
      expect(said).toMatch(/^failed: /);
      expect(said).toMatch(/100000 s/);
      say(`${name}: ${said}`);
      await machine.must(`${kill('TERM')}; sleep 0.5`);
      expect(await machine.must('cat /sys/class/watchdog/watchdog0/state')).toBe('inactive');
    });

    test('is taken over by a daemon that is started again in time', async () => {
      expect(await feeder(machine, '/dev/watchdog', seconds)).toContain('armed:');
      await machine.must(kill('KILL'));
      expect(await feeder(machine, '/dev/watchdog', seconds)).toContain('armed:');
      await sleep(seconds * 1300);
      expect(machine.saw('RESET')).toBeUndefined();
      await machine.must(`${kill('TERM')}; sleep 0.5`);
    });

    test('resets the machine when the process that feeds it is killed', async () => {
      expect(await feeder(machine, '/dev/watchdog', seconds)).toContain('armed:');
      await machine.must(kill('KILL'));
      const killedMs = performance.now();
      await until(() => machine.saw('RESET') !== undefined, seconds * 1000 + 8000);
      const tookMs = (machine.saw(event)?.atMs ?? 0) - killedMs;
      say(`${name}: ${event} ${(tookMs / 1000).toFixed(1)} s after kill -9, with a timeout of ${seconds} s`);
      expect(tookMs).toBeLessThan(seconds * 1000 + 2500);
      await machine.answers();
      expect((await machine.run('ls /tmp/fed')).code).not.toBe(0);
    });

    test('that cannot be stopped resets the machine after the process that was told to end', async () => {
      await load('nowayout=1');
      machine.events.length = 0;
      expect(await feeder(machine, '/dev/watchdog', seconds)).toContain('it cannot be stopped again (nowayout)');
      await machine.must(kill('TERM'));
      await until(() => machine.saw('RESET') !== undefined, seconds * 1000 + 8000);
      await machine.answers();
    });
  },
);

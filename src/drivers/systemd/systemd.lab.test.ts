/** The driver and a real systemd: its own where the machine was booted with another first process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SystemdResource } from '../../core/model.ts';
import type { Verb } from '../../core/ports.ts';
import { driverContract, testContext, testOp, testService } from '../contract.ts';
import { SystemdDriver } from './index.ts';
import { type PrivateSystemd, startSystemd, whyNoSystemd } from './private_systemd.testing.ts';

const resourceOf = (unit: string): SystemdResource => ({ kind: 'systemd', unit });

/** Without the default dependencies a unit needs nothing that a booted machine would have. */
const units: Readonly<Record<string, string>> = {
  good: 'Restart=always\nRestartSec=0\nExecStart=/bin/sleep 1000',
  bad: 'Type=oneshot\nExecStart=/bin/sh -c "exit 3"',
  brief: 'Restart=always\nRestartSec=0\nExecStart=/bin/sh -c "sleep 1"',
  slow: 'Type=notify\nTimeoutStopSec=1\nExecStart=/bin/sleep 1000',
  deaf: 'TimeoutStopSec=60\nExecStart=/bin/sh -c "trap : TERM; while :; do sleep 0.1; done"',
  unreadable: 'ExecStart=not-absolute/path',
};

const skipBecause = whyNoSystemd();
if (skipBecause !== null) console.log(`skipped: ${skipBecause}`);

describe.skipIf(skipBecause !== null)('a real systemd', () => {
  const folder = mkdtempSync(join(tmpdir(), `sempre-systemd-lab-${process.pid}-`));
  let systemd: PrivateSystemd;
  let driver: SystemdDriver;

  beforeAll(async () => {
    systemd = await startSystemd(folder);
    for (const [name, text] of Object.entries(units)) {
      const unit = `[Unit]\nDefaultDependencies=no\n[Service]\n${text}\n`;
      writeFileSync(join(systemd.unitDirectory, `${name}.service`), unit);
    }
    systemd.inside('systemctl', 'daemon-reload');
    driver = makeDriver();
  });
  afterAll(async () => {
    await systemd?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const makeDriver = (): SystemdDriver =>
    new SystemdDriver(testContext(join(folder, 'run')).context, {
      unitDirectory: systemd.unitDirectory,
      path: `${systemd.binDirectory}:/usr/bin:/bin`,
    });
  const run = (verb: Verb, unit: string, timeoutMs = 20_000) =>
    driver.perform(testOp(verb, testService('site', resourceOf(unit)), { timeoutMs }), resourceOf(unit));

  driverContract('a real systemd', async () => ({
    driver: makeDriver(),
    resource: resourceOf('good'),
    tellsDigest: true,
    harm: async () => {
      systemd.inside('systemctl', 'kill', '--signal=KILL', 'good.service');
      await expect.poll(() => run('probe', 'good')).toEqual({ outcome: 'stopped' });
    },
    nonsense: ['no-such-unit', 'bad', 'unreadable', '--all', '../good'].map(resourceOf),
    endless: resourceOf('slow'),
    cleanUp: async () => {
      systemd.inside('systemctl', 'stop', 'good', 'bad', 'slow');
    },
  }));

  test('systemd does not restart what the cluster runs, and does again afterwards', async () => {
    expect(await run('start', 'brief')).toEqual({ outcome: 'ok' });
    expect(systemd.inside('systemctl', 'show', '--property=Restart', 'brief')).toBe('Restart=no\n');
    await expect.poll(() => run('check', 'brief'), { timeout: 10_000 }).toEqual({ outcome: 'stopped' });
    expect(await run('stop', 'brief')).toEqual({ outcome: 'ok' });
    expect(systemd.inside('systemctl', 'show', '--property=Restart', 'brief')).toBe('Restart=always\n');
  });

  test('a unit that is killed is failed to a check, with the reason', async () => {
    expect(await run('start', 'good')).toEqual({ outcome: 'ok' });
    systemd.inside('systemctl', 'kill', '--signal=KILL', 'good.service');
    await expect
      .poll(() => run('check', 'good'))
      .toMatchObject({ outcome: 'failed', because: 'good.service is failed (failed, signal)' });
    expect(await run('stop', 'good')).toEqual({ outcome: 'ok' });
  });

  test('a stop that takes too long is unknown', async () => {
    expect(await run('start', 'deaf')).toEqual({ outcome: 'ok' });
    expect(await run('stop', 'deaf', 1000)).toMatchObject({ outcome: 'failed', unknown: true });
    systemd.inside('systemctl', 'kill', '--signal=KILL', 'deaf.service');
    expect(await run('stop', 'deaf')).toEqual({ outcome: 'ok' });
  });
});

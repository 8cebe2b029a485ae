import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SystemdResource } from '../../core/model.ts';
import type { Verb } from '../../core/ports.ts';
import { driverContract, testContext, testOp, testService } from '../contract.ts';
import { SystemdDriver } from './index.ts';

/** Stands in for systemctl: the state of a unit is a file of its name, beside the program; calls are noted. */
const systemctl = `#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >>calls
for unit; do :; done
state=inactive/dead/loaded/success
[ -e "$unit" ] && state=$(cat "$unit")
set_state() { echo "$1" >"$unit"; }
case "$*/$unit" in
  *show*missing.service) state=inactive/dead/not-found/ ;;
  *show*masked.service) state=inactive/dead/masked/ ;;
  *show*broken.service) echo "Failed to get properties: Transport endpoint is not connected" >&2; exit 1 ;;
  *show*later.service) set_state active/running/loaded/success ;;
  *daemon-reload*) ;;
  *start*slow.service) rm -f cancelled; until [ -e cancelled ]; do sleep 0.05; done; echo "Job for $unit canceled." >&2; exit 1 ;;
  *start*later.service) set_state activating/start/loaded/success ;;
  *start*bad.service) set_state failed/failed/loaded/exit-code; echo "Job for $unit failed." >&2; exit 1 ;;
  *start*) set_state active/running/loaded/success ;;
  *stop*sticky.service) exit 1 ;;
  *stop*slow.service) touch cancelled ;;
  *stop*) rm -f "$unit" ;;
esac
case $* in *show*)
  IFS=/; set -- $state
  printf 'Result=%s\\nLoadState=%s\\nActiveState=%s\\nSubState=%s\\n' "$4" "$3" "$1" "$2" ;;
esac
`;
const resourceOf = (unit: string): SystemdResource => ({ kind: 'systemd', unit });

function makeBench() {
  const folder = mkdtempSync(join(tmpdir(), `sempre-systemd-${process.pid}-`));
  const bin = join(folder, 'bin');
  const units = join(folder, 'units');
  mkdirSync(bin);
  mkdirSync(units);
  writeFileSync(join(bin, 'systemctl'), systemctl, { mode: 0o755 });
  const options = { unitDirectory: units, path: `${bin}:/usr/bin:/bin` };
  const driver = new SystemdDriver(testContext(join(folder, 'run')).context, options);
  return { folder, bin, units, driver };
}

driverContract('systemd', async () => {
  const { driver, folder, bin } = makeBench();
  return {
    driver,
    resource: resourceOf('web.service'),
    tellsDigest: true,
    harm: async () => writeFileSync(join(bin, 'web.service'), 'failed/failed/loaded/signal'),
    nonsense: ['missing', 'masked', 'broken', 'bad', '', '../web', '--all', 'a b', '\0'].map(resourceOf),
    endless: resourceOf('slow'),
    cleanUp: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

describe('systemd', () => {
  let bench: ReturnType<typeof makeBench>;
  beforeEach(() => {
    bench = makeBench();
  });
  afterEach(() => rmSync(bench.folder, { recursive: true, force: true }));

  const run = (verb: Verb, unit: string, timeoutMs = 5000) =>
    bench.driver.perform(testOp(verb, testService('site', resourceOf(unit)), { timeoutMs }), resourceOf(unit));
  const calls = (): string[] => readFileSync(join(bench.bin, 'calls'), 'utf8').trim().split('\n');
  const setState = (unit: string, state: string): void => writeFileSync(join(bench.bin, unit), state);

  test('a look that finds the unit stopped forgets with what it was started', async () => {
    const path = join(bench.units, 'web.service.d/50-sempre.conf');
    await run('start', 'web');
    setState('web.service', 'inactive/dead/loaded/success');
    expect(await run('check', 'web')).toEqual({ outcome: 'stopped' });
    expect(existsSync(path)).toBe(true);
    expect(await run('probe', 'web')).toEqual({ outcome: 'stopped' });
    expect(existsSync(path)).toBe(false);
    setState('web.service', 'active/running/loaded/success');
    expect(await run('probe', 'web')).toEqual({ outcome: 'running', digest: null });
  });

  test('a start keeps systemd from restarting the unit, a stop lets it again', async () => {
    const path = join(bench.units, 'web.service.d/50-sempre.conf');
    expect(await run('start', 'web')).toEqual({ outcome: 'ok' });
    expect(readFileSync(path, 'utf8')).toContain('# definition digest-1\n[Service]\nRestart=no\n');
    expect(calls().map((line) => line.split(' ').find((word) => !word.startsWith('-')))).toEqual([
      'show',
      'daemon-reload',
      'start',
      'show',
    ]);
    expect(await run('stop', 'web')).toEqual({ outcome: 'ok' });
    expect(existsSync(join(path, '..'))).toBe(false);
    expect(calls().at(-1)).toContain('daemon-reload');
  });

  test("somebody else's drop-ins stay", async () => {
    await run('start', 'web');
    writeFileSync(join(bench.units, 'web.service.d/other.conf'), '');
    expect(await run('stop', 'web')).toEqual({ outcome: 'ok' });
    expect(existsSync(join(bench.units, 'web.service.d/other.conf'))).toBe(true);
  });

  test('a unit that is no service takes no drop-in', async () => {
    expect(await run('start', 'srv.mount')).toEqual({ outcome: 'ok' });
    expect(existsSync(join(bench.units, 'srv.mount.d'))).toBe(false);
    expect(await run('check', 'srv.mount')).toEqual({ outcome: 'running', digest: null });
  });

  test('waits for a unit that takes its time', async () => {
    expect(await run('start', 'later')).toEqual({ outcome: 'ok' });
  });

  test('a unit that never settles is unknown, not stopped', async () => {
    setState('web.service', 'deactivating/stop-sigterm/loaded/success');
    expect(await run('probe', 'web', 1000)).toMatchObject({ outcome: 'failed', unknown: true });
    expect(await run('check', 'web', 1000)).toMatchObject({
      because: 'web.service is deactivating (stop-sigterm) for 1000 ms',
    });
  });

  test('a failed unit is stopped to a probe and broken to a check', async () => {
    setState('web.service', 'failed/failed/loaded/oom-kill');
    expect(await run('probe', 'web')).toEqual({ outcome: 'stopped' });
    expect(await run('check', 'web')).toMatchObject({
      outcome: 'failed',
      because: 'web.service is failed (failed, oom-kill)',
      scope: 'soft',
    });
  });

  test('a failed start says what systemd said', async () => {
    expect(await run('start', 'bad')).toMatchObject({
      because: 'bad.service is failed (failed, exit-code) after its start: Job for bad.service failed.',
      scope: 'soft',
    });
  });

  test('a missing or masked unit bans the node and blocks no stop', async () => {
    for (const unit of ['missing', 'masked']) {
      expect(await run('probe', unit)).toMatchObject({ outcome: 'failed', scope: 'node' });
      expect(await run('start', unit)).toMatchObject({ outcome: 'failed', scope: 'node' });
      expect(await run('stop', unit)).toEqual({ outcome: 'ok' });
    }
  });

  test('a unit that vanished while it runs still runs', async () => {
    setState('web.service', 'active/running/not-found/success');
    expect(await run('probe', 'web')).toMatchObject({ outcome: 'running' });
  });

  test('a stop that did not stop it fails', async () => {
    setState('sticky.service', 'active/running/loaded/success');
    expect(await run('stop', 'sticky')).toMatchObject({
      outcome: 'failed',
      because: 'sticky.service is active (running) after its stop',
    });
  });

  test('a systemd that does not answer is unknown', async () => {
    const unknown = {
      outcome: 'failed',
      unknown: true,
      because:
        'systemd does not say how broken.service is: Failed to get properties: Transport endpoint is not connected',
    };
    expect(await run('probe', 'broken')).toMatchObject(unknown);
    expect(await run('stop', 'broken')).toMatchObject(unknown);
    chmodSync(join(bench.bin, 'systemctl'), 0o644);
    expect(await run('probe', 'web')).toMatchObject({ outcome: 'failed', unknown: true });
  });

  test('a node without systemd says so, and stops what cannot run', async () => {
    rmSync(bench.units, { recursive: true });
    expect(await run('start', 'web')).toEqual({
      outcome: 'failed',
      because: `systemd is not running on n1: there is no ${bench.units}`,
      scope: 'node',
      unknown: false,
    });
    expect(await run('stop', 'web')).toEqual({ outcome: 'ok' });
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { openDevice } from './device.ts';
import { holderOf } from './holder.ts';
import { openWatchdog, WatchdogDriver } from './index.ts';
import type { OpenedWatchdog, Opening } from './opened.ts';
import { factsOf, numbersOf } from './sysfs.ts';

const folder = mkdtempSync(join(tmpdir(), 'watchdog-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A device that does as told, and notes what was done to it. */
function fake(more: { reports?: number; stops?: boolean; hungry?: boolean } = {}) {
  const did: string[] = [];
  const watchdog: OpenedWatchdog = {
    identity: 'fake',
    noWayOut: more.stops === false,
    setTimeoutMs: async (timeoutMs) => {
      did.push(`set ${timeoutMs}`);
      return { ok: true, value: more.reports ?? timeoutMs };
    },
    feed: () => {
      did.push('feed');
      return more.hungry === true && did.includes('bite') ? 'EIO' : null;
    },
    disarm: async () => {
      did.push('disarm');
      return more.stops ?? true;
    },
    abandon: () => void did.push('abandon'),
  };
  return { did, watchdog };
}

function driverOn(openings: (path: string) => Opening, instead: string | null = null) {
  const events: string[] = [];
  const driver = new WatchdogDriver({
    instead,
    deliver: ({ state, because }) => events.push(`${state}: ${because}`),
    open: async (path) => openings(path),
    retryMs: 30,
  });
  return { events, driver };
}

const soon = () => sleep(5);
const device = '/dev/watchdog';

describe('the port', () => {
  test('arms with the timeout read back, feeds at once and when told, disarms', async () => {
    const { did, watchdog } = fake();
    const { events, driver } = driverOn(() => ({ ok: true, watchdog }));
    driver.feed();
    driver.watch({ device, timeoutMs: 10_000 });
    await soon();
    driver.feed();
    driver.watch(null);
    await soon();
    driver.feed();
    expect(events).toEqual(['armed: /dev/watchdog, fake, resets after 10 s', 'none: none is wanted']);
    expect(did).toEqual(['set 10000', 'feed', 'feed', 'disarm']);
  });

  test('answers each time, and changes the timeout of an open device', async () => {
    const { did, watchdog } = fake();
    const { events, driver } = driverOn(() => ({ ok: true, watchdog }));
    for (const timeoutMs of [10_000, 10_000, 5000]) driver.watch({ device, timeoutMs });
    await soon();
    expect(events.length).toBe(3);
    expect(did).toEqual(['set 5000', 'feed', 'set 5000', 'feed', 'set 5000', 'feed']);
  });

  test('says both numbers when the device takes another timeout, and lets go of it', async () => {
    const { did, watchdog } = fake({ reports: 63_000 });
    const { events, driver } = driverOn(() => ({ ok: true, watchdog }));
    driver.watch({ device, timeoutMs: 100_000 });
    await soon();
    driver.feed();
    expect(events).toEqual([
      'failed: /dev/watchdog, fake: 100 s were asked for and the device reports 63 s: write that timeout, or use another device',
    ]);
    expect(did).toEqual(['set 100000', 'disarm']);
  });

  test('feeds a device on that cannot be stopped and that nobody relies on', async () => {
    const { did, watchdog } = fake({ stops: false });
    const { events, driver } = driverOn(() => ({ ok: true, watchdog }));
    driver.watch({ device, timeoutMs: 1000 });
    await soon();
    driver.watch(null);
    await sleep(600);
    expect(events.at(-1)).toContain('none: /dev/watchdog cannot be stopped (nowayout)');
    expect(did.filter((each) => each === 'feed').length).toBeGreaterThan(1);
    await driver.close('counting');
    expect(did.at(-1)).toBe('abandon');
  });

  test('tries again where it may work later', async () => {
    const { watchdog } = fake();
    let tries = 0;
    const { events, driver } = driverOn(() =>
      ++tries < 3 ? { ok: false, because: 'busy', soon: true } : { ok: true, watchdog },
    );
    driver.watch({ device, timeoutMs: 10_000 });
    await sleep(200);
    expect(events).toEqual(['failed: busy', 'armed: /dev/watchdog, fake, resets after 10 s']);
  });

  test('says when it can no longer be fed', async () => {
    const { did, watchdog } = fake({ hungry: true });
    const { events, driver } = driverOn(() => ({ ok: true, watchdog }));
    driver.watch({ device, timeoutMs: 10_000 });
    await soon();
    did.push('bite');
    driver.feed();
    expect(events.at(-1)).toBe('failed: /dev/watchdog cannot be fed: EIO');
  });

  test('takes whole seconds only', async () => {
    const { events, driver } = driverOn(() => ({ ok: true, watchdog: fake().watchdog }));
    driver.watch({ device, timeoutMs: 2500 });
    await soon();
    expect(events[0]).toContain('failed: a watchdog counts whole seconds');
  });

  test('uses the path of a lab in the place of every device', async () => {
    const paths: string[] = [];
    const { driver } = driverOn((path) => {
      paths.push(path);
      return { ok: true, watchdog: fake().watchdog };
    }, '/lab/watchdog');
    driver.watch({ device, timeoutMs: 10_000 });
    await soon();
    expect(paths).toEqual(['/lab/watchdog']);
  });

  test('leaves it counting when the daemon ends and its services go on', async () => {
    for (const leave of ['counting', 'disarmed'] as const) {
      const { did, watchdog } = fake();
      const { driver } = driverOn(() => ({ ok: true, watchdog }));
      driver.watch({ device, timeoutMs: 10_000 });
      await soon();
      await driver.close(leave);
      expect(did.includes('disarm')).toBe(leave === 'disarmed');
      expect(did.at(-1)).toBe('abandon');
    }
  });
});

describe('what is no watchdog', () => {
  const because = async (path: string): Promise<string> => {
    const opening = await openDevice(path);
    return opening.ok ? 'opened' : opening.because;
  };

  test('a device that is missing', async () =>
    expect(await because(join(folder, 'none'))).toContain('or write watchdog: none for this node'));

  test('a file, which is not written to', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'mine');
    expect(await because(path)).toBe(`${path} is no watchdog device`);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  test('another device', async () => expect(await because('/dev/null')).toMatch(/does not answer as a watchdog does/));
});

test('the process that holds a device is named', async () => {
  expect(await holderOf(0)).toBeNull();
});

test('facts of the kernel', () => {
  const class0 = join(folder, 'sys/class/watchdog/watchdog0');
  mkdirSync(class0, { recursive: true });
  mkdirSync(join(folder, 'sys/dev/char'), { recursive: true });
  symlinkSync('../../devices/virtual/misc/watchdog', join(folder, 'sys/dev/char/10:130'));
  for (const [name, text] of Object.entries({
    nowayout: '1\n',
    state: 'active\n',
    max_timeout: '65535\n',
    min_timeout: '0\n',
  }))
    writeFileSync(join(class0, name), text);
  const number = (10 << 8) | 130;
  expect(numbersOf(number)).toBe('10:130');
  expect(factsOf(number, join(folder, 'sys'))).toEqual({
    noWayOut: true,
    state: 'active',
    minSeconds: null,
    maxSeconds: 65_535,
  });
  expect(factsOf(1, join(folder, 'sys')).noWayOut).toBeNull();
});

describe("a lab's socket", () => {
  test('is treated as a device', async () => {
    const path = join(folder, 'lab');
    const heard: string[] = [];
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.setEncoding('utf8').on('data', (text: string) => {
        for (const line of text.trim().split('\n')) {
          heard.push(line);
          if (line.startsWith('set ')) socket.write(`is ${line.slice(4)} lab\n`);
          if (line === 'V') socket.write('off\n');
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const events: string[] = [];
    const driver = new WatchdogDriver({
      instead: path,
      deliver: ({ state, because }) => events.push(`${state}: ${because}`),
      retryMs: 50,
    });
    driver.watch({ device, timeoutMs: 5000 });
    await sleep(100);
    driver.feed();
    driver.watch(null);
    await sleep(100);
    expect(events).toEqual([`armed: ${path}, lab watchdog, resets after 5 s`, 'none: none is wanted']);
    expect(heard).toEqual(['set 5', 'feed', 'feed', 'V']);
    driver.watch({ device, timeoutMs: 5000 });
    await sleep(50);
    sockets.at(-1)?.destroy();
    await sleep(50);
    driver.feed();
    await sleep(50);
    expect(events.slice(-2)).toEqual([
      `failed: ${path} cannot be fed: the lab closed the connection`,
      `armed: ${path}, lab watchdog, resets after 5 s`,
    ]);
    await driver.close('disarmed');
    server.close();
  });

  test('that nobody serves', async () => {
    const opening = await openWatchdog(join(folder, 'nobody'));
    expect(opening.ok).toBe(false);
  });
});

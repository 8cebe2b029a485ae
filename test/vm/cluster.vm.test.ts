/**
 * Three machines with a hardware watchdog each, and a service that cannot be stopped: the node that is cut off resets itself, and
 * nobody starts the service before that.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { Machine } from './machine.testing.ts';

const image = inject('vmImage');
const folder = mkdtempSync(join(tmpdir(), 'sempre-vm-cluster-'));
const node = '/src/node_modules/.bin/node --disable-warning=ExperimentalWarning';
const say = (line: string): void => void process.stderr.write(`vm: ${line}\n`);
const timeoutS = 6;

const file = `cluster: vm
heartbeat: {interval: 250ms, dead: 4s}
watchdog: {device: /dev/watchdog, timeout: ${timeoutS}s}
nodes:
  n1: [10.90.0.1, 10.91.0.1]
  n2: [10.90.0.2, 10.91.0.2]
  n3: [10.90.0.3, 10.91.0.3]
services:
  stuck:
    agent: ocf:test:stuck
    on: [n1, n2, n3]
    takeover: fencing
    stop-timeout: 4s
`;

/** It starts, and its stop never ends. What runs notes the machine's time, to see when it ended. */
const agent = `#!/bin/sh
case $1 in
  start) touch /run/stuck; exit 0 ;;
  monitor) [ -e /run/stuck ] && exit 0; exit 7 ;;
  stop) [ -e /run/stuck ] || exit 0; trap '' TERM; while :; do sleep 1; done ;;
  meta-data) echo '<resource-agent name="stuck"><actions/></resource-agent>' ;;
esac
`;

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** What an installed machine would have; the guests' root is new after each boot. */
const install = `insmod /late/*-watchdog.ko 2>/dev/null; insmod /late/*-i6300esb.ko &&
mkdir -p /usr/lib/ocf/resource.d/test /var/lib/sempre /run/sempre &&
printf %s ${quote(agent)} >/usr/lib/ocf/resource.d/test/stuck && chmod 755 /usr/lib/ocf/resource.d/test/stuck &&
printf %s ${quote(file)} >/run/cluster.yaml && echo ${'5e'.repeat(8)}${'0123456789abcdef'.repeat(3)} >/run/key && chmod 600 /run/key`;

const start = `setsid ${node} /code/src/daemon/main.js --config /run/cluster.yaml --key /run/key >/run/daemon.log 2>&1 </dev/null &`;

async function until<T>(what: string, ask: () => Promise<T | null | false>, forMs: number): Promise<T> {
  const endMs = performance.now() + forMs;
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer !== null && answer !== false) return answer;
    if (performance.now() > endMs) throw new Error(`${what}: not within ${forMs} ms`);
    // Each question costs the guest a dozen processes.
    await sleep(700);
  }
}

describe.skipIf('skip' in image)('a node that is cut off and cannot stop its service', { timeout: 300_000 }, () => {
  const machines = [1, 2, 3].map(
    (i) =>
      new Machine(`n${i}`, 'folder' in image ? image.folder : '', folder, {
        addresses: [`10.90.0.${i}/24`, `10.91.0.${i}/24`],
        devices: ['i6300esb'],
        networkPort: 20_000 + (process.pid % 20_000),
      }),
  );
  const runs = async (machine: Machine): Promise<boolean> => (await machine.run('[ -e /run/stuck ]', 5000)).code === 0;
  const log = (machine: Machine): Promise<string> => machine.must('cat /run/daemon.log');
  let holder = machines[0] as Machine;

  beforeAll(async () => {
    const booted = await Promise.all(machines.map((machine) => machine.boot()));
    say(`cluster: three machines booted in ${(Math.max(...booted) / 1000).toFixed(1)} s`);
    await Promise.all(machines.map(async (machine) => machine.must(`${install}; ${start}`)));
  }, 180_000);

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const machine of machines) {
      const tail = await machine.run('tail -n 12 /run/daemon.log', 20_000).catch((error: Error) => error.message);
      say(`${machine.name}: ${typeof tail === 'string' ? tail : tail.output}`);
    }
  }, 90_000);

  afterAll(async () => {
    await Promise.all(machines.map((machine) => machine.off()));
    rmSync(folder, { recursive: true, force: true });
  });

  test('comes up, with every watchdog armed', async () => {
    for (const machine of machines)
      await until(`${machine.name} armed`, async () => /watchdog: none => armed/.test(await log(machine)), 240_000);
    expect(await machines[0]?.must('cat /sys/class/watchdog/watchdog0/timeout')).toBe(String(timeoutS));
    holder = await until('the service runs', async () => firstThat(machines, runs), 120_000);
  });

  test('resets itself, and only then another one starts the service', async () => {
    const others = machines.filter((machine) => machine !== holder);
    for (const link of [0, 1]) await holder.link(link, false);
    const cutMs = performance.now();
    const startedElsewhere = until('takeover', async () => firstThat(others, runs), 120_000).then((machine) => ({
      machine,
      atMs: performance.now(),
    }));
    const bite = await until('the watchdog', async () => holder.saw('WATCHDOG') ?? null, 90_000);
    const { machine, atMs } = await startedElsewhere;
    const seconds = (ms: number): string => ((ms - cutMs) / 1000).toFixed(1);
    say(
      `cluster: cut at 0, ${holder.name} reset after ${seconds(bite.atMs)} s, ${machine.name} started after ${seconds(atMs)} s`,
    );
    expect(bite.atMs).toBeLessThan(atMs);
    expect(others.every((other) => other.saw('RESET') === undefined)).toBe(true);
    expect((await firstThat(others, runs))?.name).toBe(machine.name);
  });

  test('comes back as a newcomer that runs nothing', async () => {
    await holder.answers();
    for (const link of [0, 1]) await holder.link(link, true);
    await holder.must(`${install}; ${start}`);
    await until(`${holder.name} is back`, async () => /view: none => /.test(await log(holder)), 90_000);
    expect(await runs(holder)).toBe(false);
    const running = await Promise.all(machines.map(runs));
    expect(running.filter(Boolean).length).toBe(1);
  });
});

async function firstThat(machines: readonly Machine[], holds: (machine: Machine) => Promise<boolean>) {
  for (const machine of machines) if (await holds(machine).catch(() => false)) return machine;
  return null;
}

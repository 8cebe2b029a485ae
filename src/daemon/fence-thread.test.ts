import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type Cluster, plainCluster } from '../core/model.ts';
import type { FenceCall, NodeEvent } from '../core/ports.ts';
import { FenceThread } from './fence-thread.ts';
import { monotonicMs } from './monotonic.ts';

const folder = mkdtempSync(join(tmpdir(), 'fence-thread-'));
const events: NodeEvent[] = [];
const thread = new FenceThread({
  runDirectory: folder,
  agentFolder: folder,
  nowMs: monotonicMs,
  deliver: (event) => events.push(event),
  log: () => undefined,
  complain: () => undefined,
});
afterAll(async () => {
  await thread.close();
  rmSync(folder, { recursive: true, force: true });
});

writeFileSync(join(folder, 'fence_sleepy'), '#!/bin/sh\nsleep 2\nexit 2\n');
chmodSync(join(folder, 'fence_sleepy'), 0o755);

const call = (callId: number): FenceCall => ({
  callId,
  action: 'status',
  target: 'n2',
  plug: null,
  timeoutMs: 5000,
  device: {
    id: 'd',
    agent: 'fence_sleepy',
    params: {},
    plugs: {},
    delayMs: 0,
    timeoutMs: 5000,
    verify: true,
    unfence: false,
  },
});

const cluster: Cluster = plainCluster('c', { intervalMs: 100, deadMs: 400, port: 1 }, [], []);

test('calls run side by side, are answered once each, and hold up nobody', { timeout: 20_000 }, async () => {
  thread.configure({ ...cluster, quorum: { ...cluster.quorum, ping: ['127.0.0.1'] } });
  await sleep(500);
  const begunMs = performance.now();
  for (const id of [1, 2, 3]) thread.call(call(id));
  thread.ping(['127.0.0.1', '240.0.0.1']);
  let worstMs = 0;
  while (events.filter(({ kind }) => kind === 'fenceDone').length < 3 && performance.now() - begunMs < 10_000) {
    const before = performance.now();
    await sleep(5);
    worstMs = Math.max(worstMs, performance.now() - before);
  }
  expect(performance.now() - begunMs).toBeLessThan(5500);
  expect(worstMs).toBeLessThan(1500);
  const done = events.filter((event) => event.kind === 'fenceDone');
  expect(done.map(({ callId }) => callId).sort((a, b) => a - b)).toEqual([1, 2, 3]);
  expect(done.map(({ result }) => result)).toEqual(Array(3).fill({ ok: true, power: 'off' }));
  const pinged = events.filter((event) => event.kind === 'pinged');
  if (process.getuid?.() === 0) expect(pinged.flatMap(({ reached }) => reached)).toEqual(['127.0.0.1']);
  for (const { sentAtMs } of pinged) expect(Math.abs(sentAtMs - monotonicMs())).toBeLessThan(15_000);
});

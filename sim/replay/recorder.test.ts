/** The flight recorder on simulated clusters: whatever happens to them, the journals give the same decisions again. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Recorder } from '../../src/daemon/recorder.ts';
import { journalFiles, type Replayed, replayFile } from '../../src/daemon/recorder-replay.ts';
import { generateCase } from '../generate/index.ts';
import { World } from '../world/world.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), `sempre-recorder-${process.pid}-`));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Recorded {
  readonly folders: readonly string[];
  readonly remarks: readonly string[];
  readonly changes: number;
}

/** Runs a seed with a recorder on each life of each daemon, a slice at a time, so that the recorders can write. */
async function record(seed: number, bytesMax: number, forMs: number): Promise<Recorded> {
  const { cluster, plan } = generateCase(seed, null);
  const world = new World(cluster, plan.seed, [], plan.quirks);
  const recorders: Recorder[] = [];
  const folders: string[] = [];
  const remarks: string[] = [];
  for (const host of world.hosts.values()) {
    const launch = host.launchDaemon.bind(host);
    host.launchDaemon = () => {
      const before = host.loop;
      launch();
      if (host.loop === null || host.loop === before) return;
      const folder = join(directory, `${seed}-${host.id}-${host.life}`);
      const complain = (remark: string): void => void remarks.push(remark);
      const recorder = new Recorder({ directory: folder, node: host.id, software: 'test', bytesMax, complain });
      recorder.resume(host.loop.state, host.nowMs());
      host.loop.watch(recorder);
      folders.push(folder);
      recorders.push(recorder);
    };
  }
  world.bootAll();
  for (const fault of plan.faults) world.plan(fault);
  for (let nowMs = 0; nowMs < forMs; nowMs += 500) {
    world.run(500);
    await breathe();
  }
  for (const recorder of recorders) await recorder.close();
  return { folders, remarks, changes: world.trace.length };
}

async function replayAll(folders: readonly string[]): Promise<Replayed[]> {
  const all: Replayed[] = [];
  for (const folder of folders) {
    const files = await journalFiles(folder);
    for (const file of files.ok ? files.value : []) {
      const replayed = await replayFile(file);
      if (!replayed.ok) throw new Error(replayed.failure.message);
      all.push(replayed.value);
    }
  }
  return all;
}

describe('a journal', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('of seed %i gives the same decisions, from every file', async (seed) => {
    const { folders, remarks } = await record(seed, 256 * 1024, 20_000);
    const replayed = await replayAll(folders);
    for (const each of replayed)
      expect({ ...each, changes: [], head: null }).toMatchObject({ difference: null, crash: null, unread: null });
    expect(remarks).toEqual([]);
    expect(replayed.reduce((sum, { events }) => sum + events, 0)).toBeGreaterThan(500);
    expect(replayed.some(({ changes }) => changes.length > 0)).toBe(true);
  });

  it('has room for events also where the state alone is larger than a file', async () => {
    const { folders } = await record(3, 1, 20_000);
    const replayed = await replayAll(folders);
    for (const { difference, unread } of replayed) expect([difference, unread]).toEqual([null, null]);
    expect(replayed.reduce((sum, { events }) => sum + events, 0) / replayed.length).toBeGreaterThan(10);
  });

  it('is a ring of files of bounded size', async () => {
    const { folders } = await record(3, 8 * 16 * 1024, 60_000);
    for (const folder of folders) {
      const names = await readdir(folder);
      expect(names.length).toBeLessThanOrEqual(8);
      const sizes = await Promise.all(names.map(async (name) => (await readFile(join(folder, name))).length));
      expect(Math.max(...sizes)).toBeLessThan(200 * 1024);
    }
    expect(folders.length).toBeGreaterThan(1);
  });
});

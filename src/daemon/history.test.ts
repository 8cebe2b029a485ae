import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cluster, service } from '../api/sample.testing.ts';
import { type Doc, firstDoc, noAdmin } from '../core/ports.ts';
import { History, newestKept } from './history.ts';
import { MemoryDisk } from './storage-disk.testing.ts';
import { realDisk } from './storage-disk.ts';

const at = (second: number): Date => new Date(Date.UTC(2026, 10, 20, 21, 0, second));

const docOf = (counter: number, patch: Partial<Doc> = {}): Doc => ({
  ...firstDoc(`cluster: sample # ${counter}\n`, cluster),
  version: { view: 3, counter },
  content: { view: 3, counter },
  ...patch,
});

let directory = '';
let remarks: string[] = [];

const open = (more: { versionsMax?: number; bytesMax?: number } = {}): History =>
  new History({ stateDirectory: directory, complain: (remark) => remarks.push(remark), ...more });

const shown = (history: History): string[] =>
  history.lines().map(({ version }) => `${version.view}.${version.counter}`);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), `sempre-history-${process.pid}-`));
  remarks = [];
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('History', () => {
  it('keeps each version that came into force once, with what changed, over a restart', async () => {
    const first = open();
    first.take(firstDoc('x', cluster), at(0));
    first.take(docOf(1), at(1));
    first.take(docOf(1, { version: { view: 4, counter: 0 } }), at(2));
    first.take(docOf(2, { cluster: { ...cluster, services: [...cluster.services, service('mail')] } }), at(3));
    first.take(docOf(3, { admin: { ...noAdmin, standby: { bal1: { because: 'new disk' } } } }), at(4));
    await first.flush();
    const second = open();
    second.take(docOf(3), at(5));
    await second.flush();
    expect(second.lines()).toMatchObject([
      {
        version: { counter: 3 },
        at: at(4).toISOString(),
        what: ['service mail removed', 'bal1 is in standby: new disk'],
      },
      { version: { counter: 2 }, what: ['service mail added'] },
      { version: { counter: 1 }, what: ['in force when this node began to keep a history'] },
    ]);
    expect(second.entry({ view: 3, counter: 2 })?.source).toBe('cluster: sample # 2\n');
    expect(remarks).toEqual([]);
  });

  it('is bounded in number and in bytes', async () => {
    const history = open({ versionsMax: 5 });
    for (let counter = 1; counter <= 9; counter++) history.take(docOf(counter), at(counter));
    await history.flush();
    expect(shown(history)).toEqual(['3.9', '3.8', '3.7', '3.6', '3.5']);
    expect((await readdir(join(directory, 'history'))).length).toBe(5);
    const small = open({ bytesMax: 1 });
    await small.flush();
    expect(shown(small)).toEqual(['3.9']);
    expect(await readdir(join(directory, 'history'))).toEqual(['3.9.json']);
  });

  it('tells a change of everything in short', async () => {
    const history = open();
    history.take(docOf(1), at(1));
    const many = Array.from({ length: 100 }, (_, index) => service(`new${index}`));
    history.take(docOf(2, { cluster: { ...cluster, services: [...cluster.services, ...many] } }), at(2));
    await history.flush();
    expect(history.lines()[0]?.what.length).toBe(21);
    expect(history.lines()[0]?.what.at(-1)).toBe('and 80 more');
  });

  it('marks what was taken back, and unmarks what came after all', async () => {
    const history = open();
    for (const counter of [1, 2, 1]) history.take(docOf(counter), at(counter));
    await history.flush();
    expect(history.lines().map(({ withdrawn }) => withdrawn)).toEqual([true, false]);
    history.take(docOf(2), at(9));
    await history.flush();
    expect(history.lines().map(({ withdrawn }) => withdrawn)).toEqual([false, false]);
  });

  it('knows who asked, also when it is told before the document arrives', async () => {
    const history = open();
    history.take(docOf(1), at(1));
    history.explain({ view: 3, counter: 1 }, 'a test');
    history.explain({ view: 3, counter: 2 }, 'another one');
    await history.flush();
    history.take(docOf(2), at(2));
    await history.flush();
    expect(history.lines().map(({ because }) => because)).toEqual(['another one', 'a test']);
  });

  it('skips a damaged entry and says so, and removes what a crash left', async () => {
    const first = open();
    for (let counter = 1; counter <= 3; counter++) first.take(docOf(counter), at(counter));
    await first.flush();
    const path = join(directory, 'history', '3.2.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('sample', 'sampel'));
    await writeFile(join(directory, 'history', '3.4.json.new'), 'half');
    const second = open();
    await second.flush();
    expect(shown(second)).toEqual(['3.3', '3.1']);
    expect(remarks.length).toBe(1);
    expect(remarks[0]).toContain('3.2.json was set aside');
    expect(remarks[0]).toContain('its checksum does not fit');
    expect((await readdir(join(directory, 'history'))).some((name) => name.endsWith('.new'))).toBe(false);
    expect((await newestKept(directory, realDisk))?.version).toEqual({ view: 3, counter: 3 });
  });

  it('goes on in memory where the disk refuses, and says so once', async () => {
    const disk = new MemoryDisk();
    disk.fault = (operation) => (operation === 'sync' ? 'ENOSPC' : null);
    const history = new History({ stateDirectory: '/s', complain: (remark) => remarks.push(remark), disk });
    for (let counter = 1; counter <= 3; counter++) history.take(docOf(counter), at(counter));
    await history.flush();
    expect(shown(history)).toEqual(['3.3', '3.2', '3.1']);
    expect(remarks).toEqual([
      'the history of cluster files is kept in memory only: /s/history/3.1.json could not be written: the disk is full',
    ]);
  });

  it('loses no entry but the one that was being written when the power went', async () => {
    for (let step = 0; step < 30; step++) {
      const disk = new MemoryDisk();
      disk.fault = (_operation, _path, count) => (count < step ? null : 'power');
      const history = new History({ stateDirectory: '/s', complain: () => undefined, disk });
      for (let counter = 1; counter <= 2; counter++) history.take(docOf(counter), at(counter));
      for (let turn = 0; turn < 100; turn++) await Promise.resolve();
      for (const after of disk.afterPowerCut()) {
        const said: string[] = [];
        const next = new History({ stateDirectory: '/s', complain: (remark) => said.push(remark), disk: after });
        await next.flush();
        expect(said).toEqual([]);
        expect([0, 1, 2]).toContain(next.lines().length);
        expect(shown(next).at(-1) ?? '3.1').toBe('3.1');
      }
    }
  });
});

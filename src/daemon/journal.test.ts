import { appendFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from './journal.ts';

const at = (second: number): Date => new Date(Date.UTC(2026, 10, 20, 21, 0, second));
const change = (to: string) => ({ what: 'service site', from: 'stopped', to, because: 'it was asked for' });

let directory = '';
let remarks: string[] = [];
function open(): Promise<Journal> {
  // A journal of a former test may still be writing.
  const mine = remarks;
  return Journal.open(directory, 'bal1', (remark) => mine.push(remark));
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), `sempre-journal-${process.pid}-`));
  remarks = [];
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('Journal', () => {
  it('goes on with its numbers and events after a restart', async () => {
    const first = await open();
    first.add(change('starting'), at(1));
    first.add(change('running'), at(2));
    await first.flush();
    const second = await open();
    expect(second.lastSeq).toBe(2);
    expect(second.add(change('stopped'), at(3)).seq).toBe(3);
    expect(second.read(1, '', 10).map((line) => line.to)).toEqual(['running', 'stopped']);
    expect(second.read(0, at(2).toISOString(), 1).map((line) => line.to)).toEqual(['stopped']);
  });

  it('loses a torn line and no other', async () => {
    const first = await open();
    first.add(change('running'), at(1));
    await first.flush();
    await appendFile(join(directory, 'events.jsonl'), '{"seq":2,"at":"2026');
    const second = await open();
    second.add(change('stopped'), at(3));
    await second.flush();
    expect((await open()).read(0, '', 10).map((line) => line.to)).toEqual(['running', 'stopped']);
  });

  it('keeps memory and files bounded', async () => {
    const journal = await open();
    const because = 'x'.repeat(2000);
    for (let second = 0; second < 3000; second++) {
      journal.add({ ...change('running'), because }, at(second));
      if (second % 100 === 0) await journal.flush();
    }
    await journal.flush();
    expect(journal.read(0, '', 10_000).length).toBe(2000);
    expect(journal.read(0, '', 1)[0]?.because.length).toBe(1001);
    expect(await readdir(directory)).toEqual(['events.jsonl', 'events.jsonl.1']);
    for (const file of await readdir(directory))
      expect((await stat(join(directory, file))).size).toBeLessThan(1.3 * 1024 * 1024);
    expect((await open()).lastSeq).toBe(3000);
  });

  it('goes on in memory when the disk refuses, and complains once', async () => {
    const journal = await open();
    await rm(directory, { recursive: true });
    for (let second = 0; second < 3; second++) {
      journal.add(change('running'), at(second));
      await journal.flush();
    }
    expect(journal.read(0, '', 10).length).toBe(3);
    expect(remarks.length).toBe(1);
  });
});

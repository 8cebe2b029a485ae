import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cluster } from '../api/sample.testing.ts';
import type { Service } from '../core/model.ts';
import { type Doc, firstDoc, type NodeEvent } from '../core/ports.ts';
import { readPromise, writePromise } from './promise-note.ts';
import { seal, unseal } from './sealed-file.ts';
import { FileStorage, readState } from './storage.ts';

const now = new Date('2026-11-20T21:04:11Z');

const docOf = (counter: number): Doc => ({
  ...firstDoc(`cluster: sample # ${counter}\n`, cluster),
  version: { view: 3, counter },
  content: { view: 3, counter },
});

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), `sempre-storage-${process.pid}-`));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

/** A storage whose events can be awaited by number. */
function open(): {
  storage: FileStorage;
  events: NodeEvent[];
  remarks: string[];
  seen: (count: number) => Promise<void>;
} {
  const events: NodeEvent[] = [];
  const remarks: string[] = [];
  let wake = (): void => {};
  const storage = new FileStorage({
    stateDirectory: directory,
    runDirectory: directory,
    deliver: (event) => {
      events.push(event);
      wake();
    },
    complain: (remark) => remarks.push(remark),
  });
  const seen = async (count: number): Promise<void> => {
    while (events.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { storage, events, remarks, seen };
}

describe('FileStorage', () => {
  it('answers every save once, in order, also when only the newest of a burst is written', async () => {
    const { storage, events, seen } = open();
    for (let counter = 1; counter <= 20; counter++) storage.saveDoc(docOf(counter));
    await seen(20);
    expect(events).toEqual(
      Array.from({ length: 20 }, (_, index) => ({
        kind: 'docSaved',
        version: { view: 3, counter: index + 1 },
        ok: true,
        because: '',
      })),
    );
    expect((await readState(directory, now)).doc).toEqual(docOf(20));
  });

  it('reads what a former version noted of what it started, though that says less', async () => {
    const { storage, seen } = open();
    const [service] = cluster.services;
    const {
      checks: _,
      timeouts: __,
      ...former
    } = { ...service!, resource: { kind: 'ocf', provider: 'a', type: 'b', params: {} } };
    storage.saveLedger([former as unknown as Service]);
    storage.reserve(1);
    await seen(1);
    await expect
      .poll(async () => (await readState(directory, now)).ledger)
      .toMatchObject([{ id: former.id, checks: [], timeouts: {}, resource: { params: {}, paramsOn: {} } }]);
  });

  it('never notes a lower number of promised views than before', async () => {
    const { storage, seen } = open();
    storage.reserve(64);
    storage.reserve(32);
    await seen(2);
    expect((await readState(directory, now)).reserved).toBe(64);
  });

  it('says so when the disk refuses, and answers', async () => {
    await rm(directory, { recursive: true });
    const { storage, events, remarks, seen } = open();
    storage.saveDoc(docOf(1));
    storage.reserve(1);
    await seen(2);
    expect(events.map((event) => 'ok' in event && event.ok)).toEqual([false, false]);
    expect(remarks[0]).toContain('no such file or directory');
  });
});

describe('the note of what was promised', () => {
  const note = {
    joined: true,
    decided: { view: 3, counter: 1 },
    migrations: [{ service: 'vm', peer: 'b', isExpected: true }],
    leaseUntilMs: 12.5,
    promised: { number: 7, members: ['a', 'b'], coordinator: 'a' },
    continuous: [{ node: 'a', since: 3 }],
  };

  it('is kept when the call returns, for the next life of the daemon', () => {
    open().storage.notePromise(note);
    expect(readPromise(directory)).toEqual(note);
  });

  it('does not count after a boot of the machine, when it is damaged, or when there is none', async () => {
    expect(readPromise(directory)).toBeNull();
    writePromise(directory, note, 'boot 1');
    expect(readPromise(directory, 'boot 1')).toEqual(note);
    expect(readPromise(directory, 'boot 2')).toBeNull();
    expect(readPromise(directory, '')).toBeNull();
    await writeFile(join(directory, 'promise.json'), 'torn');
    expect(readPromise(directory, 'boot 1')).toBeNull();
  });
});

describe('readState', () => {
  it('finds nothing in a new directory and says nothing about it', async () => {
    const nothing = { doc: null, docLost: false, reserved: 0, ledger: [], kept: null, remarks: [] };
    expect(await readState(directory, now)).toEqual(nothing);
  });

  it('finds the old document after a crash at any byte of a write', async () => {
    await writeFile(join(directory, 'doc.json'), seal(docOf(1)));
    await writeFile(join(directory, 'reserve.json'), seal({ upTo: 64 }));
    const next = seal(docOf(2));
    for (let bytes = 0; bytes <= next.length; bytes += 7) {
      await writeFile(join(directory, 'doc.json.new'), next.slice(0, bytes));
      const state = await readState(directory, now);
      expect(state.doc).toEqual(docOf(1));
      expect(state.remarks).toEqual([]);
    }
  });

  it('sets a damaged file aside, keeps few of them, and goes on', async () => {
    for (let second = 10; second < 20; second++) {
      await writeFile(join(directory, 'doc.json'), seal(docOf(1)).replace('sample', 'sampel'));
      const state = await readState(directory, new Date(`2026-11-20T21:04:${second}Z`));
      expect(state.doc).toBeNull();
      expect(state.remarks[0]).toContain('was set aside');
      expect(state.remarks[0]).toContain('its checksum does not fit');
    }
    const names = await readdir(directory);
    expect(names.filter((name) => name.startsWith('doc.json.bad-')).length).toBe(5);
    expect(names).toContain('doc.json.bad-20261120T210419Z');
  });

  it('skips far above the document when the promises are lost, so that no number is given twice', async () => {
    await writeFile(join(directory, 'doc.json'), seal(docOf(1)));
    await writeFile(join(directory, 'reserve.json'), 'torn');
    expect((await readState(directory, now)).reserved).toBeGreaterThan(1_000_003);
  });

  it('does not take what a former version wrote in another shape', async () => {
    const whole = docOf(1);
    const { voters: _voters, ...noVoters } = whole;
    const { stray: _stray, ...olderAdmin } = whole.admin;
    const { quorum: _quorum, ...olderCluster } = whole.cluster;
    const [{ votes: _votes, ...olderNode } = { votes: 0 }] = whole.cluster.nodes;
    const olders = [
      null,
      { version: { view: 1, counter: 1 }, source: 'x' },
      noVoters,
      { ...whole, admin: olderAdmin },
      { ...whole, cluster: olderCluster },
      { ...whole, cluster: { ...whole.cluster, nodes: [olderNode] } },
      { ...whole, cluster: { ...whole.cluster, services: [null] } },
    ];
    for (const older of olders) {
      await writeFile(join(directory, 'doc.json'), seal(older));
      const state = await readState(directory, now);
      expect(state.doc).toBeNull();
      expect(state.remarks[0]).toContain('another shape');
    }
  });
});

describe('unseal', () => {
  const text = seal(docOf(1));

  it('refuses every torn file', () => {
    for (let length = 0; length < text.length; length++) expect(unseal(text.slice(0, length)).state).toBe('bad');
  });

  it('refuses every file with a flipped bit', () => {
    for (let index = 0; index < text.length - 1; index++) {
      const flipped =
        text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ (1 << (index % 7))) + text.slice(index + 1);
      expect(unseal(flipped).state, `byte ${index}`).toBe('bad');
    }
  });

  it('reads what was sealed', async () => {
    await writeFile(join(directory, 'doc.json'), text);
    expect(unseal(await readFile(join(directory, 'doc.json'), 'utf8'))).toEqual({ state: 'read', data: docOf(1) });
  });
});

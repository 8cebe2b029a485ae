/** What a disk can do to what must survive: power cuts at every step and byte, full, read-only and dying disks. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { plainCluster } from '../core/model.ts';
import { type Doc, firstDoc, type NodeEvent, noAdmin } from '../core/ports.ts';
import { type NoteFiles, readPromise, writePromise } from './promise-note.ts';
import { seal, unseal } from './sealed-file.ts';
import { FileStorage, readState, type SavedState } from './storage.ts';
import { MemoryDisk } from './storage-disk.testing.ts';

const now = new Date('2026-11-20T21:04:11Z');
const cluster = plainCluster('c', { intervalMs: 200, deadMs: 800, port: 7401 }, [{ id: 'a', links: [] }], []);

const docOf = (counter: number): Doc => ({
  ...firstDoc(`# ${counter}`, cluster),
  admin: noAdmin,
  version: { view: 3, counter },
  content: { view: 3, counter },
});

const intact = (): Record<string, string> => ({
  '/s/doc.json': seal(docOf(1)),
  '/s/reserve.json': seal({ upTo: 64 }),
  '/s/ledger.json': seal([]),
});

const read = (disk: MemoryDisk): Promise<SavedState> => readState('/s', now, disk, () => 1_000_000);

interface Opened {
  readonly storage: FileStorage;
  readonly events: NodeEvent[];
  readonly remarks: string[];
}

function open(disk: MemoryDisk): Opened {
  const events: NodeEvent[] = [];
  const remarks: string[] = [];
  const storage = new FileStorage({
    stateDirectory: '/s',
    runDirectory: '/r',
    disk,
    reserveAgainMs: 5,
    deliver: (event) => events.push(event),
    complain: (remark) => remarks.push(remark),
  });
  return { storage, events, remarks };
}

/** Long enough for everything on a disk in memory. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve();
}

const acknowledged = (events: readonly NodeEvent[]): boolean => events.some((event) => 'ok' in event && event.ok);

/** Saves, with one fault at each operation in turn, until a run meets none. */
async function atEveryStep(
  save: (storage: FileStorage) => void,
  fault: string,
  check: (disk: MemoryDisk, opened: Opened) => Promise<void>,
): Promise<number> {
  for (let step = 0; ; step++) {
    const disk = MemoryDisk.holding(intact());
    disk.writeMax = 50;
    disk.fault = (_operation, _path, count) =>
      count < step ? null : fault === 'power' || count === step ? fault : null;
    const opened = open(disk);
    save(opened.storage);
    await settled();
    const isOver = disk.count <= step;
    disk.fault = () => null;
    await check(disk, opened);
    if (isOver) return step;
  }
}

describe('a power cut at any step of a save', () => {
  it('leaves the old or the new document, and the new one if it was acknowledged', async () => {
    let outcomes = 0;
    const steps = await atEveryStep(
      (storage) => storage.saveDoc(docOf(2)),
      'power',
      async (disk, { events }) => {
        for (const after of disk.afterPowerCut()) {
          const state = await read(after);
          expect([1, 2]).toContain(state.doc?.version.counter);
          if (acknowledged(events)) expect(state.doc?.version.counter).toBe(2);
          expect(state.remarks).toEqual([]);
          outcomes++;
        }
      },
    );
    expect(steps).toBeGreaterThan(10);
    expect(outcomes).toBeGreaterThan(1000);
  });

  it('never forgets a reserved number that was acknowledged', async () => {
    await atEveryStep(
      (storage) => storage.reserve(80),
      'power',
      async (disk, { events }) => {
        for (const after of disk.afterPowerCut())
          expect((await read(after)).reserved).toBeGreaterThanOrEqual(acknowledged(events) ? 80 : 64);
      },
    );
  });

  it('leaves the old or the new ledger', async () => {
    const service = { id: 's', resource: { kind: 'systemd', unit: 'x' } } as never;
    await atEveryStep(
      (storage) => storage.saveLedger([service]),
      'power',
      async (disk) => {
        for (const after of disk.afterPowerCut()) {
          const state = await read(after);
          expect(state.ledger.length).toBeLessThanOrEqual(1);
          expect(state.remarks).toEqual([]);
        }
      },
    );
  });
});

describe.each(['ENOSPC', 'EIO', 'EROFS', 'EDQUOT'])('%s at any step of a save', (code) => {
  it('is said, leaves the old or the new document, and the next save works', async () => {
    await atEveryStep(
      (storage) => storage.saveDoc(docOf(2)),
      code,
      async (disk, { storage, events, remarks }) => {
        expect(events.length).toBe(1);
        const [event] = events;
        const ok = event?.kind === 'docSaved' && event.ok;
        expect(remarks.length).toBe(ok ? 0 : 1);
        for (const after of disk.afterPowerCut()) {
          const found = (await read(after)).doc?.version.counter;
          if (ok) expect(found).toBe(2);
          else expect([1, 2]).toContain(found);
        }
        storage.saveDoc(docOf(3));
        await settled();
        expect(events.at(-1)).toMatchObject({ kind: 'docSaved', ok: true });
        for (const after of disk.afterPowerCut()) expect((await read(after)).doc?.version.counter).toBe(3);
      },
    );
  });

  it('does not lose a reserved number for longer than the disk refuses', async () => {
    const disk = MemoryDisk.holding(intact());
    disk.fault = (operation) => (operation === 'write' ? code : null);
    const { storage, events } = open(disk);
    storage.reserve(80);
    await settled();
    expect(events).toMatchObject([{ kind: 'reserved', ok: false }]);
    disk.fault = () => null;
    await new Promise((resolve) => setTimeout(resolve, 40));
    for (const after of disk.afterPowerCut()) expect((await read(after)).reserved).toBe(80);
  });
});

describe('a disk that hangs', () => {
  afterEach(() => vi.useRealTimers());

  it('is one that fails after 10 s, whatever it does later, and writes the newest when it goes on', async () => {
    vi.useFakeTimers();
    const disk = MemoryDisk.holding(intact());
    disk.fault = (operation, path) => (operation === 'sync' && path.includes('doc.json') ? 'hang' : null);
    const { storage, events, remarks } = open(disk);
    storage.saveDoc(docOf(2));
    await vi.advanceTimersByTimeAsync(6000);
    storage.saveDoc(docOf(3));
    await vi.advanceTimersByTimeAsync(4000);
    expect(events).toMatchObject([{ kind: 'docSaved', version: { counter: 2 }, ok: false }]);
    expect(remarks).toEqual(['/s/doc.json: the disk has not answered for 10 s']);
    disk.fault = () => null;
    disk.release();
    await vi.advanceTimersByTimeAsync(1);
    expect(events.slice(1)).toMatchObject([{ kind: 'docSaved', version: { counter: 3 }, ok: true }]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(events.length).toBe(2);
    for (const after of disk.afterPowerCut()) expect((await read(after)).doc?.version.counter).toBe(3);
  });
});

describe('damage', () => {
  const files = Object.keys(intact());

  /** Starts on damaged files: never the damaged content, always a start, always a word about it. */
  async function expectSafe(disk: MemoryDisk, path: string): Promise<void> {
    const state = await read(disk);
    expect(state.remarks[0]).toMatch(new RegExp(`${path} was set aside as ${path}.bad-20261120T210411Z: `));
    expect(state.doc).toEqual(path.endsWith('doc.json') ? null : docOf(1));
    expect(state.reserved).toBeGreaterThanOrEqual(path.endsWith('reserve.json') ? 1_000_000 : 64);
  }

  it('by one flipped bit, wherever it is, is found in every file', async () => {
    for (const path of files) {
      const good = Buffer.from(intact()[path] ?? '');
      // Every bit of the small files; of the document every bit of a sample of bytes, which differs in each place by its rest.
      const stride = good.length > 400 ? 7 : 1;
      for (let at = 0; at < good.length; at += stride) {
        for (let bit = 0; bit < 8; bit++) {
          const bytes = Buffer.from(good);
          bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
          await expectSafe(MemoryDisk.holding({ ...intact(), [path]: bytes }), path);
        }
      }
    }
  });

  it('by a cut at any byte, or of all bytes, is found in every file', async () => {
    for (const path of files) {
      const good = Buffer.from(intact()[path] ?? '');
      for (let length = 0; length < good.length; length++)
        await expectSafe(MemoryDisk.holding({ ...intact(), [path]: good.subarray(0, length) }), path);
      await expectSafe(MemoryDisk.holding({ ...intact(), [path]: Buffer.alloc(good.length) }), path);
    }
  });

  it('that keeps a file from being read counts as damage', async () => {
    for (const path of files) {
      const disk = MemoryDisk.holding(intact());
      disk.fault = (operation, at) => (operation === 'readFile' && at === path ? 'EIO' : null);
      await expectSafe(disk, path);
    }
  });

  it('on a disk that does not write either is said, and the daemon starts', async () => {
    const disk = MemoryDisk.holding({ ...intact(), '/s/doc.json': 'torn', '/s/reserve.json': '' });
    disk.fault = (operation) => (operation === 'readFile' || operation === 'list' ? null : 'EROFS');
    const state = await read(disk);
    expect(state.remarks[0]).toContain('could not be set aside: the file system is read-only');
    expect(state.reserved).toBe(1_000_000);
    expect(state.doc).toBeNull();
  });

  it('of everything, again and again, never gives a number twice', async () => {
    let disk = MemoryDisk.holding(intact());
    let highest = 64;
    for (let life = 0; life < 4; life++) {
      const names = Object.keys(disk.files()).filter((name) => !name.includes('.bad-'));
      disk = MemoryDisk.holding({ ...disk.files(), ...Object.fromEntries(names.map((name) => [name, 'x'])) });
      const { reserved } = await readState('/s', now, disk, () => 1_000_000 + life * 777_777);
      expect(reserved).toBeGreaterThan(highest);
      highest = reserved + 64;
    }
  });

  it('is remembered by a daemon that ended before it reserved anew, at whatever step', async () => {
    for (let step = 0; step < 80; step++) {
      const document = step % 2 === 0 ? {} : { '/s/doc.json': 'torn' };
      const disk = MemoryDisk.holding({ ...intact(), ...document, '/s/reserve.json': 'torn' });
      disk.fault = (_operation, _path, count) => (count < step / 2 ? null : 'power');
      void read(disk);
      await settled();
      for (const after of disk.afterPowerCut()) expect((await read(after)).reserved).toBeGreaterThanOrEqual(1_000_000);
    }
  });

  it('of the reserved numbers is also that their file is gone', async () => {
    const { '/s/reserve.json': _gone, ...rest } = intact();
    expect((await read(MemoryDisk.holding(rest))).reserved).toBe(1_000_003);
    expect((await read(MemoryDisk.holding({}))).reserved).toBe(0);
    expect((await read(MemoryDisk.holding({ '/s/doc.json': seal(firstDoc('', cluster)) }))).reserved).toBe(0);
  });

  it('of the document leaves the newest of the history that can be read', async () => {
    const entry = (counter: number, more = {}) =>
      seal({
        version: { view: 3, counter },
        at: now.toISOString(),
        what: [],
        because: '',
        withdrawn: false,
        source: `# ${counter}`,
        admin: noAdmin,
        ...more,
      });
    const disk = MemoryDisk.holding({
      ...intact(),
      '/s/doc.json': 'torn',
      '/s/history/3.9.json': entry(9),
      '/s/history/3.10.json': entry(10),
      '/s/history/3.11.json': entry(11).slice(0, -5),
      '/s/history/3.12.json': entry(12, { withdrawn: true }),
    });
    expect((await read(disk)).kept?.source).toBe('# 10');
  });
});

describe('the note of what was promised', () => {
  const note = (number: number) => ({
    joined: true,
    decided: { view: 3, counter: 1 },
    migrations: [{ service: 'vm', peer: 'b', isExpected: true }],
    leaseUntilMs: 5,
    promised: { number, members: ['a'], coordinator: 'a' },
    continuous: [{ node: 'a', since: number }],
  });

  function notes(fails: (call: string) => string | null, kept = new Map<string, string>()): NoteFiles {
    const run = (call: string): void => {
      const code = fails(call);
      if (code !== null) throw Object.assign(new Error(code), { code });
    };
    return {
      read: (path) => {
        run('read');
        const text = kept.get(path);
        if (text === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
        return text;
      },
      write: (path, text) => {
        kept.set(path, fails('write') === null ? text : text.slice(0, 20));
        run('write');
      },
      rename: (from, to) => {
        run('rename');
        kept.set(to, kept.get(from) ?? '');
        kept.delete(from);
      },
      unlink: (path) => {
        run('unlink');
        kept.delete(path);
      },
    };
  }

  it('is gone, and not an older one, when it could not be replaced', () => {
    for (const broken of ['write', 'rename']) {
      const kept = new Map<string, string>();
      writePromise(
        '/r',
        note(1),
        'boot',
        notes(() => null, kept),
      );
      expect(
        writePromise(
          '/r',
          note(2),
          'boot',
          notes((call) => (call === broken ? 'ENOSPC' : null), kept),
        ),
      ).toContain('full');
      expect(
        readPromise(
          '/r',
          'boot',
          notes(() => null, kept),
        ),
      ).toBeNull();
    }
  });

  it('does not count where it cannot be written, because it may be too old', () => {
    const kept = new Map<string, string>();
    writePromise(
      '/r',
      note(1),
      'boot',
      notes(() => null, kept),
    );
    const readOnly = notes((call) => (call === 'read' ? null : 'EROFS'), kept);
    expect(writePromise('/r', note(2), 'boot', readOnly)).toContain('remove it before this daemon is started again');
    expect(readPromise('/r', 'boot', readOnly)).toBeNull();
    expect(
      readPromise(
        '/r',
        'boot',
        notes(() => null, kept),
      ),
    ).toEqual(note(1));
  });

  it('counts as absent with any flipped bit', () => {
    const good = Buffer.from(seal({ bootId: 'boot', note: note(1) }));
    for (let at = 0; at < good.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        expect(unseal(bytes.toString('utf8')).state, `bit ${bit} of byte ${at}`).toBe('bad');
      }
  });
});

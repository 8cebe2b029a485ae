/**
 * A disk in memory that can lose power, fill up, turn read-only and go bad, for tests of everything that must survive.
 *
 * What was written but not synced is uncertain: after a power cut a file holds what was synced last, what was written, or
 * any part of it, and each change of names that was not synced may or may not have happened, in order.
 */
import type { Disk, DiskFile } from './storage-disk.ts';

interface Content {
  current: Buffer;
  durable: Buffer;
}

type Names = Map<string, Content>;

export type Operation = 'open' | 'write' | 'sync' | 'syncFolder' | 'close' | 'rename' | 'unlink' | 'list' | 'readFile';

/** Null: it works. A code: it fails with that. `power`: the machine is off, and nothing ever answers again. `hang`: until `release`. */
export type Fault = (operation: Operation, path: string, count: number) => string | null;

export class MemoryDisk implements Disk {
  fault: Fault = () => null;
  /** How many bytes one `write` takes at most. */
  writeMax = Number.POSITIVE_INFINITY;
  /** Operations so far. */
  count = 0;
  private hung: (() => void)[] = [];
  private names: Names = new Map();
  private durableNames: Names = new Map();
  /** Changes of names that are not synced yet, oldest first. */
  private renamings: ((names: Names) => void)[] = [];

  static holding(files: Readonly<Record<string, Buffer | string>>): MemoryDisk {
    const disk = new MemoryDisk();
    for (const [path, text] of Object.entries(files)) {
      const bytes = Buffer.from(text as string);
      const content = { current: bytes, durable: bytes };
      disk.names.set(path, content);
      disk.durableNames.set(path, content);
    }
    return disk;
  }

  /** What hung goes on. */
  release(): void {
    for (const goOn of this.hung.splice(0)) goOn();
  }

  files(): Record<string, Buffer> {
    return Object.fromEntries([...this.names].map(([path, { current }]) => [path, current]));
  }

  open(path: string, flags: 'w' | 'r'): Promise<DiskFile> {
    return this.run('open', path, () => (flags === 'w' ? this.create(path) : this.folder(path)));
  }

  readFile(path: string): Promise<Buffer> {
    return this.run('readFile', path, () => this.contentOf(path).current);
  }

  list(path: string): Promise<string[]> {
    return this.run('list', path, () =>
      [...this.names.keys()]
        .filter((name) => name.startsWith(`${path}/`) && !name.slice(path.length + 1).includes('/'))
        .map((name) => name.slice(path.length + 1))
        .sort(),
    );
  }

  rename(from: string, to: string): Promise<void> {
    return this.run('rename', from, () => {
      const content = this.contentOf(from);
      this.change((names) => {
        names.delete(from);
        names.set(to, content);
      });
    });
  }

  unlink(path: string): Promise<void> {
    return this.run('unlink', path, () => {
      this.contentOf(path);
      this.change((names) => void names.delete(path));
    });
  }

  /** Every disk that the machine may find when the power comes back now. */
  *afterPowerCut(): Generator<MemoryDisk> {
    for (let happened = 0; happened <= this.renamings.length; happened++) {
      const names = new Map(this.durableNames);
      for (const renaming of this.renamings.slice(0, happened)) renaming(names);
      yield* withContents(names, [...names.keys()]);
    }
  }

  private create(path: string): DiskFile {
    const known = this.names.get(path);
    const content = known ?? { current: Buffer.alloc(0), durable: Buffer.alloc(0) };
    content.current = Buffer.alloc(0);
    if (known === undefined) this.change((names) => void names.set(path, content));
    return {
      write: (bytes) =>
        this.run('write', path, () => {
          const taken = Buffer.from(bytes).subarray(0, this.writeMax);
          content.current = Buffer.concat([content.current, taken]);
          return taken.length;
        }),
      sync: () =>
        this.run('sync', path, () => {
          content.durable = content.current;
        }),
      close: () => this.run('close', path, () => undefined),
    };
  }

  private folder(path: string): DiskFile {
    const sync = (): Promise<void> =>
      this.run('syncFolder', path, () => {
        this.renamings = [];
        this.durableNames = new Map(this.names);
      });
    return {
      write: () => Promise.reject(errorOf('EISDIR')),
      sync,
      close: () => this.run('close', path, () => undefined),
    };
  }

  private change(renaming: (names: Names) => void): void {
    renaming(this.names);
    this.renamings.push(renaming);
  }

  private contentOf(path: string): Content {
    const content = this.names.get(path);
    if (content === undefined) throw errorOf('ENOENT');
    return content;
  }

  private run<T>(operation: Operation, path: string, work: () => T): Promise<T> {
    const fault = this.fault(operation, path, this.count);
    this.count++;
    if (fault === 'power') return new Promise(() => undefined);
    if (fault === 'hang') return new Promise<void>((resolve) => this.hung.push(resolve)).then(work);
    if (fault !== null) return Promise.reject(errorOf(fault));
    return Promise.resolve().then(work);
  }
}

function* withContents(names: Names, uncertain: readonly string[]): Generator<MemoryDisk> {
  const torn = uncertain.filter((path) => {
    const content = names.get(path);
    return content !== undefined && !content.current.equals(content.durable);
  });
  const whole = Object.fromEntries([...names].map(([path, { durable }]) => [path, durable]));
  yield MemoryDisk.holding(whole);
  for (const path of torn) {
    const current = names.get(path)?.current ?? Buffer.alloc(0);
    for (let length = 0; length <= current.length; length++) {
      yield MemoryDisk.holding({ ...whole, [path]: current.subarray(0, length) });
      // Its length is known, its bytes are not: what a file system does that allocates late.
      const zeros = Buffer.concat([current.subarray(0, length), Buffer.alloc(current.length - length)]);
      yield MemoryDisk.holding({ ...whole, [path]: zeros });
    }
  }
}

const errorOf = (code: string): Error => Object.assign(new Error(`${code}: made for a test`), { code });

/**
 * The last versions of the cluster's document that came into force on this node, each in a sealed file of its own, bounded in
 * number and bytes. For people and for `rollback`: nothing is decided from it, so it never holds up the loop and never fails it.
 *
 * Wall clocks only date the entries. A damaged entry is set aside and said.
 */
import { join } from 'node:path';
import { changesBetween } from '../api/diff-clusters.ts';
import { type HistoryEntry, type HistoryLine, type HistorySource, isEntry, isFirst } from '../api/history.ts';
import type { Doc, Version } from '../core/ports.ts';
import { compareVersions, showVersion } from '../core/state.ts';
import { makeDirectory } from './directory.ts';
import { reasonOf } from './reason.ts';
import { readSealed, seal } from './sealed-file.ts';
import { isSetAside, setAside } from './storage-aside.ts';
import { type Disk, realDisk, replaceFile } from './storage-disk.ts';

export interface HistoryOptions {
  readonly stateDirectory: string;
  readonly complain: (remark: string) => void;
  readonly versionsMax?: number;
  readonly bytesMax?: number;
  readonly disk?: Disk;
}

const folderName = 'history';
const namePattern = /^(\d{1,15})\.(\d{1,15})\.json$/;
const becauseMax = 500;
const reasonsMax = 20;
const changesMax = 20;
const changeLengthMax = 300;
const firstWords = 'in force when this node began to keep a history';
const awayWords = 'changed while this node was away';

export class History implements HistorySource {
  private readonly folder: string;
  private readonly disk: Disk;
  private readonly complain: (remark: string) => void;
  private readonly versionsMax: number;
  private readonly bytesMax: number;
  /** The oldest first. */
  private entries: { readonly entry: HistoryEntry; readonly bytes: number }[] = [];
  private last: Doc | null = null;
  private reasons: readonly { readonly version: Version; readonly because: string }[] = [];
  private queue: Promise<void>;
  private complained = false;

  /** Reads what former lives left in the background: a daemon that starts has more urgent things to do. */
  constructor({ stateDirectory, complain, versionsMax = 50, bytesMax = 8 * 1024 * 1024, disk }: HistoryOptions) {
    this.folder = join(stateDirectory, folderName);
    this.disk = disk ?? realDisk;
    this.complain = complain;
    this.versionsMax = versionsMax;
    this.bytesMax = bytesMax;
    this.queue = this.load();
  }

  lines(): readonly HistoryLine[] {
    return this.entries.map(({ entry: { source: _source, admin: _admin, ...line } }) => line).reverse();
  }

  entry(version: Version): HistoryEntry | null {
    return this.entries.find(({ entry }) => compareVersions(entry.version, version) === 0)?.entry ?? null;
  }

  /** Called with the document after each step; does nothing while its content is the same. */
  take(doc: Doc, now: Date = new Date()): void {
    const before = this.last;
    if (isFirst(doc.content)) return;
    if (before !== null && compareVersions(before.content, doc.content) === 0) return;
    this.last = doc;
    this.later(() => this.record(doc, before, now));
  }

  explain(version: Version, because: string): void {
    if (because === '') return;
    this.later(async () => {
      const entry = this.entry(version);
      // The answer may be here before the document is.
      if (entry === null) this.reasons = [...this.reasons, { version, because }].slice(-reasonsMax);
      else if (entry.because === '') await this.put({ ...entry, because: because.slice(0, becauseMax) });
    });
  }

  /** Waits until everything is in its file. */
  async flush(): Promise<void> {
    await this.queue;
  }

  private later(work: () => Promise<void>): void {
    this.queue = this.queue.then(work).catch((error: unknown) => this.say(reasonOf(error)));
  }

  private async record(doc: Doc, before: Doc | null, now: Date): Promise<void> {
    // A version above the one in force now was taken back: no majority kept it.
    for (const { entry } of [...this.entries])
      if (compareVersions(entry.version, doc.content) > 0 && !entry.withdrawn)
        await this.put({ ...entry, withdrawn: true });
    const known = this.entry(doc.content);
    if (known?.withdrawn === true) return this.put({ ...known, withdrawn: false });
    if (known !== null) return;
    const what = before === null ? [this.entries.length === 0 ? firstWords : awayWords] : changesBetween(before, doc);
    await this.put({
      version: doc.content,
      at: now.toISOString(),
      what: what.length === 0 ? ['only wording or order of the file'] : inBounds(what),
      because: this.reasons.find(({ version }) => compareVersions(version, doc.content) === 0)?.because ?? '',
      withdrawn: false,
      // Most changes leave the file as it is: one copy in memory.
      source: this.entries.find(({ entry }) => entry.source === doc.source)?.entry.source ?? doc.source,
      admin: doc.admin,
    });
  }

  private async put(entry: HistoryEntry): Promise<void> {
    const text = seal(entry);
    const others = this.entries.filter((other) => compareVersions(other.entry.version, entry.version) !== 0);
    this.entries = [...others, { entry, bytes: Buffer.byteLength(text) }].sort((a, b) =>
      compareVersions(a.entry.version, b.entry.version),
    );
    const written = await replaceFile(this.disk, this.pathOf(entry.version), text);
    if (written.ok) this.complained = false;
    else this.say(written.because);
    await this.prune();
  }

  private async prune(): Promise<void> {
    let bytes = this.entries.reduce((sum, each) => sum + each.bytes, 0);
    while (this.entries.length > this.versionsMax || (bytes > this.bytesMax && this.entries.length > 1)) {
      const [oldest, ...rest] = this.entries;
      if (oldest === undefined) return;
      bytes -= oldest.bytes;
      this.entries = rest;
      await this.disk.unlink(this.pathOf(oldest.entry.version)).catch(() => undefined);
    }
  }

  private async load(): Promise<void> {
    try {
      if (this.disk === realDisk) await makeDirectory(this.folder, 0o750);
      for (const name of await this.disk.list(this.folder)) await this.loadOne(name);
      this.entries.sort((a, b) => compareVersions(a.entry.version, b.entry.version));
      await this.prune();
    } catch (error) {
      this.say(reasonOf(error));
    }
  }

  private async loadOne(name: string): Promise<void> {
    const path = join(this.folder, name);
    // What a crash left half written.
    if (name.endsWith('.new')) return this.disk.unlink(path).catch(() => undefined);
    if (!namePattern.test(name) || isSetAside(name)) return;
    const found = await readEntry(this.disk, path);
    if (typeof found !== 'string') {
      this.entries.push({ entry: found, bytes: Buffer.byteLength(seal(found)) });
      return;
    }
    this.complain(`history: ${await setAside(this.disk, path, found, new Date(), '')}`);
  }

  private pathOf(version: Version): string {
    return join(this.folder, `${showVersion(version)}.json`);
  }

  private say(because: string): void {
    if (!this.complained) this.complain(`the history of cluster files is kept in memory only: ${because}`);
    this.complained = true;
  }
}

/** All members are asked for all of it: a change of everything is told in short. */
const inBounds = (what: readonly string[]): readonly string[] =>
  (what.length > changesMax ? [...what.slice(0, changesMax), `and ${what.length - changesMax} more`] : what).map(
    (each) => each.slice(0, changeLengthMax),
  );

/** Versions that have a file, whether or not it can be read, the newest first. */
export async function historyVersions(stateDirectory: string, disk: Disk): Promise<Version[]> {
  const names = await disk.list(join(stateDirectory, folderName)).catch(() => []);
  const versions = names.flatMap((name) => {
    const parts = /^(\d{1,15})\.(\d{1,15})\.json/.exec(name);
    return parts === null ? [] : [{ view: Number(parts[1]), counter: Number(parts[2]) }];
  });
  return versions.sort((a, b) => compareVersions(b, a));
}

/** The newest version that was not taken back and can be read: for a node whose document is lost. */
export async function newestKept(stateDirectory: string, disk: Disk): Promise<HistoryEntry | null> {
  for (const version of await historyVersions(stateDirectory, disk)) {
    const found = await readEntry(disk, join(stateDirectory, folderName, `${showVersion(version)}.json`));
    if (typeof found !== 'string' && !found.withdrawn) return found;
  }
  return null;
}

/** The entry, or why it cannot be used. */
async function readEntry(disk: Disk, path: string): Promise<HistoryEntry | string> {
  const found = await readSealed(path, disk);
  if (found.state === 'absent') return 'it is gone';
  if (found.state === 'bad') return found.because;
  return isEntry(found.data) ? found.data : 'its content has another shape than this version writes';
}

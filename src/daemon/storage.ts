/**
 * What a node remembers over a restart: the document of the cluster, the view numbers that it may have promised, and the
 * definitions of what it started. Each in a sealed file of its own in the state directory.
 *
 * A file that cannot be trusted is set aside and said; it never keeps the daemon from starting.
 */
import { readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Service } from '../core/model.ts';
import type { Doc, NodeEvent, PromiseNote, Storage } from '../core/ports.ts';
import { writePromise } from './promise-note.ts';
import { reasonOf } from './reason.ts';
import { readSealed, SealedFile } from './sealed-file.ts';

const files = { doc: 'doc.json', reserve: 'reserve.json', ledger: 'ledger.json' } as const;

/** Set-aside copies of one file that are kept. */
const badCopiesMax = 5;

/**
 * When the promises are lost, numbers are taken from so far above the document's that none can have been promised:
 * a skipped number costs nothing, one that is given twice could make two nodes act at once.
 */
const lostReserveJump = 1_000_000;

export interface SavedState {
  readonly doc: Doc | null;
  readonly reserved: number;
  readonly ledger: readonly Service[];
  /** What was wrong with the files and what was done about it, one sentence each. */
  readonly remarks: readonly string[];
}

/** Reads the state directory; whatever is damaged counts as absent. */
export async function readState(directory: string, now: Date): Promise<SavedState> {
  const remarks: string[] = [];
  const read = async <T>(file: string, accepts: (data: unknown) => data is T): Promise<T | 'absent' | 'bad'> => {
    const path = join(directory, file);
    const found = await readSealed(path);
    if (found.state === 'absent') return 'absent';
    if (found.state === 'read' && accepts(found.data)) return found.data;
    const because = found.state === 'bad' ? found.because : 'its content has another shape than this version writes';
    remarks.push(await setAside(path, because, now));
    return 'bad';
  };
  const doc = await read(files.doc, isDoc);
  const reserve = await read(files.reserve, isReserve);
  const ledger = await read(files.ledger, isLedger);
  const docView = typeof doc === 'string' ? 0 : doc.version.view;
  return {
    doc: typeof doc === 'string' ? null : doc,
    reserved: reserve === 'absent' ? 0 : reserve === 'bad' ? docView + lostReserveJump : reserve.upTo,
    ledger: typeof ledger === 'string' ? [] : ledger,
    remarks,
  };
}

export interface StorageOptions {
  /** On a disk: survives the machine. */
  readonly stateDirectory: string;
  /** In memory: survives the daemon. */
  readonly runDirectory: string;
  readonly deliver: (event: NodeEvent) => void;
  readonly complain: (remark: string) => void;
}

/** The storage port on real files. Every save is answered by one event, in the order of the saves. */
export class FileStorage implements Storage {
  private readonly deliver: (event: NodeEvent) => void;
  private readonly complain: (remark: string) => void;
  private readonly runDirectory: string;
  private readonly doc: SealedFile;
  private readonly reserveFile: SealedFile;
  private readonly ledger: SealedFile;
  private reservedMax = 0;

  constructor({ stateDirectory, runDirectory, deliver, complain }: StorageOptions) {
    this.deliver = deliver;
    this.complain = complain;
    this.runDirectory = runDirectory;
    this.doc = new SealedFile(join(stateDirectory, files.doc));
    this.reserveFile = new SealedFile(join(stateDirectory, files.reserve));
    this.ledger = new SealedFile(join(stateDirectory, files.ledger));
  }

  saveDoc(doc: Doc): void {
    void this.doc.save(doc).then((written) => {
      const because = written.ok ? '' : written.because;
      if (!written.ok) this.complain(because);
      this.deliver({ kind: 'docSaved', version: doc.version, ok: written.ok, because });
    });
  }

  reserve(upTo: number): void {
    this.reservedMax = Math.max(this.reservedMax, upTo);
    void this.reserveFile.save({ upTo: this.reservedMax }).then((written) => {
      const because = written.ok ? '' : written.because;
      if (!written.ok) this.complain(because);
      this.deliver({ kind: 'reserved', upTo, ok: written.ok, because });
    });
  }

  saveLedger(services: readonly Service[]): void {
    void this.ledger.save(services).then((written) => {
      if (!written.ok) this.complain(written.because);
    });
  }

  notePromise(note: PromiseNote): void {
    const problem = writePromise(this.runDirectory, note);
    if (problem !== null) this.complain(problem);
  }
}

async function setAside(path: string, because: string, now: Date): Promise<string> {
  const aside = `${path}.bad-${now.toISOString().replace(/[-:]/g, '').replace(/\..*/, 'Z')}`;
  try {
    await rename(path, aside);
    await dropOldCopies(path);
    return `${path} was set aside as ${aside}: ${because}`;
  } catch (error) {
    return `${path} is ignored (${because}) and could not be set aside: ${reasonOf(error)}`;
  }
}

async function dropOldCopies(path: string): Promise<void> {
  const directory = join(path, '..');
  const prefix = `${path.slice(path.lastIndexOf('/') + 1)}.bad-`;
  const copies = (await readdir(directory)).filter((name) => name.startsWith(prefix)).sort();
  for (const name of copies.slice(0, -badCopiesMax)) await unlink(join(directory, name));
}

// The checksum says that we wrote it; these only refuse what a former version wrote in another shape.

function isDoc(data: unknown): data is Doc {
  const doc = data as Doc | null;
  return (
    typeof doc === 'object' &&
    doc !== null &&
    typeof doc.source === 'string' &&
    isVersion(doc.version) &&
    isVersion(doc.content) &&
    Array.isArray(doc.cluster?.nodes) &&
    Array.isArray(doc.cluster.services) &&
    typeof doc.admin?.moves === 'object'
  );
}

const isVersion = (version: { view: unknown; counter: unknown } | undefined): boolean =>
  Number.isSafeInteger(version?.view) && Number.isSafeInteger(version?.counter);

const isReserve = (data: unknown): data is { upTo: number } =>
  Number.isSafeInteger((data as { upTo?: unknown } | null)?.upTo);

const isLedger = (data: unknown): data is Service[] =>
  Array.isArray(data) &&
  data.every((item: Partial<Service> | null) => typeof item?.id === 'string' && item.resource !== undefined);

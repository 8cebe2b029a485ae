/**
 * What a node remembers over a restart: the document of the cluster, the view numbers that it may have promised, and the
 * definitions of what it started. Each in a sealed file of its own in the state directory. See docs/internals/state.md.
 *
 * A file that cannot be trusted is set aside and said; it never keeps the daemon from starting.
 */
import { randomInt } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { HistoryEntry } from '../api/history.ts';
import {
  type Cluster,
  type Ms,
  noFencing,
  noRules,
  plainCluster,
  plainNode,
  plainQuorum,
  plainTraits,
  type Service,
} from '../core/model.ts';
import { type Doc, type NodeEvent, noAdmin, type PromiseNote, type Storage } from '../core/ports.ts';
import { historyVersions, newestKept } from './history.ts';
import { writePromise } from './promise-note.ts';
import { readSealed, SealedFile, seal } from './sealed-file.ts';
import { isSetAside, setAside } from './storage-aside.ts';
import { type Disk, realDisk, replaceFile, syncFolder } from './storage-disk.ts';

const files = { doc: 'doc.json', reserve: 'reserve.json', ledger: 'ledger.json' } as const;

/**
 * When the promises are lost, numbers are taken from so far above all that is known that none can have been promised: a skipped
 * number costs nothing, one that is given twice could make two nodes act at once. The random part is for the disk that loses
 * the evidence of the former loss too.
 */
const lostReserveJump = 1_000_000;
const lostReserveSpread = 8_000_000;

export interface SavedState {
  readonly doc: Doc | null;
  /** There was one, which cannot be read any more. */
  readonly docLost: boolean;
  readonly reserved: number;
  readonly ledger: readonly Service[];
  /** The newest file of the history, where the document itself is lost. */
  readonly kept: HistoryEntry | null;
  /** What was wrong with the files and what was done about it, one sentence each. */
  readonly remarks: readonly string[];
}

/** Reads the state directory; whatever is damaged counts as absent. */
export async function readState(
  directory: string,
  now: Date,
  disk: Disk = realDisk,
  jump: () => number = () => lostReserveJump + randomInt(lostReserveSpread),
): Promise<SavedState> {
  const remarks: string[] = [];
  // A directory that was just made is itself only a name in the one above it.
  await syncFolder(disk, dirname(directory)).catch(() => undefined);
  const read = async <T>(file: string, accepts: (data: unknown) => data is T): Promise<T | 'absent' | 'bad'> => {
    const path = join(directory, file);
    const found = await readSealed(path, disk);
    if (found.state === 'absent') return 'absent';
    if (found.state === 'read' && accepts(found.data)) return found.data;
    const because = found.state === 'bad' ? found.because : 'its content has another shape than this version writes';
    remarks.push(await setAside(disk, path, because, now));
    return 'bad';
  };
  const doc = await read(files.doc, isDoc);
  const reserve = await read(files.reserve, isReserve);
  const ledger = await read(files.ledger, isLedger);
  const known = typeof doc === 'string' ? null : doc;
  const kept = known === null ? await newestKept(directory, disk) : null;
  const isOld = (known === null || reserve === 'absent') && (await hasPast(directory, disk, known));
  const docLost = known === null && (doc === 'bad' || isOld);
  const isLost = reserve === 'bad' || (reserve === 'absent' && isOld);
  const reserved = isLost
    ? await reserveAnew(directory, disk, known, jump, remarks)
    : reserve === 'absent'
      ? 0
      : reserve.upTo;
  return {
    doc: known,
    docLost,
    reserved,
    ledger: typeof ledger === 'string' ? [] : ledger.map(withTraits),
    kept,
    remarks,
  };
}

/**
 * Whether this node has promised something, though nothing says up to which number: it has a document of some view, or files
 * that were set aside by a start that ended before it wrote the new number.
 */
async function hasPast(directory: string, disk: Disk, doc: Doc | null): Promise<boolean> {
  if (doc !== null && doc.version.view > 0) return true;
  const names = await disk.list(directory).catch(() => []);
  return names.some(isSetAside) || (await historyVersions(directory, disk)).length > 0;
}

/** Written at once, so that a daemon that ends before its first promise does not leave less behind than it found. */
async function reserveAnew(
  directory: string,
  disk: Disk,
  doc: Doc | null,
  jump: () => number,
  remarks: string[],
): Promise<number> {
  const [newest] = await historyVersions(directory, disk);
  const upTo = Math.max(doc?.version.view ?? 0, newest?.view ?? 0) + jump();
  const written = await replaceFile(disk, join(directory, files.reserve), seal({ upTo }));
  if (!written.ok) remarks.push(written.because);
  remarks.push(`which view numbers this node promised is not known any more: it goes on with numbers above ${upTo}`);
  return upTo;
}

export interface StorageOptions {
  /** On a disk: survives the machine. */
  readonly stateDirectory: string;
  /** In memory: survives the daemon. */
  readonly runDirectory: string;
  readonly deliver: (event: NodeEvent) => void;
  readonly complain: (remark: string) => void;
  readonly disk?: Disk;
  /** How long after a failure the reserved numbers are written again. */
  readonly reserveAgainMs?: Ms;
}

/** The storage port on real files. Every save is answered by one event, in the order of the saves. */
export class FileStorage implements Storage {
  private readonly deliver: (event: NodeEvent) => void;
  private readonly complain: (remark: string) => void;
  private readonly runDirectory: string;
  private readonly doc: SealedFile;
  private readonly reserveFile: SealedFile;
  private readonly ledger: SealedFile;
  private readonly reserveAgainMs: Ms;
  private reservedMax = 0;
  private reserveTimer: NodeJS.Timeout | null = null;

  constructor(options: StorageOptions) {
    const { stateDirectory, disk } = options;
    this.deliver = options.deliver;
    this.complain = options.complain;
    this.runDirectory = options.runDirectory;
    this.reserveAgainMs = options.reserveAgainMs ?? 1000;
    this.doc = new SealedFile(join(stateDirectory, files.doc), disk);
    this.reserveFile = new SealedFile(join(stateDirectory, files.reserve), disk);
    this.ledger = new SealedFile(join(stateDirectory, files.ledger), disk);
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
      if (!written.ok) this.reserveAgain();
      this.deliver({ kind: 'reserved', upTo, ok: written.ok, because });
    });
  }

  /** The core goes on without the disk, so that a full one stops no failover; the number must follow when there is room. */
  private reserveAgain(): void {
    this.reserveTimer ??= setTimeout(() => {
      void this.reserveFile.save({ upTo: this.reservedMax }).then((written) => {
        this.reserveTimer = null;
        if (!written.ok) this.reserveAgain();
      });
    }, this.reserveAgainMs).unref();
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

// The checksum says that we wrote it; these only refuse what a former version wrote in another shape.

function isDoc(data: unknown): data is Doc {
  const doc = (data ?? {}) as Partial<Doc>;
  return (
    typeof doc.source === 'string' &&
    isVersion(doc.version) &&
    isVersion(doc.content) &&
    isTable(doc.voters) &&
    hasKeysOf(noAdmin, doc.admin) &&
    hasKeysOf(noAdmin.maintenance, doc.admin?.maintenance) &&
    isCluster(doc.cluster)
  );
}

const isCluster = (cluster: Cluster | undefined): boolean =>
  hasKeysOf(plainCluster('', { intervalMs: 0, deadMs: 0, port: 0 }, [], []), cluster) &&
  hasKeysOf(plainQuorum, cluster?.quorum) &&
  hasKeysOf(noFencing, cluster?.fencing) &&
  Array.isArray(cluster?.nodes) &&
  cluster.nodes.every((node) => hasKeysOf(plainNode('', [], 0), node)) &&
  Array.isArray(cluster.services) &&
  cluster.services.every((service) => hasKeysOf(plainTraits, service) && isTable(service.resource)) &&
  hasKeysOf(noRules, cluster.rules);

const isTable = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member that this version adds is missing in what a former one wrote. */
const hasKeysOf = (model: object, value: unknown): boolean =>
  isTable(value) && Object.keys(model).every((key) => Object.hasOwn(value as object, key));

const isVersion = (version: { view: unknown; counter: unknown } | undefined): boolean =>
  Number.isSafeInteger(version?.view) && Number.isSafeInteger(version?.counter);

const isReserve = (data: unknown): data is { upTo: number } =>
  Number.isSafeInteger((data as { upTo?: unknown } | null)?.upTo);

/** What a former version noted says nothing of what it did not know. */
const withTraits = (service: Service): Service => {
  const { resource } = service;
  return { ...plainTraits, ...service, resource: resource.kind === 'ocf' ? { ...noParamsOn, ...resource } : resource };
};

const noParamsOn = { paramsOn: {} };

const isLedger = (data: unknown): data is Service[] =>
  Array.isArray(data) &&
  data.every((item: Partial<Service> | null) => typeof item?.id === 'string' && isTable(item.resource));

/**
 * What a machine's disk keeps: three files, each written as `src/daemon/storage.ts` does it: one write at a time, the newest
 * waiting one next, and those that it replaced answered with its result.
 *
 * A write that was under way when the machine died is lost or done; on a disk that tears, the file may then be unreadable. What
 * cannot be read counts as absent, and view numbers begin far above the document's.
 */
import type { Service } from '../../src/core/model.ts';
import type { Doc } from '../../src/core/ports.ts';
import { diskPatienceMs } from '../../src/daemon/sealed-file.ts';
import type { DiskFile } from './faults.ts';
import type { Prng } from './prng.ts';
import type { World } from './world.ts';

/** As `lostReserveJump` in src/daemon/storage.ts. */
const lostReserveJump = 1_000_000;

interface Files {
  readonly doc: Doc;
  readonly reserve: number;
  readonly ledger: readonly Service[];
}

interface Write {
  readonly value: Files[DiskFile];
  readonly answers: readonly Answer[];
}

/** Null: it does not answer. */
type Answer = (ok: boolean | null) => void;

interface Kept {
  content: Files[DiskFile] | 'absent' | 'bad';
  writing: Write | null;
  waiting: Write | null;
}

export interface Saved {
  readonly doc: Doc | null;
  readonly reserved: number;
  readonly ledger: readonly Service[];
}

export class Disk {
  fullDepth = 0;
  /** No write ends meanwhile. */
  hungDepth = 0;
  /** View numbers were promised that are not on it. */
  lacksReserve = false;
  /** Seconds, where the disk is slow. */
  slowMs = 0;
  readonly #world: World;
  readonly #prng: Prng;
  readonly #tears: boolean;
  readonly #files: Record<DiskFile, Kept> = { doc: absent(), reserve: absent(), ledger: absent() };
  /** A daemon that died no longer hears how its writes end, and writes no more of what waits. */
  #life = 0;
  readonly #held: (() => void)[] = [];

  constructor(world: World, prng: Prng, tears: boolean) {
    this.#world = world;
    this.#prng = prng;
    this.#tears = tears;
  }

  write<F extends DiskFile>(file: F, value: Files[F], answer: Answer): void {
    const kept = this.#files[file];
    kept.waiting = { value, answers: [...(kept.waiting?.answers ?? []), this.#once(answer)] };
    if (kept.writing === null) this.#next(file);
  }

  /** After a hang what was under way ends. */
  release(): void {
    this.hungDepth--;
    if (this.hungDepth > 0) return;
    for (const end of this.#held.splice(0)) end();
  }

  #once(answer: Answer): Answer {
    const life = this.#life;
    let isOpen = true;
    const once: Answer = (ok) => {
      if (isOpen) answer(ok);
      isOpen = false;
    };
    this.#world.agenda.after(diskPatienceMs, () => {
      if (life === this.#life) once(null);
    });
    return once;
  }

  /** The writer is gone; the machine as well, or only the daemon. */
  cutOff(machineToo: boolean): void {
    this.#life++;
    for (const kept of Object.values(this.#files)) {
      const { writing } = kept;
      kept.writing = null;
      kept.waiting = null;
      if (writing === null) continue;
      if (machineToo && this.#tears && this.#prng.chance(0.5)) kept.content = 'bad';
      else if (this.#prng.chance(0.5) && this.fullDepth === 0) kept.content = writing.value;
    }
  }

  damage(file: DiskFile): void {
    if (this.#files[file].content !== 'absent') this.#files[file].content = 'bad';
  }

  /** What a starting daemon finds. */
  read(): Saved {
    const { doc, reserve, ledger } = this.#files;
    const saved = typeof doc.content === 'string' ? null : (doc.content as Doc);
    const lost = (saved?.version.view ?? 0) + lostReserveJump;
    const reserved = reserve.content === 'bad' ? lost : reserve.content === 'absent' ? 0 : (reserve.content as number);
    return { doc: saved, reserved, ledger: typeof ledger.content === 'string' ? [] : (ledger.content as Service[]) };
  }

  /** Whether there once was a document that can no longer be read. */
  get hasLostDoc(): boolean {
    return this.#files.doc.content === 'bad';
  }

  #next(file: DiskFile): void {
    const kept = this.#files[file];
    const write = kept.waiting;
    kept.writing = write;
    kept.waiting = null;
    if (write === null) return;
    const life = this.#life;
    const takesMs = this.#prng.between(1, this.#world.quirks.diskMs) + this.slowMs * this.#prng.next();
    const end = (): void => {
      if (life !== this.#life) return;
      if (this.hungDepth > 0) {
        this.#held.push(end);
        return;
      }
      const ok = this.fullDepth === 0;
      if (ok) kept.content = write.value;
      if (file === 'reserve' && !ok) this.lacksReserve = true;
      this.#next(file);
      for (const answer of write.answers) answer(ok);
    };
    this.#world.agenda.after(takesMs, end);
  }
}

const absent = (): Kept => ({ content: 'absent', writing: null, waiting: null });

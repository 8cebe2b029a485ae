/**
 * A JSON file that is replaced as a whole, and that knows whether it is intact.
 *
 * How it is written so that a crash leaves the old or the new content: `storage-disk.ts`. The checksum is over the bytes of
 * the data as they are in the file, so that a flipped bit of a dying disk is found too.
 */
import { createHash } from 'node:crypto';
import type { Ms } from '../core/model.ts';
import { reasonOf } from './reason.ts';
import { type Disk, realDisk, replaceFile, type Written } from './storage-disk.ts';

const format = 1;
/** A write that takes longer is given up waiting for. */
export const diskPatienceMs: Ms = 10_000;
const bytesMax = 16 * 1024 * 1024;
const headPattern = /^\{"format":(\d{1,9}),"sha256":"([0-9a-f]{64})","data":/;

export type Unsealed =
  | { readonly state: 'read'; readonly data: unknown }
  | { readonly state: 'absent' }
  | { readonly state: 'bad'; readonly because: string };

/** The text of a file that holds `data`. */
export function seal(data: unknown): string {
  const body = JSON.stringify(data);
  return `{"format":${format},"sha256":"${sha256(body)}","data":${body}}\n`;
}

/** What was sealed, or why this text cannot be trusted. */
export function unseal(text: string): Unsealed {
  if (text === '') return bad('it is empty');
  const head = headPattern.exec(text);
  if (head === null) return bad('it does not begin as a file of Sempre does');
  if (head[1] !== String(format)) return bad(`it has format ${head[1]}, this version reads format ${format}`);
  if (!text.endsWith('}\n')) return bad('its end is missing');
  const body = text.slice(head[0].length, -2);
  if (sha256(body) !== head[2]) return bad('its checksum does not fit');
  return { state: 'read', data: JSON.parse(body) };
}

export async function readSealed(path: string, disk: Disk = realDisk): Promise<Unsealed> {
  try {
    const text = await disk.readFile(path);
    if (text.length > bytesMax) return bad(`it is larger than ${bytesMax} bytes`);
    return unseal(text.toString('utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'absent' };
    return bad(`it could not be read: ${reasonOf(error)}`);
  }
}

/**
 * Writes one file, one write at a time. When saves come faster than the disk, only the newest waiting one is written;
 * those that it replaces are answered with its result, because what is on the disk then is newer than what they asked for.
 *
 * A disk that hangs counts as one that fails, so that somebody else can act. What was called failed may reach the disk later, as
 * after a crash before the answer.
 */
export class SealedFile {
  private writing = false;
  private waiting: { text: string; answers: Set<(written: Written) => void> } | null = null;
  private readonly path: string;
  private readonly disk: Disk;
  private readonly patienceMs: Ms;

  constructor(path: string, disk: Disk = realDisk, patienceMs = diskPatienceMs) {
    this.path = path;
    this.disk = disk;
    this.patienceMs = patienceMs;
  }

  save(data: unknown): Promise<Written> {
    const text = seal(data);
    return new Promise((resolve) => {
      const answer = (written: Written): void => {
        clearTimeout(patience);
        resolve(written);
      };
      const patience = setTimeout(() => {
        this.waiting?.answers.delete(answer);
        resolve({ ok: false, because: `${this.path}: the disk has not answered for ${this.patienceMs / 1000} s` });
      }, this.patienceMs).unref();
      this.waiting = { text, answers: new Set(this.waiting?.answers).add(answer) };
      if (!this.writing) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.writing = true;
    while (this.waiting !== null) {
      const { text, answers } = this.waiting;
      this.waiting = null;
      const written = await replaceFile(this.disk, this.path, text);
      for (const answer of answers) answer(written);
    }
    this.writing = false;
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const bad = (because: string): Unsealed => ({ state: 'bad', because });

/**
 * The files of the flight recorder: a ring of bounded size in which the oldest file gives way to the newest.
 *
 * Written in batches outside of the loop and never synced: what matters is the past before something happened, not the last
 * moment of a power cut. A disk that fails or hangs costs lines, never time or memory.
 */
import { writeSync } from 'node:fs';
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from './directory.ts';
import { reasonOf } from './reason.ts';

export interface RingOptions {
  readonly directory: string;
  readonly filesMax: number;
  /** The lines that wait must fit into this, or the disk counts as failed. */
  readonly waitingBytesMax: number;
  /** Called when lines were lost: what comes next has to begin with a new file. */
  readonly failed: (because: string) => void;
  readonly wrote: () => void;
}

export const segmentPattern = /^(\d{8})\.jsonl$/;

const flushAfterMs = 250;

type Step = { readonly kind: 'file' } | { readonly kind: 'text'; readonly text: string };

export class RecorderRing {
  private readonly options: RingOptions;
  private steps: Step[] = [];
  private waitingBytes = 0;
  private file: FileHandle | null = null;
  private position = 0;
  /** What a write under way was given, and where it goes. */
  private underWay: { readonly bytes: Buffer; readonly position: number } | null = null;
  private writing: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private next: number | null = null;

  constructor(options: RingOptions) {
    this.options = options;
  }

  /** The lines that follow go to a new file. */
  begin(): void {
    this.steps.push({ kind: 'file' });
  }

  write(text: string): void {
    this.steps.push({ kind: 'text', text });
    this.waitingBytes += text.length;
    if (this.waitingBytes > this.options.waitingBytesMax) return this.fail('the disk does not keep up');
    this.timer ??= setTimeout(() => this.writeOut(), flushAfterMs).unref();
  }

  async close(): Promise<void> {
    while (this.steps.length > 0 || this.writing !== null) {
      this.writeOut();
      await this.writing;
    }
    if (this.timer !== null) clearTimeout(this.timer);
    await this.file?.close().catch(() => undefined);
    this.file = null;
  }

  /** For a process that ends now: what waits for the file that is open, at once. */
  flushNow(): void {
    if (this.file === null) return;
    try {
      // A write that is under way may or may not happen: the same bytes at the same place do no harm.
      if (this.underWay !== null) writeSync(this.file.fd, this.underWay.bytes, 0, null, this.underWay.position);
      for (const step of this.steps) {
        if (step.kind === 'file') return;
        this.position += writeSync(this.file.fd, step.text, this.position);
      }
      this.steps = [];
    } catch {
      // The process ends: there is nobody to tell.
    }
  }

  private writeOut(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.writing ??= this.drain().finally(() => {
      this.writing = null;
    });
  }

  private async drain(): Promise<void> {
    try {
      while (this.steps.length > 0) await this.writeSome();
    } catch (error) {
      this.fail(reasonOf(error));
      await this.file?.close().catch(() => undefined);
      this.file = null;
    }
  }

  private async writeSome(): Promise<void> {
    if (this.steps[0]?.kind === 'file') {
      this.steps.shift();
      return this.openNext();
    }
    const end = this.steps.findIndex(({ kind }) => kind === 'file');
    const batch = this.steps.splice(0, end === -1 ? this.steps.length : end);
    const bytes = Buffer.from(batch.map((step) => (step.kind === 'text' ? step.text : '')).join(''));
    this.waitingBytes = this.steps.reduce((sum, step) => sum + (step.kind === 'text' ? step.text.length : 0), 0);
    this.underWay = { bytes, position: this.position };
    this.position += bytes.length;
    for (let done = 0; done < bytes.length; ) {
      const { position } = this.underWay;
      done += (await this.file?.write(bytes, done, bytes.length - done, position + done))?.bytesWritten ?? bytes.length;
    }
    this.underWay = null;
    this.options.wrote();
  }

  private async openNext(): Promise<void> {
    await this.file?.close();
    this.file = null;
    await makeDirectory(this.options.directory, 0o750);
    const numbers = await segmentsIn(this.options.directory);
    const number = Math.max(this.next ?? 1, (numbers.at(-1) ?? 0) + 1);
    // First of all, because the disk may be full.
    for (const old of numbers.slice(0, Math.max(0, numbers.length - this.options.filesMax + 1)))
      await unlink(join(this.options.directory, segmentName(old)));
    this.file = await open(join(this.options.directory, segmentName(number)), 'w', 0o600);
    this.next = number + 1;
    this.position = 0;
  }

  private fail(because: string): void {
    this.steps = [];
    this.waitingBytes = 0;
    this.underWay = null;
    this.options.failed(because);
  }
}

const segmentName = (number: number): string => `${String(number).padStart(8, '0')}.jsonl`;

/** Numbers of the files, oldest first. */
async function segmentsIn(directory: string): Promise<number[]> {
  return (await readdir(directory))
    .flatMap((name) => Number(segmentPattern.exec(name)?.[1] ?? []))
    .sort((a, b) => a - b);
}

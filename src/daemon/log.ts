/**
 * The daemon's lines on standard output: for journald with a priority in front, for a terminal or a file with a time.
 *
 * `process.stdout` writes to pipes and sockets with a blocking call: a log reader that hangs would stop the heartbeat.
 * So one write at a time goes through the thread pool, and lines are dropped (and counted) when too many wait.
 */
import { fstatSync, write } from 'node:fs';

export type Severity = 'error' | 'warning' | 'notice' | 'info' | 'debug';

const priority: Readonly<Record<Severity, number>> = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 };

const waitingMax = 2000;
const retryAfterMs = 20;
const standardOutput = 1;

/** Writes lines; never waits and never throws. */
export class Log {
  private readonly toJournal: boolean;
  private readonly debug: boolean;
  private waiting: Buffer[] = [];
  private writing = false;
  private dropped = 0;

  constructor(environment: NodeJS.ProcessEnv, debug: boolean) {
    this.toJournal = isJournal(environment.JOURNAL_STREAM);
    this.debug = debug;
  }

  line(severity: Severity, text: string): void {
    if (severity === 'debug' && !this.debug) return;
    if (this.waiting.length >= waitingMax) {
      this.dropped += 1;
      return;
    }
    this.waiting.push(Buffer.from(formatLine(severity, text, this.toJournal ? null : new Date())));
    if (!this.writing) this.writeOn();
  }

  /** Waits until all lines are out, but no longer than `limitMs`. */
  async flush(limitMs: number): Promise<void> {
    const endMs = performance.now() + limitMs;
    while (this.writing && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  private writeOn(): void {
    this.writing = this.waiting.length > 0 || this.dropped > 0;
    if (!this.writing) return;
    const bytes = Buffer.concat([...this.waiting, ...this.dropNotice()]);
    this.waiting = [];
    this.writeBytes(bytes);
  }

  private writeBytes(bytes: Buffer): void {
    write(standardOutput, bytes, (error, written) => {
      const rest = error === null ? bytes.subarray(written) : bytes;
      if (error?.code === 'EAGAIN') setTimeout(() => this.writeBytes(rest), retryAfterMs);
      else if (error !== null || rest.length === 0) this.writeOn();
      else this.writeBytes(rest);
    });
  }

  private dropNotice(): Buffer[] {
    if (this.dropped === 0) return [];
    const text = `${this.dropped} lines were left out here: the reader of this log was too slow`;
    this.dropped = 0;
    return [Buffer.from(formatLine('warning', text, this.toJournal ? null : new Date()))];
  }
}

/** One line however many `text` has: a second line would lose its priority. `now` is null where the reader adds times. */
export function formatLine(severity: Severity, text: string, now: Date | null): string {
  const line = text.trimEnd().replace(/\s*[\r\n]+\s*/g, ' | ');
  if (now === null) return `<${priority[severity]}>${line}\n`;
  const mark = severity === 'error' || severity === 'warning' ? `${severity}: ` : '';
  return `${now.toISOString()} ${mark}${line}\n`;
}

/** The variable names the device and inode of the stream, because children inherit the variable but not always the stream. */
function isJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(1);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

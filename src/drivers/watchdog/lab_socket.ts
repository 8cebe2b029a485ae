/**
 * The watchdog of a lab's host: a UNIX socket that the lab serves, in the place of a device. Only labs have one.
 *
 * The same rules as of a device. Connecting starts it; one connection at a time. `set 5` sets the timeout, `feed` feeds it,
 * `V` before closing stops it. Closed without a `V` it counts on, and at its end the lab power-cycles the host.
 * The lab answers `is 5 NAME` to `set`, `off` to `V`, and `no REASON` before it closes a connection that it does not want.
 */
import { connect, type Socket } from 'node:net';
import type { Answer, OpenedWatchdog, Opening } from './opened.ts';

const answerMs = 2000;
/** A lab that does not read any more gets no endless queue. */
const unsentBytesMax = 4096;

export async function openLabSocket(path: string): Promise<Opening> {
  const line = await Line.open(path);
  if (typeof line === 'string') return { ok: false, because: `the lab's watchdog ${path}: ${line}`, soon: true };
  return {
    ok: true,
    watchdog: {
      identity: 'lab watchdog',
      noWayOut: false,
      setTimeoutMs: (timeoutMs) => setTimeoutOf(line, timeoutMs),
      feed: () => line.send('feed'),
      disarm: async () => {
        const answer = await line.ask('V');
        line.close();
        return answer.ok;
      },
      abandon: () => line.close(),
    } satisfies OpenedWatchdog,
  };
}

async function setTimeoutOf(line: Line, timeoutMs: number): Promise<Answer<number>> {
  const answer = await line.ask(`set ${timeoutMs / 1000}`);
  if (!answer.ok) return answer;
  const seconds = /^is (\d+)/.exec(answer.value)?.[1];
  return seconds === undefined
    ? { ok: false, because: answer.value.replace(/^no /, '') }
    : { ok: true, value: Number(seconds) * 1000 };
}

/** Lines out, lines in; an answer belongs to the last question. */
class Line {
  readonly #socket: Socket;
  #ended: string | null = null;
  #waiting: ((answer: Answer<string>) => void) | null = null;
  #rest = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end('the lab closed the connection'));
  }

  static open(path: string): Promise<Line | string> {
    return new Promise((resolve) => {
      const socket = connect(path);
      const timer = setTimeout(() => socket.destroy(new Error('no answer')), answerMs);
      socket.once('error', (error) => {
        clearTimeout(timer);
        resolve(error.message);
      });
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeAllListeners('error');
        resolve(new Line(socket));
      });
    });
  }

  /** Null, or why it is lost. Never waits. */
  send(text: string): string | null {
    if (this.#ended !== null) return this.#ended;
    if (this.#socket.writableLength > unsentBytesMax) return 'the lab does not read any more';
    this.#socket.write(`${text}\n`);
    return null;
  }

  ask(text: string): Promise<Answer<string>> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer({ ok: false, because: 'the lab does not answer' }), answerMs);
      this.#waiting = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      const lost = this.send(text);
      if (lost !== null) this.#answer({ ok: false, because: lost });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-unsentBytesMax);
    for (const line of lines) this.#answer({ ok: true, value: line });
  }

  #answer(answer: Answer<string>): void {
    this.#waiting?.(answer);
    this.#waiting = null;
  }

  #end(because: string): void {
    this.#ended ??= because;
    this.#answer({ ok: false, because: this.#ended });
  }
}

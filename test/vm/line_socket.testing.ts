/** A UNIX socket with lines: one question at a time waits for its answer, what nobody waits for is heard. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

interface Waiting {
  readonly fits: (line: string) => boolean;
  readonly answer: (line: string) => void;
}

const openMs = 15_000;

export class LineSocket {
  readonly #socket: Socket;
  readonly #hear: (line: string) => void;
  readonly #waiting = new Set<Waiting>();
  #rest = '';

  private constructor(socket: Socket, hear: (line: string) => void) {
    this.#socket = socket;
    this.#hear = hear;
    socket.on('error', () => {});
    socket.setEncoding('latin1').on('data', (text: string) => this.#take(text));
  }

  /** Also when the other side is not there yet. */
  static async open(path: string, hear: (line: string) => void): Promise<LineSocket> {
    const endMs = performance.now() + openMs;
    for (;;) {
      const socket = await connected(path);
      if (socket !== null) return new LineSocket(socket, hear);
      if (performance.now() > endMs) throw new Error(`nobody serves ${path}`);
      await sleep(50);
    }
  }

  ask(line: string, fits: (line: string) => boolean, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(new Error(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      const answer = (text: string): void => {
        clearTimeout(timer);
        resolve(text);
      };
      const waiting: Waiting = { fits, answer };
      this.#waiting.add(waiting);
      this.#socket.write(`${line}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines.filter((each) => each.trim() !== '')) this.#one(line.trim());
  }

  #one(line: string): void {
    for (const waiting of this.#waiting)
      if (waiting.fits(line)) {
        this.#waiting.delete(waiting);
        return waiting.answer(line);
      }
    this.#hear(line);
  }
}

const connected = (path: string): Promise<Socket | null> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });

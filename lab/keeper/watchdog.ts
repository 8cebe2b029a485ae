/**
 * The watchdog of one lab host: what `src/drivers/watchdog/lab_socket.ts` talks to. As a device in a real machine, it belongs to
 * one life of the host: a host that was switched off meanwhile is not switched on by it.
 */
import type { Socket } from 'node:net';
import type { ProcessId } from '../process-id.ts';
import type { Power } from './power.ts';

const firstTimeoutMs = 60_000;
const secondsMax = 3600;
/** A keeper that was held up reads first what was sent meanwhile. */
const lateMs = 50;

export class HostWatchdog {
  readonly #host: string;
  readonly #power: Power;
  readonly #note: (line: Record<string, unknown>) => void;
  #socket: Socket | null = null;
  #life: ProcessId | null = null;
  #timeoutMs = firstTimeoutMs;
  #fedAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: string, power: Power, note: (line: Record<string, unknown>) => void) {
    this.#host = host;
    this.#power = power;
    this.#note = note;
  }

  /** Connecting starts it, as opening a device does; a daemon that was started again takes it over. */
  take(socket: Socket): (line: string) => void {
    const life = this.#power.init(this.#host);
    if (life === null || (this.#socket !== null && !this.#socket.destroyed)) {
      socket.end(`no ${life === null ? 'the host is off' : 'it is in use'}\n`);
      return () => undefined;
    }
    this.#socket = socket;
    this.#life = life;
    this.#fed();
    return (line) => this.#hear(socket, line);
  }

  #hear(socket: Socket, line: string): void {
    const seconds = /^set (\d{1,4})$/.exec(line)?.[1];
    if (line === 'V') {
      clearTimeout(this.#timer);
      this.#life = null;
      socket.end('off\n');
    } else if (line === 'feed') this.#fed();
    else if (seconds === undefined) socket.end('no it is not understood\n');
    else this.#set(socket, Number(seconds));
  }

  #set(socket: Socket, seconds: number): void {
    if (seconds < 1 || seconds > secondsMax) return void socket.write(`no it takes 1 to ${secondsMax} s\n`);
    this.#timeoutMs = seconds * 1000;
    this.#fed();
    socket.write(`is ${seconds} lab watchdog of ${this.#host}\n`);
  }

  #fed(): void {
    this.#fedAtMs = performance.now();
    this.#wait(this.#timeoutMs);
  }

  #wait(forMs: number): void {
    clearTimeout(this.#timer);
    const dueMs = performance.now() + forMs;
    this.#timer = setTimeout(() => {
      if (performance.now() - dueMs > lateMs) return this.#wait(1);
      setImmediate(() => this.#look());
    }, forMs);
  }

  #look(): void {
    const leftMs = this.#fedAtMs + this.#timeoutMs - performance.now();
    if (this.#life === null) return;
    if (leftMs > 0) return this.#wait(leftMs);
    const life = this.#life;
    this.#life = null;
    const sinceFedMs = Math.round(performance.now() - this.#fedAtMs);
    void this.#power.cycle(this.#host, life).then((done) => {
      if (done !== null) this.#note({ kind: 'watchdog', host: this.#host, sinceFedMs, ok: done.ok });
    });
  }
}

/**
 * The watchdog port on a real node: arms the device with the wanted timeout, reads it back, feeds it, disarms it.
 *
 * A node whose core stops feeding is reset: so nothing here feeds by a timer of its own, with one exception. A device that
 * cannot be stopped (`nowayout`) and that nobody relies on must not reset the machine by surprise; see `#hold`.
 */
import { statSync } from 'node:fs';
import type { Watchdog } from '../../core/model.ts';
import type { NodeEvent, WatchdogPort, WatchdogState } from '../../core/ports.ts';
import { openDevice } from './device.ts';
import { openLabSocket } from './lab_socket.ts';
import type { Answer, OpenedWatchdog, Opening } from './opened.ts';

export interface WatchdogOptions {
  /** Used in the place of every device that the cluster file names: for labs. */
  readonly instead: string | null;
  readonly deliver: (event: Extract<NodeEvent, { kind: 'watchdog' }>) => void;
  readonly open?: (path: string) => Promise<Opening>;
  /** Between two tries to open a device that is missing or busy. */
  readonly retryMs?: number;
}

const retryMs = 5000;
/** How often within its timeout a device is fed that only must not fire. */
const holdShare = 4;

export class WatchdogDriver implements WatchdogPort {
  readonly #options: WatchdogOptions;
  readonly #open: (path: string) => Promise<Opening>;
  #wanted: Watchdog | null = null;
  #path: string | null = null;
  #opened: OpenedWatchdog | null = null;
  #state: WatchdogState = 'none';
  #said = '';
  #queue: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #hold: NodeJS.Timeout | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#open = options.open ?? openWatchdog;
  }

  get isArmed(): boolean {
    return this.#state === 'armed';
  }

  watch(watchdog: Watchdog | null): void {
    this.#wanted = watchdog;
    this.#do(() => {
      this.#said = '';
      return this.#bringAbout();
    });
  }

  feed(): void {
    if (this.#state !== 'armed' || this.#opened === null) return;
    const because = this.#opened.feed();
    if (because === null) return;
    this.#say('failed', `${this.#name()} cannot be fed: ${because}`);
    this.#do(() => this.#start(this.#wanted));
  }

  /** The daemon ends. Left counting, it resets this machine unless the next daemon is there in time. */
  async close(leave: 'counting' | 'disarmed'): Promise<void> {
    await this.#queue;
    clearTimeout(this.#retry);
    if (leave === 'disarmed' && this.#opened !== null) await this.#opened.disarm();
    this.#opened?.abandon();
    this.#opened = null;
    this.#state = 'none';
    clearInterval(this.#hold);
  }

  /** One change at a time: opening asks the system, and `watch` may come again meanwhile. */
  #do(work: () => Promise<void>): void {
    clearTimeout(this.#retry);
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      this.#say('failed', `the watchdog driver broke, a bug: ${(error as Error).message}`);
    });
  }

  async #bringAbout(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted !== null && this.#opened !== null && this.#path === this.#pathOf(wanted)) return this.#set(wanted);
    if (this.#opened !== null && !(await this.#stop())) {
      const what = `${this.#name()} cannot be stopped (nowayout): it is fed as long as this daemon runs, and resets the machine after it`;
      return this.#say(wanted === null ? 'none' : 'failed', what);
    }
    return this.#start(wanted);
  }

  async #start(wanted: Watchdog | null): Promise<void> {
    if (wanted === null) return this.#say('none', 'none is wanted');
    this.#opened?.abandon();
    this.#opened = null;
    if (wanted.timeoutMs % 1000 !== 0)
      return this.#say('failed', `a watchdog counts whole seconds, and ${wanted.timeoutMs / 1000} s are wanted`);
    this.#path = this.#pathOf(wanted);
    const opening = await this.#open(this.#path);
    if (!opening.ok) {
      this.#say('failed', opening.because);
      if (opening.soon) this.#tryLater();
      return;
    }
    this.#opened = opening.watchdog;
    await this.#set(wanted);
  }

  async #set(wanted: Watchdog): Promise<void> {
    const opened = this.#opened;
    if (opened === null) return;
    const right = whetherRight(await opened.setTimeoutMs(wanted.timeoutMs), wanted.timeoutMs);
    const fed = right.ok ? opened.feed() : null;
    if (right.ok && fed === null) {
      clearInterval(this.#hold);
      const noWayOut = opened.noWayOut ? '; it cannot be stopped again (nowayout)' : '';
      return this.#say(
        'armed',
        `${this.#name()}, ${opened.identity}, resets after ${wanted.timeoutMs / 1000} s${noWayOut}`,
      );
    }
    const because = right.ok ? `it cannot be fed: ${fed}` : right.because;
    this.#say('failed', `${this.#name()}, ${opened.identity}: ${because}`);
    await this.#stop(wanted.timeoutMs);
  }

  /** False: it counts on, and is fed until this daemon ends. */
  async #stop(timeoutMs = this.#wanted?.timeoutMs ?? 1000): Promise<boolean> {
    const opened = this.#opened;
    if (opened === null) return true;
    if (await opened.disarm()) {
      this.#opened = null;
      clearInterval(this.#hold);
      return true;
    }
    clearInterval(this.#hold);
    this.#hold = setInterval(() => void opened.feed(), Math.max(250, Math.min(timeoutMs, 4000) / holdShare));
    this.#hold.unref();
    return false;
  }

  #tryLater(): void {
    this.#retry = setTimeout(() => this.#do(() => this.#bringAbout()), this.#options.retryMs ?? retryMs);
    this.#retry.unref();
  }

  #pathOf(wanted: Watchdog): string {
    return this.#options.instead ?? wanted.device;
  }

  #name(): string {
    return this.#path ?? 'the watchdog';
  }

  /** The same words again are news only after `watch`. */
  #say(state: WatchdogState, because: string): void {
    this.#state = state;
    if (this.#said === `${state} ${because}`) return;
    this.#said = `${state} ${because}`;
    this.#options.deliver({ kind: 'watchdog', state, because });
  }
}

function whetherRight(got: Answer<number>, wantedMs: number): Answer<null> {
  if (!got.ok) return got;
  if (got.value === wantedMs) return { ok: true, value: null };
  return {
    ok: false,
    because: `${wantedMs / 1000} s were asked for and the device reports ${got.value / 1000} s: write that timeout, or use another device`,
  };
}

/** A socket in the place of a device is a lab's. */
export async function openWatchdog(path: string): Promise<Opening> {
  return isSocket(path) ? openLabSocket(path) : openDevice(path);
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch {
    return false;
  }
}

/**
 * Keeps a server listening where it should, and says how that goes.
 *
 * The address may not be on this node yet (a standby balancer), or may be gone for a while: it is tried again until it works.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { fieldsOf } from '../process/state_file.ts';
import type { ListenState, Settings } from './settings.ts';

const retryMs = 50;
const holdPollMs = 10;
/** After another node took the address over, until it listens too. */
const holdGraceMs = 100;
/** Turns of the event loop to wait for one without a new connection. */
const turnsMax = 100;

export interface Place {
  readonly address: string | null;
  readonly port: number;
  readonly hold: Settings['hold'];
}

export class Listener {
  readonly server: Server;
  readonly #place: Place;
  #state: ListenState = { state: 'waiting', because: 'not tried yet' };
  #timer: NodeJS.Timeout | null = null;
  #lostSinceMs: number | null = null;
  #accepted = 0;
  #closed = false;

  constructor(server: Server, place: Place, connectionsMax: number) {
    this.server = server;
    this.#place = place;
    server.maxConnections = connectionsMax;
    server.on('listening', () => this.#listening());
    server.on('error', (error: NodeJS.ErrnoException) => this.#refused(error));
    server.on('connection', () => {
      this.#accepted += 1;
    });
    this.#try();
  }

  get state(): ListenState {
    return this.#state;
  }

  isAt(place: Place): boolean {
    return JSON.stringify(place) === JSON.stringify(this.#place);
  }

  /** Takes no new connections; those that are open go on. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.server.close();
  }

  #try(): void {
    if (this.#closed) return;
    const { address, port, hold } = this.#place;
    if (hold !== null && !mayListen(hold)) {
      this.#state = { state: 'waiting', because: 'another node holds the address' };
      this.#again(holdPollMs, () => this.#try());
      return;
    }
    // Shared for the moment in which the old and the new holder of a loopback address both listen.
    this.server.listen({ port, ...(address === null ? {} : { host: address }), reusePort: hold !== null });
  }

  #listening(): void {
    this.#state = { state: 'listening' };
    const { hold } = this.#place;
    if (hold !== null) this.#watchHold(hold);
  }

  #watchHold(hold: NonNullable<Settings['hold']>): void {
    if (this.#closed) return;
    const nowMs = performance.now();
    this.#lostSinceMs = mayListen(hold) ? null : (this.#lostSinceMs ?? nowMs);
    if (this.#lostSinceMs === null || nowMs - this.#lostSinceMs < holdGraceMs) {
      this.#again(holdPollMs, () => this.#watchHold(hold));
      return;
    }
    this.#lostSinceMs = null;
    this.#leave(this.#accepted, turnsMax);
  }

  /**
   * The kernel resets what a listener that closes has not accepted yet. So it closes after a turn of the event loop that had
   * nothing to accept: what comes within the microseconds between is reset still.
   */
  #leave(acceptedBefore: number, turns: number): void {
    setImmediate(() => {
      if (this.#closed) return;
      if (this.#accepted !== acceptedBefore && turns > 0) return this.#leave(this.#accepted, turns - 1);
      // Not for the end of the open connections: they last as long as they like.
      this.server.close();
      this.#try();
    });
  }

  #refused({ code, message }: NodeJS.ErrnoException): void {
    const waits = code === 'EADDRNOTAVAIL';
    this.#state = {
      state: waits ? 'waiting' : 'refused',
      because: waits ? 'the address is not on this node' : message,
    };
    this.#again(retryMs, () => this.#try());
  }

  #again(inMs: number, act: () => void): void {
    if (this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(act, inMs);
  }
}

/** An address that no service ever took is nobody's to wait for. */
function mayListen({ path, node }: NonNullable<Settings['hold']>): boolean {
  try {
    return fieldsOf(JSON.parse(readFileSync(path, 'utf8')))?.['node'] === node;
  } catch {
    return !existsSync(path);
  }
}

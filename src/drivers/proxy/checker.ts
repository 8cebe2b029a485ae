/** Asks one server at its pace whether it works. */
import { request } from 'node:http';
import { connect } from 'node:net';
import type { BalanceCheck, BalanceServer } from '../../core/model.ts';

export type Report = (succeeded: boolean, words: string) => void;

/** A check that is brought forward comes at most this often. */
const nowEveryMs = 20;

export class Checker {
  readonly #report: Report;
  #server: BalanceServer | null = null;
  #check: BalanceCheck | null = null;
  #timer: NodeJS.Timeout | null = null;
  #underWay = false;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(report: Report) {
    this.#report = report;
  }

  configure(server: BalanceServer, check: BalanceCheck): void {
    this.#server = server;
    this.#check = check;
    if (this.#timer === null && !this.#underWay) this.#schedule(0);
  }

  /** A client's connection failed: look at once. */
  now(): void {
    if (this.#timer === null || this.#underWay) return;
    this.#schedule(Math.max(0, this.#lastMs + nowEveryMs - performance.now()));
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#server = null;
  }

  #schedule(inMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), inMs);
  }

  async #ask(): Promise<void> {
    const [server, check] = [this.#server, this.#check];
    if (server === null || check === null) return;
    this.#underWay = true;
    this.#lastMs = performance.now();
    const result = await (check.kind === 'http' ? askHttp(server, check) : askTcp(server, check));
    this.#underWay = false;
    if (this.#server === null) return; // Closed meanwhile.
    this.#report(result.succeeded, result.words);
    this.#schedule(Math.max(0, this.#lastMs + check.everyMs - performance.now()));
  }
}

interface Result {
  readonly succeeded: boolean;
  readonly words: string;
}

function askTcp({ address, port }: BalanceServer, { timeoutMs }: BalanceCheck): Promise<Result> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const finish = (succeeded: boolean, words: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ succeeded, words });
    };
    const timer = setTimeout(finish, timeoutMs, false, `no connection within ${timeoutMs} ms`);
    socket.once('connect', () => finish(true, 'connected'));
    socket.on('error', (error) => finish(false, wordsOf(error)));
  });
}

/** Works if it answers in time with a status of 200 to 399. */
function askHttp({ address, port }: BalanceServer, { method, path, timeoutMs }: BalanceCheck): Promise<Result> {
  return new Promise((resolve) => {
    const asked = request({ host: address, port, method, path, agent: false });
    const finish = (succeeded: boolean, words: string): void => {
      clearTimeout(timer);
      asked.destroy();
      resolve({ succeeded, words });
    };
    const timer = setTimeout(finish, timeoutMs, false, `no answer within ${timeoutMs} ms`);
    asked.once('response', ({ statusCode = 0 }) =>
      finish(statusCode >= 200 && statusCode < 400, `status ${statusCode}`),
    );
    asked.on('error', (error) => finish(false, wordsOf(error)));
    asked.end();
  });
}

const wordsOf = (error: NodeJS.ErrnoException): string =>
  error.code === 'ECONNREFUSED' ? 'refused' : (error.code ?? error.message);

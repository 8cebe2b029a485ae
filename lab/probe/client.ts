/**
 * A steady client: sends a request every interval on a fixed schedule and never waits for an earlier one.
 *
 * A client that waits for its answers asks least often just when the service is bad, and so finds it better than it is.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { monotonicMs } from '../clock.ts';
import type { Answer } from './window.ts';

export interface ProbeOptions {
  readonly url: URL;
  readonly intervalMs: number;
  /** A request that has no whole answer by then has failed. */
  readonly limitMs: number;
  /** Reuse connections; otherwise each request makes a new one. */
  readonly keepAlive: boolean;
  /** Its first group in the page says who served it. */
  readonly who: RegExp;
}

export interface Probe {
  /** No new requests; resolves when the last one under way has ended. */
  stop(): Promise<void>;
}

/** Pages are small; what is longer cannot fill the memory. */
const bodyMax = 65_536;

/**
 * When the probe itself was held up for longer than this, the requests that it missed are left out: it saw nothing in that
 * time, good or bad. The first one after it carries the lateness, so that the record shows it.
 */
const heldUpMs = 50;

/** Timers are this late on a healthy machine. */
const timerLateMs = 20;

export function startProbe(options: ProbeOptions, onAnswer: (answer: Answer) => void): Probe {
  const agent = new Agent({ keepAlive: options.keepAlive, maxSockets: Infinity });
  let nextMs = monotonicMs();
  let stopped = false;
  const underWay = new Set<Promise<void>>();
  let timer: NodeJS.Timeout;

  const beat = (): void => {
    const nowMs = monotonicMs();
    const heldUp = nowMs - nextMs > heldUpMs;
    for (; nextMs <= nowMs; nextMs = heldUp ? nowMs + options.intervalMs : nextMs + options.intervalMs) {
      const one = ask(options, agent, nextMs).then(onAnswer);
      underWay.add(one);
      void one.then(() => underWay.delete(one));
    }
    if (!stopped) timer = setTimeout(beat, Math.max(0, nextMs - monotonicMs()));
  };
  timer = setTimeout(beat, 0);

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await Promise.all(underWay);
      agent.destroy();
    },
  };
}

/** One request. Never throws: a failure is an answer too. */
export function ask(options: ProbeOptions, agent: Agent, atMs: number): Promise<Answer> {
  const sentMs = monotonicMs();
  return new Promise((resolve) => {
    const sent = request(options.url, { agent, headers: { 'User-Agent': 'sempre-probe' } });
    const end = (by: string | null, error: string | null): void => {
      clearTimeout(timer);
      if (error !== null) sent.destroy();
      const lateMs = round(sentMs - atMs);
      resolve({ atMs: round(atMs), lateMs, tookMs: round(monotonicMs() - sentMs), ok: error === null, by, error });
    };
    let dueMs = sentMs + options.limitMs;
    let timer = setTimeout(giveUp, options.limitMs);
    function giveUp(): void {
      const lateMs = monotonicMs() - dueMs;
      if (lateMs < timerLateMs) return end(null, 'timeout');
      // The probe was held up, not the service: an answer may lie here unread. The request gets the lost time back.
      dueMs += lateMs;
      timer = setTimeout(giveUp, lateMs);
    }
    sent.on('error', (error: NodeJS.ErrnoException) => end(null, error.code ?? error.message));
    sent.on('response', (response) => {
      readBody(response, (body, error) => {
        if (error !== null) return end(null, error);
        if (response.statusCode !== 200) return end(null, `status ${response.statusCode}`);
        end(options.who.exec(body)?.[1] ?? null, null);
      });
    });
    sent.end();
  });
}

function readBody(response: IncomingMessage, done: (body: string, error: string | null) => void): void {
  let body = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    if (body.length < bodyMax) body += chunk;
  });
  response.on('end', () => done(body, null));
  response.on('error', () => done('', 'torn'));
  response.on('aborted', () => done('', 'torn'));
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000;

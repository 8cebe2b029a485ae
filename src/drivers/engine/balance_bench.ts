/** Servers, clients and definitions for the tests of balancers. */
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import type { BalanceResource, BalanceServer } from '../../core/model.ts';

export interface WebServer {
  readonly id: string;
  readonly port: number;
  /** Requests that it has not answered yet. */
  inFlight(): number;
  /** Connections break and new ones are refused, as when the program is killed. */
  kill(): void;
}

/** Answers with its id after a moment, and tells what it was asked in headers. */
export async function startWebServer(id: string, delayMs = 3): Promise<WebServer> {
  let inFlight = 0;
  const server = createServer((incoming, answer) => {
    if (incoming.url !== '/check.txt') inFlight += 1;
    answer.once('close', () => {
      if (incoming.url !== '/check.txt') inFlight -= 1;
    });
    const seen = { forwarded: incoming.headers['x-forwarded-for'], cookie: incoming.headers.cookie };
    const body: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => body.push(chunk));
    incoming.on('end', () => {
      answer.setHeader('X-Seen', JSON.stringify(seen));
      const text = Buffer.concat(body).toString();
      setTimeout(() => answer.end(text === '' ? id : `${id} ${text}`), incoming.url === '/slow' ? 400 : delayMs);
    });
  });
  const port = await listen(server);
  const kill = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { id, port, inFlight: () => inFlight, kill };
}

/** Sends back, in capitals, what it got, once the client has sent all. */
export async function startEchoServer(): Promise<{ port: number; close: () => void }> {
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => socket.end(Buffer.concat(chunks).toString().toUpperCase()));
    socket.on('error', () => {});
  });
  const port = await listen(server);
  return { port, close: () => void server.close() };
}

function listen(server: Server | TcpServer): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/**
 * A port that was free a moment ago, below the range that the kernel gives out by itself: one from there may be another test's
 * a moment later.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createTcpServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

export const serverAt = (id: string, port: number): BalanceServer => ({
  id,
  node: null,
  address: '127.0.0.1',
  port,
  weight: 1,
});

export function balance(
  engine: BalanceResource['engine'],
  port: number,
  servers: readonly BalanceServer[],
  more: Partial<BalanceResource> = {},
): BalanceResource {
  return {
    kind: 'balance',
    engine,
    mode: 'http',
    listen: { address: '127.0.0.1', port },
    algorithm: 'roundrobin',
    servers,
    check: { kind: 'http', method: 'GET', path: '/check.txt', everyMs: 100, timeoutMs: 100, rise: 2, fall: 3 },
    connectTimeoutMs: 100,
    idleTimeoutMs: 5000,
    forwardFor: false,
    cookie: null,
    stats: null,
    ...more,
  };
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Asked {
  readonly host?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly body?: string;
  readonly limitMs?: number;
}

/** A request on a connection of its own; rejects when it breaks, or nothing comes for `limitMs`. */
export function get(port: number, options: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { host = '127.0.0.1', path = '/', headers = {}, method = 'GET', body, limitMs = 2000 } = options;
    const asked = request({ host, port, path, method, headers, agent: false, timeout: limitMs });
    asked.on('timeout', () => asked.destroy(new Error('timed out')));
    asked.on('error', reject);
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          headers: response.headers,
        }),
      );
    });
    asked.end(body);
  });
}

/** Requests on a fixed schedule, whatever became of the former ones. Returns those that did not end with 200. */
export async function steadyClient(
  port: number,
  everyMs: number,
  forMs: number,
  options: Asked = {},
): Promise<{ total: number; failed: string[]; last: string }> {
  const asked: Promise<string | null>[] = [];
  let last = '';
  const startMs = performance.now();
  while (performance.now() - startMs < forMs) {
    const one = get(port, options).then(
      ({ status, body }) => {
        last = body;
        return status === 200 ? null : `status ${status}`;
      },
      (error: Error) => error.message,
    );
    asked.push(one);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const ends = await Promise.all(asked);
  return { total: ends.length, failed: ends.filter((end) => end !== null), last };
}

/**
 * The API over HTTP on a UNIX socket: whoever may open the socket may ask and command.
 *
 * Everything is bounded: body, connections, time. A handler that throws is a bug; it is answered with 500 and told to
 * the log, and the daemon goes on.
 */
import { chmod, unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createConnection } from 'node:net';
import { failure, type Result, success } from '../lib/errors.ts';
import { followEvents } from './events.ts';
import type { ApiHost } from './host.ts';
import { errorBody, type Request, type Response, route } from './routes.ts';

const bodyBytesMax = 2 * 1024 * 1024;
const connectionsMax = 128;
const followersMax = 16;
const requestTimeoutMs = 30_000;

export interface ApiServer {
  close(): Promise<void>;
}

/** Serves on a socket that only its owner and group may open. A socket that nobody listens on any more is replaced. */
export async function serveApi(
  host: ApiHost,
  socketPath: string,
  onBug: (text: string) => void,
): Promise<Result<ApiServer>> {
  if (await isServed(socketPath))
    return failure('ALREADY_RUNNING', `a daemon answers on ${socketPath} already`, 'sempre status');
  const server = createServer({ requestTimeout: requestTimeoutMs, maxHeaderSize: 16 * 1024 }, handler(host, onBug));
  server.maxConnections = connectionsMax;
  try {
    await unlink(socketPath).catch(ignoreMissing);
    await listen(server, socketPath);
    await chmod(socketPath, 0o660);
  } catch (error) {
    return failure('CANNOT_LISTEN', `the socket ${socketPath} could not be opened: ${(error as Error).message}`);
  }
  return success({ close: () => close(server) });
}

/** Whether a program listens on the socket. */
export function isServed(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(socketPath);
    probe.once('connect', () => resolve(true));
    probe.once('error', () => resolve(false));
    probe.once('close', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
}

function handler(host: ApiHost, onBug: (text: string) => void) {
  let followers = 0;
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const url = parseUrl(incoming.url);
    outgoing.on('error', () => {});
    if (incoming.method === 'GET' && url.pathname === '/v1/events' && url.searchParams.get('follow') === '1') {
      if (followers >= followersMax) {
        send(outgoing, {
          status: 503,
          body: errorBody({ code: 'BUSY', message: `${followersMax} others follow the events already`, next: null }),
        });
        return;
      }
      followers += 1;
      stream(host, outgoing, () => {
        followers -= 1;
      });
      return;
    }
    void answer(host, incoming, url, onBug).then((response) => send(outgoing, response));
  };
}

async function answer(
  host: ApiHost,
  incoming: IncomingMessage,
  url: URL,
  onBug: (text: string) => void,
): Promise<Response> {
  try {
    const body = await readBody(incoming);
    if (!body.ok) return { status: body.failure.code === 'TOO_LARGE' ? 413 : 400, body: errorBody(body.failure) };
    const { pathname: path, searchParams: query } = url;
    const request: Request = { method: incoming.method ?? 'GET', path, query, body: body.value };
    return await route(host, request);
  } catch (error) {
    onBug(
      `${incoming.method} ${url.pathname}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return {
      status: 500,
      body: errorBody({
        code: 'INTERNAL',
        message: 'the daemon met a mistake of its own; its log has the details',
        next: null,
      }),
    };
  }
}

/** The whole body. The rest of one that is too large is thrown away; a client that goes away meanwhile is no mistake of ours. */
async function readBody(incoming: IncomingMessage): Promise<Result<string>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) chunks.push(chunk);
    }
  } catch (error) {
    return failure('BAD_REQUEST', `the request broke off: ${(error as Error).message}`);
  }
  if (bytes > bodyBytesMax) return failure('TOO_LARGE', `the request is larger than ${bodyBytesMax} bytes`);
  return success(Buffer.concat(chunks).toString('utf8'));
}

/** JSON lines until the client goes away, or is so slow that the lines would pile up. */
function stream(host: ApiHost, outgoing: ServerResponse, onEnd: () => void): void {
  outgoing.writeHead(200, { 'content-type': 'application/x-ndjson' });
  outgoing.flushHeaders();
  const end = followEvents(host, (line) => {
    if (outgoing.writableLength > bodyBytesMax) outgoing.destroy();
    else outgoing.write(`${JSON.stringify(line)}\n`);
  });
  outgoing.once('close', () => {
    end();
    onEnd();
  });
}

function send(outgoing: ServerResponse, { status, body }: Response): void {
  const text = `${JSON.stringify(body)}\n`;
  outgoing.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  outgoing.end(text);
}

/** A path that is no URL becomes one that no route has. */
function parseUrl(path: string | undefined): URL {
  return URL.canParse(path ?? '', 'http://sempre') ? new URL(path ?? '', 'http://sempre') : new URL('http://sempre/?');
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/**
 * The HTTP balancer: each request is passed to a server over a connection of its own.
 *
 * An idle connection that is used again may lead to a machine that is gone; then the request waits for the whole idle time. A
 * new connection fails over within the connect timeout, before anything of the request was sent, so for every method.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { BalanceResource } from '../../core/model.ts';
import { answerHeaders, cookieOf, mayRepeat, requestHeaders, valuesOf } from './headers.ts';
import type { Connected, Pool } from './pool.ts';
import { endTogether } from './tcp.ts';
import { passUpgrade } from './upgrade.ts';

const headerBytesMax = 32 * 1024;
const headersTimeoutMs = 10_000;
const attemptsMax = 3;

/** The resource is asked for at each request: a reload changes it under a running server. */
export function createHttpServer(pool: Pool, resource: () => BalanceResource): Server {
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: 0, // A long upload is fine as long as it moves: the idle time watches over it.
      insecureHTTPParser: false,
      noDelay: true,
    },
    (incoming, answer) => void pass(incoming, answer, pool, resource()),
  );
  server.keepAliveTimeout = resource().idleTimeoutMs;
  server.timeout = resource().idleTimeoutMs;
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    void passUpgrade(incoming, socket, head, pool, resource(), endTogether);
  });
  return server;
}

async function pass(
  incoming: IncomingMessage,
  answer: ServerResponse,
  pool: Pool,
  resource: BalanceResource,
): Promise<void> {
  incoming.on('error', () => {});
  answer.on('error', () => {});
  // Two of them, and a server behind us could see another site than we do.
  if (valuesOf(incoming.rawHeaders, 'host').length > 1) return refuse(answer, 400, 'more than one Host header');
  const source = incoming.socket.remoteAddress ?? '';
  const tied = resource.cookie === null ? null : cookieOf(incoming.rawHeaders, resource.cookie);
  const repeat = mayRepeat(incoming.method ?? '', incoming.rawHeaders);
  const tried = new Set<string>();
  for (let attempt = 1; ; attempt += 1) {
    const connected = await pool.connect(source, tied, tried);
    if (connected === null) return refuse(answer, 503, 'no server is up');
    if (answer.destroyed) {
      connected.socket.destroy();
      return undefined;
    }
    const outcome = await exchange(incoming, answer, connected, resource, tied);
    if (outcome === 'done') return undefined;
    if (!repeat || attempt >= attemptsMax)
      return refuse(answer, outcome === 'silent' ? 504 : 502, 'the server gave no answer');
    tried.add(connected.member.server.id);
  }
}

/** broken: it closed without an answer; silent: none within the idle time. In both cases the client has seen nothing yet. */
type Outcome = 'done' | 'broken' | 'silent';

function exchange(
  incoming: IncomingMessage,
  answer: ServerResponse,
  { member, socket }: Connected,
  resource: BalanceResource,
  tied: string | null,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const asked = request({
      createConnection: () => socket,
      method: incoming.method,
      path: incoming.url,
      headers: requestHeaders(incoming.rawHeaders, {
        forwardedFor: resource.forwardFor ? (incoming.socket.remoteAddress ?? null) : null,
        cookie: resource.cookie,
        chunked: valuesOf(incoming.rawHeaders, 'transfer-encoding').length > 0,
      }),
      setHost: false,
    });
    const clientGone = (): void => void asked.destroy();
    const finish = (outcome: Outcome): void => {
      member.onDown.delete(clientGone);
      answer.off('close', clientGone);
      incoming.unpipe(asked);
      if (outcome !== 'done') asked.destroy();
      resolve(outcome);
    };
    // A server that died without a word: whoever waits for it goes elsewhere.
    member.onDown.add(clientGone);
    answer.once('close', clientGone);
    asked.setTimeout(resource.idleTimeoutMs, () => (answer.headersSent ? answer.destroy() : finish('silent')));
    asked.on('error', () => finish(answer.headersSent || answer.destroyed ? 'done' : 'broken'));
    asked.once('response', (response) => {
      member.onDown.delete(clientGone);
      const newTie = resource.cookie === null || tied === member.server.id ? null : resource.cookie;
      const tie = newTie === null ? null : { name: newTie, serverId: member.server.id };
      if (!sendBack(response, answer, tie)) return finish('broken');
      answer.once('close', () => finish('done'));
    });
    incoming.pipe(asked);
  });
}

/** What Node reads in the words after a status, but refuses to write. */
const unwritable = /[^\t\x20-\x7e\x80-\xff]/g;

/** False: what came is no answer that may be passed on, and the client has seen nothing of it. */
function sendBack(
  response: IncomingMessage,
  answer: ServerResponse,
  tie: { name: string; serverId: string } | null,
): boolean {
  try {
    const words = (response.statusMessage ?? '').replace(unwritable, '');
    answer.writeHead(response.statusCode ?? 502, words, answerHeaders(response.rawHeaders, tie));
  } catch {
    // Node reads a status of 000, for one, but refuses to write it.
    return false;
  }
  // An answer that breaks off must look broken to the client too, and never complete.
  response.on('error', () => answer.destroy());
  response.once('aborted', () => answer.destroy());
  response.pipe(answer);
  return true;
}

function refuse(answer: ServerResponse, status: 400 | 502 | 503 | 504, because: string): void {
  if (answer.headersSent || answer.destroyed) return;
  const page = `<!doctype html><title>${status}</title><h1>${status}</h1><p>${because}</p>\n`;
  answer.writeHead(status, { 'Content-Type': 'text/html', 'Cache-Control': 'no-store', Connection: 'close' });
  answer.end(page);
}

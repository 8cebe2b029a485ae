/** Connections that leave HTTP (WebSocket): the request is passed on, and after the server's yes only bytes are. */
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { BalanceResource } from '../../core/model.ts';
import { cookieOf, pairsOf, requestHeaders, valuesOf } from './headers.ts';
import type { Pool } from './pool.ts';

export async function passUpgrade(
  incoming: IncomingMessage,
  client: Duplex,
  head: Buffer,
  pool: Pool,
  resource: BalanceResource,
  endTogether: (a: Socket, b: Socket, idleMs: number) => void,
): Promise<void> {
  client.on('error', () => client.destroy());
  const source = incoming.socket.remoteAddress ?? '';
  const tied = resource.cookie === null ? null : cookieOf(incoming.rawHeaders, resource.cookie);
  const connected = await pool.connect(source, tied, new Set());
  if (connected === null || client.destroyed) return refuse(client, '503 Service Unavailable');
  const asked = request({
    createConnection: () => connected.socket,
    method: incoming.method,
    path: incoming.url,
    headers: upgradeHeaders(incoming, resource),
    setHost: false,
  });
  client.once('close', () => asked.destroy());
  asked.on('error', () => refuse(client, '502 Bad Gateway'));
  // It stays with HTTP: the answer's body is of no use to a client that wanted something else.
  asked.once('response', ({ statusCode, statusMessage }) => refuse(client, `${statusCode} ${statusMessage}`));
  asked.once('upgrade', (response, server, serverHead) => {
    client.write(headOf(response));
    client.write(serverHead);
    server.write(head);
    endTogether(incoming.socket, server as Socket, resource.idleTimeoutMs);
    client.pipe(server);
    server.pipe(client);
  });
  asked.end();
}

function upgradeHeaders(incoming: IncomingMessage, resource: BalanceResource): string[] {
  const forwardedFor = resource.forwardFor ? (incoming.socket.remoteAddress ?? null) : null;
  const kept = requestHeaders(incoming.rawHeaders, { forwardedFor, cookie: resource.cookie, chunked: false });
  const protocols = valuesOf(incoming.rawHeaders, 'upgrade').join(', ');
  return [...kept.slice(0, -2), 'Connection', 'Upgrade', 'Upgrade', protocols];
}

function headOf(response: IncomingMessage): string {
  const lines = pairsOf(response.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${response.statusCode} ${response.statusMessage}\r\n${lines.join('')}\r\n`;
}

function refuse(client: Duplex, status: string): void {
  if (client.destroyed) return;
  client.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

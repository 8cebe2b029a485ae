/** The TCP balancer: each client's connection is joined with one to a server, byte by byte. */
import { createServer, type Server, type Socket } from 'node:net';
import type { BalanceResource } from '../../core/model.ts';
import type { Pool } from './pool.ts';

/** The resource is asked for at each connection: a reload changes it under a running server. */
export function createTcpServer(pool: Pool, resource: () => BalanceResource): Server {
  // Paused: nothing is read before there is somebody to write it to. Half open: an end in one direction is passed on.
  return createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true }, (client) => {
    client.on('error', () => client.destroy());
    void join(client, pool, resource());
  });
}

async function join(client: Socket, pool: Pool, resource: BalanceResource): Promise<void> {
  const connected = await pool.connect(client.remoteAddress ?? '', null, new Set());
  if (connected === null) {
    client.resetAndDestroy();
    return;
  }
  const server = connected.socket;
  if (client.destroyed) {
    server.destroy();
    return;
  }
  endTogether(client, server, resource.idleTimeoutMs);
  // `pipe` carries backpressure and passes the end on in each direction by itself.
  client.pipe(server);
  server.pipe(client);
  client.resume();
}

/** Ends both when one fails, or when nothing came from either for the idle time. */
export function endTogether(a: Socket, b: Socket, idleMs: number): void {
  const end = (): void => {
    a.destroy();
    b.destroy();
  };
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.on('error', end);
    one.once('close', (failed) => {
      // After an orderly end the other direction still writes out what it has.
      if (failed || one.readableEnded === false) other.destroy();
    });
    // Traffic of either direction touches both sockets, one as reader and the other as writer.
    one.setTimeout(idleMs, end);
  }
}

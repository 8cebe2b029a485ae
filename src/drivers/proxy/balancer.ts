/** The running balancer: servers behind it, listeners in front, and what the driver asks of them. */
import type { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { BalanceResource } from '../../core/model.ts';
import { createHttpServer } from './http.ts';
import { Listener, type Place } from './listener.ts';
import { Pool } from './pool.ts';
import type { ControlAnswer, ControlRequest, Settings } from './settings.ts';
import { createStatsServer } from './stats.ts';
import { createTcpServer } from './tcp.ts';

const connectionsMax = 8000;
const statsConnectionsMax = 50;

export class Balancer {
  #settings: Settings;
  readonly #pool: Pool;
  readonly #sockets = new Set<Socket>();
  #front: Listener;
  #stats: Listener | null = null;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#pool = new Pool(settings.resource);
    this.#front = this.#openFront();
    this.#stats = this.#openStats();
  }

  /** Takes over new settings; open connections and the state of servers that stay are kept. */
  configure(settings: Settings): void {
    const modeChanged = settings.resource.mode !== this.#resource().mode;
    this.#settings = settings;
    this.#pool.configure(settings.resource);
    if (modeChanged || !this.#front.isAt(frontPlace(settings))) {
      this.#front.close();
      this.#front = this.#openFront();
    }
    if (this.#stats?.isAt(statsPlace(settings)) === true) return;
    this.#stats?.close();
    this.#stats = this.#openStats();
  }

  answer(request: ControlRequest): ControlAnswer {
    switch (request.do) {
      case 'drain':
        this.#pool.drain(request.servers);
        break;
      case 'stop':
        void this.#stop(request.graceMs);
        break;
      case 'status':
      case 'reload': // The caller has read the settings.
        break;
    }
    return {
      ok: true,
      status: { listening: this.#front.state, connections: this.#sockets.size, servers: this.#pool.status() },
    };
  }

  async #stop(graceMs: number): Promise<void> {
    this.#front.close();
    this.#stats?.close();
    const untilMs = performance.now() + graceMs;
    while (this.#sockets.size > 0 && performance.now() < untilMs) {
      if ('closeIdleConnections' in this.#front.server) (this.#front.server as HttpServer).closeIdleConnections();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    process.exit(0);
  }

  #resource = (): BalanceResource => this.#settings.resource;

  #openFront(): Listener {
    const create = this.#resource().mode === 'http' ? createHttpServer : createTcpServer;
    const server: Server = create(this.#pool, this.#resource);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return new Listener(server, frontPlace(this.#settings), connectionsMax);
  }

  #openStats(): Listener | null {
    if (this.#resource().stats === null) return null;
    const server = createStatsServer(() => this.#pool.status(), this.#resource);
    return new Listener(server, statsPlace(this.#settings), statsConnectionsMax);
  }
}

const frontPlace = ({ resource, hold }: Settings): Place => ({ ...resource.listen, hold });

const statsPlace = ({ resource, hold }: Settings): Place => ({
  // Nodes that share a machine cannot all listen everywhere.
  address: hold === null ? null : resource.listen.address,
  port: resource.stats?.port ?? 0,
  hold,
});

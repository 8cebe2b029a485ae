/** The TCP listener of one link: on the node's own address there, opened again when it fails. */
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { Retry } from './retry.ts';

export interface ListenerEvents {
  readonly connection: (socket: Socket) => void;
  readonly note: (text: string) => void;
}

export class Listener {
  readonly #address: string;
  readonly #port: number;
  readonly #events: ListenerEvents;
  readonly #retry: Retry;
  #server: Server | null = null;

  constructor(address: string, port: number, events: ListenerEvents) {
    this.#address = address;
    this.#port = port;
    this.#events = events;
    this.#retry = new Retry(`TCP ${address} port ${port}`, () => this.#open(), events.note);
    this.#open();
  }

  get open(): boolean {
    return this.#server?.listening ?? false;
  }

  close(): void {
    this.#retry.stop();
    this.#drop();
  }

  #open(): void {
    const server = createServer((socket) => this.#events.connection(socket));
    this.#server = server;
    server.on('error', (error) => this.#failed(server, error));
    server.on('listening', () => this.#retry.succeeded());
    const ipv6Only = isIPv6(this.#address);
    server.listen({ host: this.#address, port: this.#port, exclusive: true, ipv6Only });
  }

  #failed(server: Server, error: Error): void {
    if (server !== this.#server) return;
    this.#drop();
    this.#retry.failed(error);
  }

  #drop(): void {
    const server = this.#server;
    this.#server = null;
    server?.removeAllListeners();
    // A late error of a closed server would end the process if nobody listened.
    server?.on('error', () => {});
    server?.close();
  }
}

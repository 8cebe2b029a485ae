/** The UDP socket of one link: bound to the node's own address there, opened again when it fails. Sending never throws. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { loadSocketOptions, type SocketOptions } from './kernel.ts';
import { Retry } from './retry.ts';

/** Room for what arrives while the process is held up; the kernel gives less where `net.core.rmem_max` is smaller. */
const receiveBufferBytes = 1024 * 1024;

export interface SocketEvents {
  readonly packet: (packet: Buffer, from: string) => void;
  readonly note: (text: string) => void;
}

export class LinkSocket {
  readonly #address: string;
  readonly #port: number;
  readonly #events: SocketEvents;
  readonly #retry: Retry;
  #socket: Socket | null = null;
  #bound = false;
  #kernel: SocketOptions | null = null;
  #filter: Buffer | null = null;
  #dropsBefore = 0;
  sendFailures = 0;
  lastSendError: string | null = null;

  constructor(address: string, port: number, events: SocketEvents) {
    this.#address = address;
    this.#port = port;
    this.#events = events;
    this.#retry = new Retry(`UDP ${address} port ${port}`, () => this.#open(), events.note);
    this.#open();
  }

  get open(): boolean {
    return this.#bound;
  }

  /** What the kernel shall throw away by itself (`filter.ts`). Without it everything comes in and is refused here. */
  filter(program: Buffer): void {
    this.#filter = program;
    this.#attach();
  }

  /** Packets that the kernel threw away: no packets of this cluster, or more than there was room for. Null: it does not tell. */
  get drops(): number | null {
    const fd = this.#fd();
    const now = fd === null ? null : (this.#kernel?.dropsOf(fd) ?? null);
    return now === null ? null : this.#dropsBefore + now;
  }

  send(packet: Uint8Array, port: number, to: string): void {
    if (this.#socket === null || !this.#bound) return this.#sent(new Error('the socket is not open'));
    try {
      this.#socket.send(packet, port, to, (error) => this.#sent(error));
    } catch (error) {
      this.#sent(error instanceof Error ? error : new Error(String(error)));
    }
  }

  close(): void {
    this.#retry.stop();
    this.#drop();
  }

  #open(): void {
    const type = isIPv6(this.#address) ? 'udp6' : 'udp4';
    const socket = createSocket({ type, ipv6Only: type === 'udp6', lookup: (name, _, done) => asItIs(name, done) });
    this.#socket = socket;
    socket.on('error', (error) => this.#failed(socket, error));
    socket.on('message', (packet, from) => this.#events.packet(packet, from.address));
    socket.bind({ address: this.#address, port: this.#port, exclusive: true }, () => this.#opened(socket));
  }

  #opened(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#bound = true;
    this.#retry.succeeded();
    try {
      socket.setRecvBufferSize(receiveBufferBytes);
    } catch (error) {
      this.#events.note(`UDP ${this.#address} keeps its small receive buffer: ${String(error)}`);
    }
    if (this.#filter !== null) this.#attach();
  }

  #attach(): void {
    if (this.#kernel !== null) return this.#attachNow(this.#kernel);
    void loadSocketOptions().then((kernel) => {
      if (typeof kernel === 'string') return this.#events.note(`UDP ${this.#address} has no filter: ${kernel}`);
      this.#kernel = kernel;
      this.#attachNow(kernel);
    });
  }

  #attachNow(kernel: SocketOptions): void {
    const fd = this.#fd();
    if (fd === null || this.#filter === null) return;
    const because = kernel.attachFilter(fd, this.#filter);
    if (because !== null) this.#events.note(`UDP ${this.#address} has no filter: ${because}`);
  }

  #fd(): number | null {
    return this.#socket === null || !this.#bound ? null : descriptorOf(this.#socket);
  }

  #failed(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#retry.failed(error);
  }

  #drop(): void {
    this.#dropsBefore = this.drops ?? this.#dropsBefore;
    const socket = this.#socket;
    this.#socket = null;
    this.#bound = false;
    socket?.removeAllListeners();
    // A late error of a closed socket would end the process if nobody listened.
    socket?.on('error', () => {});
    socket?.close();
  }

  #sent(error: Error | null): void {
    if (error === null) return;
    this.sendFailures += 1;
    this.lastSendError = error.message;
  }
}

/** Addresses are addresses: no name is ever looked up. */
function asItIs(address: string, done: (error: null, address: string, family: number) => void): void {
  done(null, address, isIPv6(address) ? 6 : 4);
}

/** Node keeps it to itself; where it is not found, the socket works as it is. */
function descriptorOf(socket: Socket): number | null {
  const state = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol');
  if (state === undefined) return null;
  const { handle } = Reflect.get(socket, state) as { readonly handle?: { readonly fd?: unknown } | null };
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : null;
}

/** The UDP socket of one link: bound to the node's own address there, opened again when it fails. Sending never throws. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
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

  send(packet: Uint8Array, to: string): void {
    if (this.#socket === null || !this.#bound) return this.#sent(new Error('the socket is not open'));
    try {
      this.#socket.send(packet, this.#port, to, (error) => this.#sent(error));
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
  }

  #failed(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#retry.failed(error);
  }

  #drop(): void {
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

/** One link of this node: the sockets at its address there, and what is counted on it. */
import type { Socket } from 'node:net';
import { Listener } from './listener.ts';
import { LinkSocket } from './socket.ts';
import { type LinkStats, noRefusals, type Refusal } from './stats.ts';

export interface LinkEvents {
  readonly packet: (packet: Buffer, from: string) => void;
  readonly connection: (socket: Socket) => void;
  readonly note: (text: string) => void;
}

export class Link {
  readonly port: number;
  readonly #address: string;
  readonly #udp: LinkSocket;
  readonly #tcp: Listener;
  readonly #refused = noRefusals();
  readonly #counts = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0 };

  constructor(address: string, port: number, events: LinkEvents) {
    this.port = port;
    this.#address = address;
    this.#udp = new LinkSocket(address, port, {
      packet: (packet, from) => {
        this.#counts.receivedBytes += packet.length;
        events.packet(packet, from);
      },
      note: events.note,
    });
    this.#tcp = new Listener(address, port, events);
  }

  /** It can send. */
  get open(): boolean {
    return this.#udp.open;
  }

  filter(program: Buffer): void {
    this.#udp.filter(program);
  }

  send(packet: Uint8Array, port: number, to: string): void {
    if (this.open) {
      this.#counts.sent += 1;
      this.#counts.sentBytes += packet.length;
    }
    this.#udp.send(packet, port, to);
  }

  accepted(): void {
    this.#counts.received += 1;
  }

  refuse(refusal: Refusal): void {
    this.#refused[refusal] += 1;
  }

  stats(link: number): LinkStats {
    const { sendFailures, lastSendError, drops } = this.#udp;
    const open = this.#udp.open && this.#tcp.open;
    return {
      link,
      address: this.#address,
      open,
      ...this.#counts,
      sendFailures,
      lastSendError,
      droppedByKernel: drops,
      refused: { ...this.#refused },
    };
  }

  close(): void {
    this.#udp.close();
    this.#tcp.close();
  }
}

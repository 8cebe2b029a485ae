/**
 * The pinger port on a real node: are these addresses there?
 *
 * Each address has a round of its own: it is sent to, again after a third and two thirds of the time (one packet may be lost), and
 * the round ends with the answer or with the time. An address that is in a round already is not asked a second time.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ms } from '../../core/model.ts';
import type { NodeEvent, Pinger } from '../../core/ports.ts';
import { echoRequest, isAnswer, tokenBytes } from './echo.ts';
import { type Icmp, type IcmpSocket, loadIcmp } from './icmp_socket.ts';
import { askByProgram } from './program.ts';

export interface PingOptions {
  /** The loop's own clock. */
  readonly nowMs: () => Ms;
  /** The time of a round: a heartbeat's loss timeout. */
  readonly timeoutMs: () => Ms;
  readonly deliver: (event: Extract<NodeEvent, { kind: 'pinged' }>) => void;
  /** Tests put their own in. */
  readonly icmp?: () => Promise<Icmp | string>;
}

const pollMs = 5;
const sendsMax = 3;

export class PingDriver implements Pinger {
  readonly #options: PingOptions;
  readonly #underWay = new Set<string>();

  constructor(options: PingOptions) {
    this.#options = options;
  }

  ping(addresses: readonly string[]): void {
    const asked = [...new Set(addresses)].filter((address) => !this.#underWay.has(address));
    // All of them are in a round already: that one answers.
    if (asked.length === 0 && addresses.length > 0) return;
    const sentAtMs = this.#options.nowMs();
    // Each by itself: one that is not there must not delay the word of one that is.
    for (const address of asked) {
      this.#underWay.add(address);
      void this.#round([address])
        .catch(() => [])
        .then((reached) => {
          this.#underWay.delete(address);
          this.#options.deliver({ kind: 'pinged', sentAtMs, reached });
        });
    }
  }

  async #round(addresses: readonly string[]): Promise<readonly string[]> {
    const timeoutMs = this.#options.timeoutMs();
    const icmp = await (this.#options.icmp ?? loadIcmp)();
    const asked = await Promise.all(
      addresses.map(async (address) => {
        const socket = typeof icmp === 'string' ? null : icmp.open(address);
        // Without a socket for want of privileges or of the library; an address without a route is not there.
        if (socket === null || (typeof socket === 'string' && socket.startsWith('no ICMP')))
          return askByProgram(address, timeoutMs);
        return typeof socket === 'string' ? false : this.#ask(socket, address, timeoutMs);
      }),
    );
    return addresses.filter((_, i) => asked[i] === true);
  }

  async #ask(socket: IcmpSocket, address: string, timeoutMs: Ms): Promise<boolean> {
    const family = address.includes(':') ? 6 : 4;
    const token = randomBytes(tokenBytes);
    const beginMs = performance.now();
    try {
      for (let sent = 0; ; await sleep(pollMs)) {
        const elapsedMs = performance.now() - beginMs;
        if (elapsedMs >= timeoutMs) return false;
        if (sent < sendsMax && elapsedMs >= (sent * timeoutMs) / sendsMax)
          socket.send(echoRequest(family, sent++, token));
        for (let got = socket.receive(); got !== null; got = socket.receive())
          if (isAnswer(family, got, token)) return true;
      }
    } finally {
      socket.close();
    }
  }
}

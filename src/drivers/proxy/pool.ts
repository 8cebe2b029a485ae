/** The servers behind a balancer: their health, what is open to them, and whose turn it is. */
import { connect, type Socket } from 'node:net';
import type { BalanceResource, BalanceServer } from '../../core/model.ts';
import { Checker } from './checker.ts';
import { afterCheck, afterRefusal, type Health, presumedUp } from './health.ts';
import { type Credits, pick } from './pick.ts';

export interface ServerStatus {
  readonly id: string;
  readonly state: 'up' | 'down' | 'drain' | 'maint';
  readonly sessions: number;
  readonly weight: number;
  readonly lastCheck: string;
}

export interface Member {
  server: BalanceServer;
  health: Health;
  drained: boolean;
  connections: number;
  readonly checker: Checker;
  /** Requests that wait for an answer of a server that was just found to be down are told. */
  readonly onDown: Set<() => void>;
}

export interface Connected {
  readonly member: Member;
  readonly socket: Socket;
}

const attemptsMax = 4;

export class Pool {
  #resource: BalanceResource;
  #credits: Credits = new Map();
  readonly #members = new Map<string, Member>();

  constructor(resource: BalanceResource) {
    this.#resource = resource;
    this.configure(resource);
  }

  /** Servers that stay keep their state; a server with another address is another server. */
  configure(resource: BalanceResource): void {
    this.#resource = resource;
    for (const [id, { server, checker }] of this.#members) {
      const next = resource.servers.find((candidate) => candidate.id === id);
      if (next !== undefined && next.address === server.address && next.port === server.port) continue;
      checker.close();
      this.#members.delete(id);
    }
    for (const server of resource.servers) this.#configureServer(server);
  }

  #configureServer(server: BalanceServer): void {
    const { check } = this.#resource;
    const known = this.#members.get(server.id);
    if (known !== undefined) {
      known.server = server;
      known.checker.configure(server, check);
      return;
    }
    const checker = new Checker((ok, words) => this.#checked(server.id, ok, words));
    this.#members.set(server.id, {
      server,
      checker,
      health: presumedUp,
      drained: false,
      connections: 0,
      onDown: new Set(),
    });
    checker.configure(server, check);
  }

  #checked(id: string, succeeded: boolean, words: string): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    const wasUp = member.health.up;
    member.health = afterCheck(member.health, succeeded, words, this.#resource.check);
    if (wasUp && !member.health.up) for (const tell of [...member.onDown]) tell();
    if (wasUp !== member.health.up) console.log(`server ${id} is ${member.health.up ? 'up' : 'down'}: ${words}`);
  }

  drain(ids: readonly string[]): void {
    for (const [id, member] of this.#members) member.drained = ids.includes(id);
  }

  status(): ServerStatus[] {
    return [...this.#members.values()].map(({ server, health, drained, connections }) => ({
      id: server.id,
      state: health.up ? (drained ? 'drain' : 'up') : 'down',
      sessions: connections,
      weight: server.weight,
      lastCheck: health.lastCheck,
    }));
  }

  close(): void {
    for (const { checker } of this.#members.values()) checker.close();
  }

  /**
   * A connection to the server whose turn it is. One that refuses, or does not take it in time, is passed over for the next.
   * `preferred` is asked first if it is up, even when it is drained. Null: no server took it.
   */
  async connect(source: string, preferred: string | null, avoid: ReadonlySet<string>): Promise<Connected | null> {
    const tried = new Set(avoid);
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const member = (attempt === 0 ? this.#preferred(preferred, tried) : null) ?? this.#next(source, tried);
      if (member === null) return null;
      tried.add(member.server.id);
      member.connections += 1; // Counted while it is opened: otherwise a burst would all go to the same one.
      const socket = await open(member.server, this.#resource.connectTimeoutMs);
      if (socket !== null) {
        socket.once('close', () => {
          member.connections -= 1;
        });
        return { member, socket };
      }
      member.connections -= 1;
      member.health = afterRefusal(member.health, this.#resource.check);
      member.checker.now();
    }
    return null;
  }

  #preferred(id: string | null, tried: ReadonlySet<string>): Member | null {
    const member = id === null || tried.has(id) ? undefined : this.#members.get(id);
    return member?.health.up === true ? member : null;
  }

  #next(source: string, tried: ReadonlySet<string>): Member | null {
    const usable = [...this.#members.values()].filter(
      ({ server, health, drained }) => health.up && !drained && !tried.has(server.id),
    );
    const candidates = usable.map(({ server, connections }) => ({ id: server.id, weight: server.weight, connections }));
    const picked = pick(this.#resource.algorithm, candidates, this.#credits, source);
    if (picked === null) return null;
    this.#credits = picked.credits;
    return this.#members.get(picked.id) ?? null;
  }
}

/** Null when it was refused or did not come about in time. */
function open({ address, port }: BalanceServer, timeoutMs: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true, keepAlive: true });
    const fail = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(null);
    };
    const timer = setTimeout(fail, timeoutMs);
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      // Until the user of the socket listens, an error must not end the program.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}
